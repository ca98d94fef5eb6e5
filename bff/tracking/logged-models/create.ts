import { randomUUID } from 'node:crypto'
import type { Endpoints, Input, Int64 } from '#contract'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import type { ClientRoot } from '../artifacts/client-root.ts'
import { clientFolder } from '../artifacts/client-root.ts'
import { experimentNo, requireActiveExperiment } from '../experiments/experiments.ts'
import { generateRunName } from '../runs/names.ts'
import { insertModelParams } from './params.ts'
import { oneModel } from './read.ts'
import { upsertModelTags } from './tags.ts'

/** A model below its experiment. Its client then uploads the files and says so (finalizeLoggedModel). */
export async function createLoggedModel(
  db: Db,
  { experiment_id, name, model_type, source_run_id, params, tags }: Input<Endpoints['createLoggedModel']>,
  clientRoot: ClientRoot,
) {
  await requireActiveExperiment(db, experiment_id)
  const model_id = `m-${randomUUID().replaceAll('-', '')}`
  const now = Date.now()
  const created = await row<{ model_no: Int64 }>(
    db,
    sql`insert into logged_models (model_id, experiment_id, name, model_type, source_run_id, creation_timestamp_ms,
                                   last_updated_timestamp_ms, artifact_uri)
        select ${model_id}, e.experiment_id, ${name || generateRunName()}, ${model_type ?? ''}, ${source_run_id ?? ''}, ${now}, ${now},
               ${clientFolder(clientRoot)} || ${`/models/${model_id}/artifacts`}
        from experiments e where e.experiment_id = ${experimentNo(experiment_id)}
        returning model_no`,
  )
  if (!created) throw new Error(`model ${model_id} was not inserted`)
  await insertModelParams(db, created.model_no, params)
  await upsertModelTags(db, created.model_no, tags)
  return oneModel(db, created.model_no)
}
