import type { Int64 } from '#contract'
import { absent, invalid } from '#contract'
import type { Db } from '#kit/sql.ts'
import { named, row, rows, sql } from '#kit/sql.ts'

export type FoundRun = {
  run_no: Int64
  run_id: string
  experiment_id: Int64
  lifecycle_stage: 'active' | 'deleted'
  artifact_uri: string
  run_name: string
}

export const noSuchRun = (run_id: string) => absent(`Run with id=${run_id} not found`)
export const notActive = (run_id: string) =>
  invalid(`The run ${run_id} must be in the 'active' state. Current state is deleted. Restore the run first.`, {
    field: 'run_id',
  })

/** Runs by id; those that do not exist are left out. */
export async function findRuns(db: Db, run_ids: readonly string[]): Promise<Map<string, FoundRun>> {
  const found = await rows<FoundRun>(
    db,
    named(
      'find-runs',
      sql`
      select run_no, run_id, experiment_id, lifecycle_stage, artifact_uri, run_name from runs where run_id = any(${run_ids}::text[])`,
    ),
  )
  return new Map(found.map((run) => [run.run_id, run]))
}

export async function requireRun(db: Db, run_id: string): Promise<FoundRun> {
  const run = (await findRuns(db, [run_id])).get(run_id)
  if (!run) throw noSuchRun(run_id)
  return run
}

/**
 * An active run, locked against a change of its stage until the transaction ends. Not `for update`: that would also hold up
 * the group commits which add params, tags and series to it.
 */
export async function requireActiveRun(db: Db, run_id: string): Promise<FoundRun> {
  const run = await row<FoundRun>(
    db,
    sql`select run_no, run_id, experiment_id, lifecycle_stage, artifact_uri, run_name from runs where run_id = ${run_id} for no key update`,
  )
  if (!run) throw noSuchRun(run_id)
  if (run.lifecycle_stage !== 'active') throw notActive(run_id)
  return run
}
