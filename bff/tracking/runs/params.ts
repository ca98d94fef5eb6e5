import type { Int64 } from '#contract'
import { invalid } from '#contract'
import type { Db } from '#kit/sql.ts'
import { named, rows, sql } from '#kit/sql.ts'

export type RunParam = { run_no: Int64; run_id: string; key: string; value: string }

const id = ({ run_no, key }: { run_no: Int64; key: string }) => `${run_no} ${key}`

const changed = ({ key, value, run_id }: RunParam, was: string) =>
  invalid(
    `Changing param values is not allowed. Param with key='${key}' was already logged with value='${was}' for run ID='${run_id}'. Attempted logging new value '${value}'.`,
    { field: 'key' },
  )

/**
 * Store params. A param keeps its first value; the same value again is fine. Throws where a value differs from the stored
 * one, or from one before it in the list: the caller's transaction is undone with everything else in it.
 */
export async function insertParams(db: Db, params: readonly RunParam[]) {
  if (params.length === 0) return
  const distinct = new Map<string, RunParam>()
  for (const param of params) {
    const before = distinct.get(id(param))
    if (before && before.value !== param.value) throw changed(param, before.value)
    distinct.set(id(param), param)
  }
  const all = [...distinct.values()]
  const { rowCount } = await db.query(
    named(
      'insert-params',
      sql`
      insert into params (run_no, key, value)
      select * from unnest(${all.map((p) => p.run_no)}::bigint[], ${all.map((p) => p.key)}::text[], ${all.map((p) => p.value)}::text[])
      on conflict do nothing`,
    ),
  )
  // one statement for params that are new, as nearly all are; only a repetition is looked at
  if (rowCount < all.length) await requireEqual(db, all)
}

async function requireEqual(db: Db, params: readonly RunParam[]) {
  const stored = await rows<{ run_no: Int64; key: string; value: string }>(
    db,
    named(
      'stored-params',
      sql`
      select run_no, key, value from params
      join unnest(${params.map((p) => p.run_no)}::bigint[], ${params.map((p) => p.key)}::text[]) as asked (run_no, key)
        using (run_no, key)`,
    ),
  )
  const values = new Map(stored.map((param) => [id(param), param.value]))
  for (const param of params) {
    const was = values.get(id(param))
    if (was !== param.value) throw changed(param, was ?? '')
  }
}
