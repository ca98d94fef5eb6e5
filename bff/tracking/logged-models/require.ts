import type { Int64 } from '#contract'
import { absent } from '#contract'
import type { Db } from '#kit/sql.ts'
import { named, row, sql } from '#kit/sql.ts'

/** What the database knows of a logged model, as far as its artifacts go. */
export type FoundModel = {
  model_no: Int64
  model_id: string
  experiment_id: Int64
  artifact_uri: string
  lifecycle_stage: 'active' | 'deleted'
}

export const noSuchModel = (model_id: string) => absent(`Logged model with ID '${model_id}' not found.`)

/** A logged model by its id, whatever its stage. */
export const findLoggedModel = (db: Db, model_id: string): Promise<FoundModel | undefined> =>
  row<FoundModel>(
    db,
    named(
      'find-logged-model',
      sql`
      select model_no, model_id, experiment_id, artifact_uri, lifecycle_stage from logged_models where model_id = ${model_id}`,
    ),
  )

/** A logged model, if there is one that is not deleted, locked against other changes until the transaction ends. */
export async function lockLoggedModel(db: Db, model_id: string): Promise<FoundModel | undefined> {
  const model = await row<FoundModel>(
    db,
    sql`select model_no, model_id, experiment_id, artifact_uri, lifecycle_stage from logged_models
        where model_id = ${model_id} for no key update`,
  )
  return model?.lifecycle_stage === 'active' ? model : undefined
}

export async function requireLoggedModel(db: Db, model_id: string): Promise<FoundModel> {
  const model = await lockLoggedModel(db, model_id)
  if (!model) throw noSuchModel(model_id)
  return model
}
