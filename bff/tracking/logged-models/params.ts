import type { Endpoints, Input, Int64, KeyValue } from '#contract'
import { invalid } from '#contract'
import type { Db } from '#kit/sql.ts'
import { rows, sql } from '#kit/sql.ts'
import { oneModel } from './read.ts'
import { requireLoggedModel } from './require.ts'

const changed = (key: string, was: string, value: string) =>
  invalid(
    `Changing param values is not allowed. Param with key='${key}' was already logged with value='${was}'. Attempted logging new value '${value}'.`,
    { field: 'params' },
  )

/**
 * Store params of a model, which the caller has locked or just made. A param keeps its value; the same again is fine, so that
 * a client may repeat a call whose answer was lost.
 */
export async function insertModelParams(db: Db, model_no: Int64, params: readonly KeyValue[]) {
  if (params.length === 0) return
  const distinct = new Map<string, string>()
  for (const { key, value } of params) {
    const before = distinct.get(key)
    if (before !== undefined && before !== value) throw changed(key, before, value)
    distinct.set(key, value)
  }
  const { rowCount } = await db.query(
    sql`insert into logged_model_params (model_no, key, value)
        select ${model_no}::bigint, * from unnest(${[...distinct.keys()]}::text[], ${[...distinct.values()]}::text[])
        on conflict do nothing`,
  )
  if (rowCount === distinct.size) return
  const stored = await rows<KeyValue>(
    db,
    sql`select key, value from logged_model_params where model_no = ${model_no} and key = any(${[...distinct.keys()]}::text[])`,
  )
  for (const { key, value: was } of stored) {
    const value = distinct.get(key) ?? ''
    if (was !== value) throw changed(key, was, value)
  }
}

export async function logLoggedModelParams(db: Db, { model_id, params }: Input<Endpoints['logLoggedModelParams']>) {
  const { model_no } = await requireLoggedModel(db, model_id)
  await insertModelParams(db, model_no, params)
  return oneModel(db, model_no)
}
