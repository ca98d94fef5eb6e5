import type { Int64, KeyValue } from '#contract'
import type { Db } from '#kit/sql.ts'
import { sql } from '#kit/sql.ts'

/** Set tags of a model; of two with the same key the later one stays. */
export async function upsertModelTags(db: Db, model_no: Int64, tags: readonly KeyValue[]) {
  if (tags.length === 0) return
  const last = new Map(tags.map(({ key, value }) => [key, value]))
  await db.query(
    sql`insert into logged_model_tags (model_no, key, value)
        select ${model_no}::bigint, * from unnest(${[...last.keys()]}::text[], ${[...last.values()]}::text[])
        on conflict (model_no, key) do update set value = excluded.value`,
  )
}
