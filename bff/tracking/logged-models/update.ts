import type { Endpoints, Input } from '#contract'
import type { Db } from '#kit/sql.ts'
import { sql } from '#kit/sql.ts'
import { oneModel } from './read.ts'
import { findLoggedModel, noSuchModel, requireLoggedModel } from './require.ts'

export async function finalizeLoggedModel(db: Db, { model_id, status }: Input<Endpoints['finalizeLoggedModel']>) {
  const { model_no } = await requireLoggedModel(db, model_id)
  await db.query(
    sql`update logged_models set status = ${status}, last_updated_timestamp_ms = ${Date.now()} where model_no = ${model_no}`,
  )
  return oneModel(db, model_no)
}

/** Repeating is harmless: the time of the first deletion stays. */
export async function deleteLoggedModel(db: Db, { model_id }: Input<Endpoints['deleteLoggedModel']>) {
  const model = await findLoggedModel(db, model_id)
  if (!model) throw noSuchModel(model_id)
  const now = Date.now()
  await db.query(
    sql`update logged_models set lifecycle_stage = 'deleted', deleted_time = ${now}, last_updated_timestamp_ms = ${now}
        where model_no = ${model.model_no} and lifecycle_stage = 'active'`,
  )
  return {}
}
