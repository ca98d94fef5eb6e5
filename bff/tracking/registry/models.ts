import type { Endpoints, Input, Int64, KeyValue } from '#contract'
import { ApiError } from '#contract'
import type { PoolDb } from '#kit/db.ts'
import { violates } from '#kit/db.ts'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'
import type { Move } from './moves.ts'
import { moving } from './moves.ts'
import { isPrompt, PROMPT_TAG } from './prompts.ts'
import { answerLatest, answerModel } from './read.ts'
import { DELETED, findModel, lockModel, requireModel } from './require.ts'
import { stagesNamed } from './stages.ts'
import { deleteTag, upsertTags } from './tags.ts'

type In<N extends keyof Endpoints> = Input<Endpoints[N]>

const kindOf = (prompt: boolean) => (prompt ? 'Prompt' : 'Registered Model')

function nameTaken(name: string, isTaken: boolean, wanted: boolean) {
  const message =
    isTaken === wanted
      ? `${kindOf(wanted)} (name=${name}) already exists.`
      : `Tried to create a ${kindOf(wanted).toLowerCase()} with name '${name}', but the name is already taken by a ${kindOf(isTaken).toLowerCase()}. Choose another name.`
  return new ApiError('RESOURCE_ALREADY_EXISTS', message)
}

export async function createRegisteredModel(db: Db, { name, tags, description }: In<'createRegisteredModel'>) {
  const now = Date.now()
  const created = await row<{ model_no: Int64 }>(
    db,
    sql`insert into registered_models (name, description, creation_timestamp, last_updated_timestamp)
        values (${name}, ${description}, ${now}, ${now}) on conflict (name) do nothing returning model_no`,
  )
  if (!created) throw nameTaken(name, (await findModel(db, name))?.is_prompt ?? false, isPrompt(tags))
  await setTags(db, created.model_no, tags)
  return answerModel(db, created.model_no)
}

export async function getRegisteredModel(db: Db, { name }: In<'getRegisteredModel'>) {
  return answerModel(db, (await requireModel(db, name)).model_no)
}

export async function getLatestVersions(db: Db, { name, stages }: In<'getLatestVersions'>) {
  const named = stagesNamed(stages)
  return answerLatest(db, (await requireModel(db, name)).model_no, named)
}

export async function updateRegisteredModel(db: Db, { name, description }: In<'updateRegisteredModel'>) {
  const { model_no } = await lockModel(db, name)
  await db.query(
    sql`update registered_models set description = ${description}, last_updated_timestamp = ${Date.now()} where model_no = ${model_no}`,
  )
  return answerModel(db, model_no)
}

/** All that belongs to the model knows it by its number: a new name is one row, and the versions' time of change. */
export async function renameRegisteredModel(db: Db, { name, new_name }: In<'renameRegisteredModel'>) {
  const { model_no, is_prompt } = await lockModel(db, name)
  const now = Date.now()
  await db
    .query(
      sql`update registered_models set name = ${new_name}, last_updated_timestamp = ${now} where model_no = ${model_no}`,
    )
    .catch((error: unknown) => {
      throw violates(error, 'registered_models_name_key') ? nameTaken(new_name, is_prompt, is_prompt) : error
    })
  await db.query(
    sql`update model_versions set last_updated_timestamp = ${now} where model_no = ${model_no} and current_stage <> ${DELETED}`,
  )
  return answerModel(db, model_no)
}

/** Its aliases and versions are moved out of the way first, as every move is. */
export const deleteRegisteredModel = (database: PoolDb, { name }: In<'deleteRegisteredModel'>) =>
  moving(database, { name }, async (db, { model_no }, move) => {
    await move(
      await rows<Move>(
        db,
        sql`select 'alias' as what, alias as subject, null as "to" from registered_model_aliases where model_no = ${model_no}
            union all
            select 'stage', version::text, ${DELETED} from model_versions where model_no = ${model_no}`,
      ),
    )
    await db.query(sql`delete from registered_models where model_no = ${model_no}`)
    return {}
  })

/** The tag that makes a model a prompt is also a column, which searches look at. */
async function setTags(db: Db, model_no: Int64, tags: readonly KeyValue[]) {
  await upsertTags(db, { of: 'model', no: model_no }, tags)
  if (tags.some(({ key }) => key === PROMPT_TAG)) await markPrompt(db, model_no, isPrompt(tags))
}

const markPrompt = (db: Db, model_no: Int64, is_prompt: boolean) =>
  db.query(sql`update registered_models set is_prompt = ${is_prompt} where model_no = ${model_no}`)

export async function setRegisteredModelTag(db: Db, { name, ...tag }: In<'setRegisteredModelTag'>) {
  const { model_no } = await lockModel(db, name)
  await setTags(db, model_no, [tag])
  return {}
}

export async function deleteRegisteredModelTag(db: Db, { name, key }: In<'deleteRegisteredModelTag'>) {
  const { model_no } = await lockModel(db, name)
  await deleteTag(db, { of: 'model', no: model_no }, key)
  if (key === PROMPT_TAG) await markPrompt(db, model_no, false)
  return {}
}
