import type { Endpoints, Input } from '#contract'
import type { Db } from '#kit/sql.ts'
import { sql } from '#kit/sql.ts'
import { requireActiveRun } from './require.ts'

/** Link models to the active run that made them. A model that is linked already keeps its step. */
export async function logOutputs(db: Db, { run_id, models }: Input<Endpoints['logOutputs']>) {
  const { run_no } = await requireActiveRun(db, run_id)
  await db.query(sql`
    insert into model_outputs (run_no, model_id, step)
    select ${run_no}::bigint, * from unnest(${models.map(({ model_id }) => model_id)}::text[], ${models.map(({ step }) => step)}::bigint[])
    on conflict do nothing`)
  return {}
}
