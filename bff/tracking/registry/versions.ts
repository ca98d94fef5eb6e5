import type { Endpoints, Input, Int64 } from '#contract'
import { invalid } from '#contract'
import type { PoolDb } from '#kit/db.ts'
import type { Scope } from '#kit/scope.ts'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'
import { noteModelVersion } from '../logged-models/tags.ts'
import type { Move } from './moves.ts'
import { moving } from './moves.ts'
import { answerVersion } from './read.ts'
import { DELETED, lockModel, noSuchModel, noSuchVersion, requireVersion } from './require.ts'
import { lineageOf } from './sources.ts'
import { stageNamed } from './stages.ts'
import { deleteTag, upsertTags } from './tags.ts'

type In<N extends keyof Endpoints> = Input<Endpoints[N]>

/** The next version. Its number is counted on the model's row, which holds back others until the transaction ends. */
export async function createModelVersion(db: Db, input: In<'createModelVersion'>, scope: Scope) {
  const { name, tags, run_link, description } = input
  const { source, storage_location, run_id, model_id } = await lineageOf(db, input, scope)
  const now = Date.now()
  const model = await row<{ model_no: Int64; version: number }>(
    db,
    sql`update registered_models set last_version = last_version + 1, last_updated_timestamp = ${now} where name = ${name}
        returning model_no, last_version as version`,
  )
  if (!model) throw noSuchModel(name)
  const created = await row<{ version_no: Int64 }>(
    db,
    sql`insert into model_versions (model_no, version, creation_timestamp, last_updated_timestamp, description,
                                    source, storage_location, run_id, run_link, model_id)
        values (${model.model_no}, ${model.version}, ${now}, ${now}, ${description},
                ${source}, ${storage_location}, ${run_id}, ${run_link}, ${model_id})
        returning version_no`,
  )
  if (!created) throw noSuchModel(name)
  await upsertTags(db, { of: 'version', no: created.version_no }, tags)
  if (model_id) await noteModelVersion(db, model_id, { name, version: model.version })
  return answerVersion(db, created.version_no)
}

export async function getModelVersion(db: Db, { name, version }: In<'getModelVersion'>) {
  return answerVersion(db, (await requireVersion(db, name, version)).version_no)
}

export async function getModelVersionDownloadUri(db: Db, { name, version }: In<'getModelVersionDownloadUri'>) {
  return { artifact_uri: (await requireVersion(db, name, version)).storage_location }
}

export async function updateModelVersion(db: Db, { name, version, description }: In<'updateModelVersion'>) {
  const { version_no } = await changeVersion(db, name, version)
  await db.query(
    sql`update model_versions set description = ${description}, last_updated_timestamp = ${Date.now()} where version_no = ${version_no}`,
  )
  return answerVersion(db, version_no)
}

/** A version that is about to be changed, which is a change of its model too. */
async function changeVersion(db: Db, name: string, version: string) {
  const { model_no } = await lockModel(db, name, noSuchVersion(name, version))
  const found = await requireVersion(db, name, version)
  await db.query(sql`update registered_models set last_updated_timestamp = ${Date.now()} where model_no = ${model_no}`)
  return found
}

const ARCHIVING = ['Staging', 'Production']

export function transitionModelVersionStage(database: PoolDb, input: In<'transitionModelVersionStage'>) {
  const stage = stageNamed(input.stage)
  if (input.archive_existing_versions && !ARCHIVING.includes(stage))
    throw invalid(
      `Model version transition cannot archive existing model versions because '${input.stage}' is not an Active stage. Valid stages are ${ARCHIVING.join(', ')}`,
      { field: 'archive_existing_versions' },
    )
  return moving(database, input, async (db, { model_no }, move) => {
    const { version, version_no } = await requireVersion(db, input.name, input.version)
    const others = input.archive_existing_versions
      ? await rows<Move>(
          db,
          sql`select 'stage' as what, version::text as subject, 'Archived' as "to" from model_versions
              where model_no = ${model_no} and current_stage = ${stage} and version <> ${version}`,
        )
      : []
    await move([...others, { what: 'stage', subject: String(version), to: stage }])
    await db.query(
      sql`update model_versions set last_updated_timestamp = ${Date.now()} where version_no = ${version_no}`,
    )
    return answerVersion(db, version_no)
  })
}

/** The row stays, so that its number and its moves do; what it said is erased. */
export const deleteModelVersion = (database: PoolDb, input: In<'deleteModelVersion'>) =>
  moving(database, input, async (db, { model_no }, move) => {
    const { version, version_no } = await requireVersion(db, input.name, input.version)
    const aliases = await rows<Move>(
      db,
      sql`select 'alias' as what, alias as subject, null as "to" from registered_model_aliases
          where model_no = ${model_no} and version = ${version}`,
    )
    await move([...aliases, { what: 'stage', subject: String(version), to: DELETED }])
    await db.query(sql`delete from model_version_tags where version_no = ${version_no}`)
    await db.query(
      sql`update model_versions set description = '', source = '', storage_location = '', run_id = '', run_link = '', model_id = null
          where version_no = ${version_no}`,
    )
    return {}
  })

export async function setModelVersionTag(db: Db, { name, version, ...tag }: In<'setModelVersionTag'>) {
  const { version_no } = await changeVersion(db, name, version)
  await upsertTags(db, { of: 'version', no: version_no }, [tag])
  return {}
}

export async function deleteModelVersionTag(db: Db, { name, version, key }: In<'deleteModelVersionTag'>) {
  const { version_no } = await changeVersion(db, name, version)
  await deleteTag(db, { of: 'version', no: version_no }, key)
  return {}
}
