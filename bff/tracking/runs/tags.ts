import type { Endpoints, Input, Int64 } from '#contract'
import { absent } from '#contract'
import type { Db } from '#kit/sql.ts'
import { named, sql } from '#kit/sql.ts'
import { byRunAndKey } from '../writes/lock-order.ts'
import { requireActiveRun } from './require.ts'

export type RunTag = { run_no: Int64; key: string; value: string }

export const RUN_NAME_TAG = 'mlflow.runName'

/** Of two tags with the same key the later one. */
function inOrder(tags: readonly RunTag[]): RunTag[] {
  const last = [...new Map(tags.map((tag) => [`${tag.run_no} ${tag.key}`, tag])).values()]
  return last.sort(byRunAndKey)
}

/** Tags as they are, of runs whose name is in step with them already. */
async function storeTags(db: Db, tags: readonly RunTag[]) {
  if (tags.length === 0) return
  const of = inOrder(tags)
  await db.query(
    named(
      'store-tags',
      sql`
      insert into tags (run_no, key, value)
      select * from unnest(${of.map((t) => t.run_no)}::bigint[], ${of.map((t) => t.key)}::text[], ${of.map((t) => t.value)}::text[])
      on conflict (run_no, key) do update set value = excluded.value`,
    ),
  )
}

/** Set tags; of two with the same key the later one stays. The tag mlflow.runName renames its run. */
export async function upsertTags(db: Db, tags: readonly RunTag[]) {
  const names = inOrder(tags.filter(({ key }) => key === RUN_NAME_TAG))
  // the run before its tags: everyone who takes both locks takes them so
  if (names.length > 0)
    await db.query(
      named(
        'rename-runs',
        sql`
        update runs set run_name = named.run_name
        from unnest(${names.map((t) => t.run_no)}::bigint[], ${names.map((t) => t.value)}::text[]) as named (run_no, run_name)
        where runs.run_no = named.run_no and runs.run_name <> named.run_name`,
      ),
    )
  await storeTags(db, tags)
}

export async function deleteTag(db: Db, { run_id, key }: Input<Endpoints['deleteTag']>) {
  const { run_no } = await requireActiveRun(db, run_id)
  const { rowCount } = await db.query(sql`delete from tags where run_no = ${run_no} and key = ${key}`)
  if (rowCount === 0) throw absent(`No tag with name: ${key} in run with id ${run_id}`)
  return {}
}
