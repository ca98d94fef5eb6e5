import type { Int64, KeyValue } from '#contract'
import type { Db } from '#kit/sql.ts'
import { raw, sql } from '#kit/sql.ts'

const TABLES = {
  model: { table: raw('registered_model_tags'), owner: raw('model_no') },
  version: { table: raw('model_version_tags'), owner: raw('version_no') },
}
type Owner = { of: keyof typeof TABLES; no: Int64 }

/** Of two tags with the same key the later one stays. */
export async function upsertTags(db: Db, { of, no }: Owner, tags: readonly KeyValue[]) {
  if (tags.length === 0) return
  const { table, owner } = TABLES[of]
  const last = new Map(tags.map(({ key, value }) => [key, value]))
  await db.query(
    sql`insert into ${table} (${owner}, key, value)
        select ${no}::bigint, * from unnest(${[...last.keys()]}::text[], ${[...last.values()]}::text[])
        on conflict (${owner}, key) do update set value = excluded.value`,
  )
}

/** Removing what is not there changes nothing. */
export async function deleteTag(db: Db, { of, no }: Owner, key: string) {
  const { table, owner } = TABLES[of]
  await db.query(sql`delete from ${table} where ${owner} = ${no} and key = ${key}`)
}
