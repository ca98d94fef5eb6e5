import { randomUUID } from 'node:crypto'
import type { Endpoints, Input, Int64, KeyValue } from '#contract'
import { absent, invalid } from '#contract'
import type { Db } from '#kit/sql.ts'
import { named, rows, sql } from '#kit/sql.ts'
import type { ClientRoot } from '../artifacts/client-root.ts'
import { clientFolder } from '../artifacts/client-root.ts'
import { experimentNo } from '../experiments/experiments.ts'
import { RUN_NAME_TAG } from './tags.ts'

export type NewRun = {
  run_id: string
  experiment: Int64
  /** undefined: one will be found for it */
  run_name: string | undefined
  user_id: string
  start_time: Int64
  /** without mlflow.runName */
  tags: KeyValue[]
}

/** A run to be, with its id. */
export function newRun({ experiment_id, run_name, user_id, start_time, tags }: Input<Endpoints['createRun']>): NewRun {
  const last = new Map(tags.map(({ key, value }) => [key, value]))
  const tagged = last.get(RUN_NAME_TAG)
  if (run_name && tagged && run_name !== tagged)
    throw invalid(
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${run_name}', mlflow.runName='${tagged}').`,
      { field: 'run_name' },
    )
  last.delete(RUN_NAME_TAG)
  return {
    run_id: randomUUID().replaceAll('-', ''),
    experiment: experimentNo(experiment_id),
    run_name: run_name || tagged || undefined,
    user_id,
    start_time,
    tags: [...last].map(([key, value]) => ({ key, value })),
  }
}

export type NamedRun = NewRun & { run_name: string }

/** The tags of a run that has just got its name: mlflow.runName is always there. */
const tagsOf = ({ run_name, tags }: Pick<NamedRun, 'run_name' | 'tags'>): KeyValue[] => [
  ...tags,
  { key: RUN_NAME_TAG, value: run_name },
]

export type CreatedRun = { run_id: string; run_no: Int64; run_name: string; artifact_uri: string }

/**
 * Insert runs, with their tags, into active experiments, which cannot be deleted until these are there.
 * Runs of experiments that are not there or not active are left out of the answer.
 */
export async function insertRuns(
  db: Db,
  runs: readonly NamedRun[],
  clientRoot: ClientRoot,
): Promise<Map<string, CreatedRun>> {
  const tags = runs.flatMap((run) => tagsOf(run).map((tag) => ({ ...tag, run_id: run.run_id })))
  const inserted = await rows<CreatedRun>(
    db,
    named(
      'insert-runs',
      sql`
      with made as (
        insert into runs (run_id, experiment_id, run_name, user_id, start_time, artifact_uri)
        select new.run_id, new.experiment_id, new.run_name, new.user_id, new.start_time,
               ${clientFolder(clientRoot)} || '/' || new.run_id || '/artifacts'
        from unnest(${runs.map((r) => r.run_id)}::text[], ${runs.map((r) => r.experiment)}::bigint[], ${runs.map((r) => r.run_name)}::text[],
                    ${runs.map((r) => r.user_id)}::text[], ${runs.map((r) => r.start_time)}::bigint[])
             as new (run_id, experiment_id, run_name, user_id, start_time)
        join experiments e on e.experiment_id = new.experiment_id and e.lifecycle_stage = 'active'
        for share of e
        returning run_id, run_no, run_name, artifact_uri),
      tagged as (
        insert into tags (run_no, key, value)
        select made.run_no, tag.key, tag.value
        from unnest(${tags.map((t) => t.run_id)}::text[], ${tags.map((t) => t.key)}::text[], ${tags.map((t) => t.value)}::text[])
             as tag (run_id, key, value)
        join made on made.run_id = tag.run_id)
      select * from made`,
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
  { run_id, experiment, user_id, start_time, tags }: NewRun,
  { run_name, artifact_uri }: CreatedRun,
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
    data: { tags: tagsOf({ run_name, tags }) },
    inputs: {},
    outputs: {},
  },
})
