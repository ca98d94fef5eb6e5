import type { Int64 } from '#contract'
import { invalid } from '#contract'
import type { Db } from '#kit/sql.ts'
import { named, rows, sql } from '#kit/sql.ts'

export type RunParam = { run_no: Int64; key: string; value: string }

const id = (run_no: Int64, key: string) => `${run_no} ${key}`

/** The stored values of these params, by run and key. */
async function storedParams(db: Db, params: readonly RunParam[]) {
  const stored = await rows<RunParam>(
    db,
    named(
      'stored-params',
      sql`
      select run_no, key, value from params
      join unnest(${params.map((p) => p.run_no)}::bigint[], ${params.map((p) => p.key)}::text[]) as asked (run_no, key) using (run_no, key)`,
    ),
  )
  return new Map(stored.map((param) => [id(param.run_no, param.key), param.value]))
}

const changed = (key: string, was: string, value: string, run_id: string) =>
  invalid(
    `Changing param values is not allowed. Param with key='${key}' was already logged with value='${was}' for run ID='${run_id}'. Attempted logging new value '${value}'.`,
    { field: 'key' },
  )

/** A run's params of one write. */
export type ParamsOf = { run_no: Int64; run_id: string; params: readonly { key: string; value: string }[] }

/**
 * Which of the writes may log their params: refusals by index of the write. A param keeps its first value, stored or
 * earlier in this group; the same value again is fine.
 */
export async function refusedParams(db: Db, writes: readonly (ParamsOf | undefined)[]): Promise<Map<number, Error>> {
  const refused = new Map<number, Error>()
  const all = writes.flatMap((write) =>
    write ? write.params.map((param) => ({ ...param, run_no: write.run_no })) : [],
  )
  if (all.length === 0) return refused
  const known = await storedParams(db, all)
  for (const [i, write] of writes.entries()) {
    if (!write) continue
    const differing = write.params.find(({ key, value }) => (known.get(id(write.run_no, key)) ?? value) !== value)
    if (differing) {
      const was = known.get(id(write.run_no, differing.key)) ?? ''
      refused.set(i, changed(differing.key, was, differing.value, write.run_id))
    } else for (const { key, value } of write.params) known.set(id(write.run_no, key), value)
  }
  return refused
}

/**
 * Store params which refusedParams() let pass. Throws where another server stored a different value in between:
 * the caller's transaction is undone, and its next try sees that value.
 */
export async function insertParams(db: Db, params: readonly RunParam[]) {
  if (params.length === 0) return
  const ordered = [...new Map(params.map((param) => [id(param.run_no, param.key), param])).values()]
  const { rowCount } = await db.query(
    named(
      'insert-params',
      sql`
      insert into params (run_no, key, value)
      select * from unnest(${ordered.map((p) => p.run_no)}::bigint[], ${ordered.map((p) => p.key)}::text[], ${ordered.map((p) => p.value)}::text[])
      on conflict do nothing`,
    ),
  )
  if (rowCount === ordered.length) return
  const stored = await storedParams(db, ordered)
  const lost = ordered.find(({ run_no, key, value }) => stored.get(id(run_no, key)) !== value)
  if (lost) throw changed(lost.key, stored.get(id(lost.run_no, lost.key)) ?? '', lost.value, '')
}
