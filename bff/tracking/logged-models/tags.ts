import type { Endpoints, Input, Int64, KeyValue } from '#contract'
import { absent } from '#contract'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import { oneModel } from './read.ts'
import { lockLoggedModel, requireLoggedModel } from './require.ts'

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

export async function setLoggedModelTags(db: Db, { model_id, tags }: Input<Endpoints['setLoggedModelTags']>) {
  const { model_no } = await requireLoggedModel(db, model_id)
  await upsertModelTags(db, model_no, tags)
  return oneModel(db, model_no)
}

export async function deleteLoggedModelTag(db: Db, { model_id, tag_key }: Input<Endpoints['deleteLoggedModelTag']>) {
  const { model_no } = await requireLoggedModel(db, model_id)
  const { rowCount } = await db.query(
    sql`delete from logged_model_tags where model_no = ${model_no} and key = ${tag_key}`,
  )
  if (rowCount === 0) throw absent(`No tag with key '${tag_key}' found for model with ID '${model_id}'.`)
  return {}
}

const VERSIONS_TAG = 'mlflow.modelVersions'

type VersionOfModel = { name: string; version: number }

/**
 * Note on a logged model that it was registered as this version: the tag from which clients know. To be called in the
 * transaction that makes the version. A model that is not there or deleted is left alone.
 */
export async function noteModelVersion(db: Db, model_id: string, version: VersionOfModel) {
  const model = await lockLoggedModel(db, model_id)
  if (!model) return
  // only now, when nobody else is at it
  const tag = await row<{ value: string }>(
    db,
    sql`select value from logged_model_tags where model_no = ${model.model_no} and key = ${VERSIONS_TAG}`,
  )
  const known = readVersions(tag?.value)
  if (known.some(({ name, version: number }) => name === version.name && number === version.version)) return
  await upsertModelTags(db, model.model_no, [{ key: VERSIONS_TAG, value: JSON.stringify([...known, version]) }])
}

/** A tag that somebody wrote something else into counts as empty. */
function readVersions(tag: string | undefined): VersionOfModel[] {
  try {
    const versions: unknown = JSON.parse(tag ?? '[]')
    return Array.isArray(versions) ? (versions as VersionOfModel[]) : []
  } catch {
    return []
  }
}
