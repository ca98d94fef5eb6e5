import type { Int64 } from '#contract'
import { absent } from '#contract'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'

export type FoundModel = { model_no: Int64; is_prompt: boolean; moves: Int64 }

export type FoundVersion = {
  version_no: Int64
  model_no: Int64
  version: number
  run_id: string
  model_id: string | null
  storage_location: string
}

/** The stage of a version that was deleted; it is in no answer. */
export const DELETED = 'Deleted_Internal'

export const noSuchModel = (name: string) => absent(`Registered Model with name=${name} not found`)
export const noSuchVersion = (name: string, version: string | number) =>
  absent(`Model Version (name=${name}, version=${version}) not found`)

export async function findModel(db: Db, name: string): Promise<FoundModel | undefined> {
  return row(db, sql`select model_no, is_prompt, moves from registered_models where name = ${name}`)
}

export async function requireModel(db: Db, name: string): Promise<FoundModel> {
  const model = await findModel(db, name)
  if (!model) throw noSuchModel(name)
  return model
}

/** A model that nobody else can change, rename or delete until the transaction ends. */
export async function lockModel(db: Db, name: string, missing = noSuchModel(name)): Promise<FoundModel> {
  const model = await row<FoundModel>(
    db,
    sql`select model_no, is_prompt, moves from registered_models where name = ${name} for no key update`,
  )
  if (!model) throw missing
  return model
}

const LARGEST = 2 ** 31 - 1

/** A version that is not deleted. */
export async function requireVersion(db: Db, name: string, version: string): Promise<FoundVersion> {
  const number = Number(version)
  const found =
    Math.abs(number) <= LARGEST
      ? await row<FoundVersion>(
          db,
          sql`select v.version_no, v.model_no, v.version, v.run_id, v.model_id, v.storage_location
              from registered_models m join model_versions v using (model_no)
              where m.name = ${name} and v.version = ${number} and v.current_stage <> ${DELETED}`,
        )
      : undefined
  if (!found) throw noSuchVersion(name, version)
  return found
}
