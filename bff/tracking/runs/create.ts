import { randomUUID } from 'node:crypto'
import type { Endpoints, Input, Int64, KeyValue } from '#contract'
import { absent, invalid } from '#contract'
import type { Db } from '#kit/sql.ts'
import { named, rows, sql } from '#kit/sql.ts'
import type { ClientRoot } from '../artifacts/client-root.ts'
import { clientFolder } from '../artifacts/client-root.ts'
import { experimentNo } from '../experiments/experiments.ts'
import { generateRunName } from './names.ts'
import { RUN_NAME_TAG } from './tags.ts'

export type NewRun = {
  run_id: string
  experiment: Int64
  run_name: string
  user_id: string
  start_time: Int64
  tags: KeyValue[]
}

/** A run to be, with its id and name. The tag mlflow.runName is always there and equals run_name. */
export function newRun({ experiment_id, run_name, user_id, start_time, tags }: Input<Endpoints['createRun']>): NewRun {
  const last = new Map(tags.map(({ key, value }) => [key, value]))
  const tagged = last.get(RUN_NAME_TAG)
  if (run_name && tagged && run_name !== tagged)
    throw invalid(
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${run_name}', mlflow.runName='${tagged}').`,
      { field: 'run_name' },
    )
  const name = run_name || tagged || generateRunName()
  last.set(RUN_NAME_TAG, name)
  return {
    run_id: randomUUID().replaceAll('-', ''),
    experiment: experimentNo(experiment_id),
    run_name: name,
    user_id,
    start_time,
    tags: [...last].map(([key, value]) => ({ key, value })),
  }
}

export type CreatedRun = { run_id: string; run_no: Int64; artifact_uri: string }

/**
 * Insert runs into active experiments, which cannot be deleted until these are there.
 * Runs of experiments that are not there or not active are left out of the answer.
 */
export async function insertRuns(
  db: Db,
  runs: readonly NewRun[],
  clientRoot: ClientRoot,
): Promise<Map<string, CreatedRun>> {
  const inserted = await rows<CreatedRun>(
    db,
    named(
      'insert-runs',
      sql`
      insert into runs (run_id, experiment_id, run_name, user_id, start_time, artifact_uri)
      select new.run_id, new.experiment_id, new.run_name, new.user_id, new.start_time,
             ${clientFolder(clientRoot)} || '/' || new.run_id || '/artifacts'
      from unnest(${runs.map((r) => r.run_id)}::text[], ${runs.map((r) => r.experiment)}::bigint[], ${runs.map((r) => r.run_name)}::text[],
                  ${runs.map((r) => r.user_id)}::text[], ${runs.map((r) => r.start_time)}::bigint[])
           as new (run_id, experiment_id, run_name, user_id, start_time)
      join experiments e on e.experiment_id = new.experiment_id and e.lifecycle_stage = 'active'
      for share of e
      returning run_id, run_no, artifact_uri`,
    ),
  )
  return new Map(inserted.map((run) => [run.run_id, run]))
}

/** Why an experiment takes no run. */
export async function whyNoRun(db: Db, experiment: Int64): Promise<Error> {
  const [found] = await rows(db, sql`select from experiments where experiment_id = ${experiment}`)
  return found
    ? invalid(`The experiment ${experiment} must be in the 'active' state. Current state is deleted.`, {
        field: 'experiment_id',
      })
    : absent(`No Experiment with id=${experiment} exists`)
}

/** The answer of runs/create: the run as it was just stored. */
export const createdRun = (
  { run_id, experiment, run_name, user_id, start_time, tags }: NewRun,
  artifact_uri: string,
) => ({
  run: {
    info: {
      run_id,
      run_uuid: run_id,
      run_name,
      experiment_id: String(experiment),
      user_id,
      status: 'RUNNING' as const,
      start_time,
      artifact_uri,
      lifecycle_stage: 'active' as const,
    },
    data: { tags },
    inputs: {},
    outputs: {},
  },
})
