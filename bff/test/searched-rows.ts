import { expect } from 'vitest'
import type { Int64 } from '#contract'
import type { Db } from '#kit/sql.ts'
import { raw, rows, sql } from '#kit/sql.ts'

// Rows for the tests of searches, put into tables and read back page by page.

/** Rows as JSON, so that one statement takes any table. */
export async function put(tx: Db, table: string, records: readonly Record<string, unknown>[]) {
  const columns = raw(Object.keys(records[0] ?? { key: '' }).join(', '))
  if (records.length > 0)
    await rows(
      tx,
      sql`
      insert into ${raw(table)} (${columns}) overriding system value
      select ${columns} from json_populate_recordset(null::${raw(table)}, ${JSON.stringify(records)}::json)`,
    )
}

export const pairsOf = <O extends object, T>(owner: O, held: Readonly<Record<string, T>>) =>
  Object.entries(held).map(([key, value]) => ({ ...owner, key, value: String(value) }))

export const entries = <T extends string | number>(entity: string, held: Readonly<Record<string, T>>) =>
  Object.entries(held).map(([key, value]): [string, T[]] => [`${entity}.${key}`, [value]])

type Page = { keys: Int64[]; next_page_token?: string }

/** All pages, one after another, each by the token of the one before. */
export async function allPages(
  search: (page_token: string | undefined) => Promise<Page>,
  max_results: number,
): Promise<bigint[]> {
  const keys: bigint[] = []
  for (let token: string | undefined, more = true; more; more = token !== undefined) {
    const page = await search(token)
    if (page.next_page_token !== undefined) expect(page.keys).toHaveLength(max_results)
    keys.push(...page.keys.map(BigInt))
    token = page.next_page_token
  }
  return keys
}
