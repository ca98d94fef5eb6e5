import type { Endpoints, Input } from '#contract'
import { invalid } from '#contract'
import { RawJson } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import { sealRun } from '../metrics/chunks.ts'
import { requireFreeNames } from './names.ts'
import { printRunInfo } from './read.ts'
import { requireActiveRun, requireRun } from './require.ts'
import { RUN_NAME_TAG, upsertTags } from './tags.ts'

const ENDED = new Set(['FINISHED', 'FAILED', 'KILLED'])

/** Change what is given; an empty name is ignored, as in MLflow. A run that ends has its metrics sealed. */
export async function updateRun(
  db: Db,
  { run_id, status, end_time, run_name }: Input<Endpoints['updateRun']>,
  uniqueNames: boolean,
) {
  if (run_name && uniqueNames) await requireFreeNames(db, [{ ...(await requireRun(db, run_id)), run_name }])
  const { run_no } = await requireActiveRun(db, run_id)
  await db.query(
    sql`update runs set status = coalesce(${status ?? null}, status), end_time = coalesce(${end_time ?? null}::bigint, end_time)
        where run_no = ${run_no}`,
  )
  if (run_name) await upsertTags(db, [{ run_no, key: RUN_NAME_TAG, value: run_name }])
  if (status && ENDED.has(status)) await sealRun(db, run_no)
  return new RawJson(`{"run_info":${await printRunInfo(db, run_no)}}`)
}

/** Repeating is harmless: the time of the first deletion stays. */
export async function deleteRun(db: Db, { run_id }: Input<Endpoints['deleteRun']>) {
  const { run_no } = await requireRun(db, run_id)
  await db.query(
    sql`update runs set lifecycle_stage = 'deleted', deleted_time = ${Date.now()}, deleted_with_experiment = false
        where run_no = ${run_no} and lifecycle_stage = 'active'`,
  )
  return {}
}

/** A name that was taken meanwhile is not taken back. */
export async function restoreRun(db: Db, { run_id }: Input<Endpoints['restoreRun']>, uniqueNames: boolean) {
  const { run_no, experiment_id, run_name } = await requireRun(db, run_id)
  if (uniqueNames) await requireFreeNames(db, [{ run_id, experiment_id, run_name }])
  await db.query(
    sql`update runs set lifecycle_stage = 'active', deleted_time = null, deleted_with_experiment = false where run_no = ${run_no}`,
  )
  return {}
}

const MODEL_KEYS = ['artifact_path', 'flavors', 'utc_time_created', 'run_id']
const HISTORY_TAG = 'mlflow.log-model.history'

/** Append a model to the JSON list in the run's tag, as clients before MLflow 3 (and R) do. */
export async function logModel(db: Db, { run_id, model_json }: Input<Endpoints['logModel']>) {
  const model = readModel(model_json)
  const missing = MODEL_KEYS.filter((key) => !Object.hasOwn(model, key))
  if (missing.length > 0)
    throw invalid(`Model json is missing mandatory fields: ${missing.map((key) => `'${key}'`).join(', ')}`, {
      field: 'model_json',
    })
  const { run_no } = await requireActiveRun(db, run_id)
  const stored = await row<{ value: string }>(
    db,
    sql`select value from tags where run_no = ${run_no} and key = ${HISTORY_TAG} for update`,
  )
  await upsertTags(db, [{ run_no, key: HISTORY_TAG, value: appended(stored?.value ?? '', model_json.trim()) }])
  return {}
}

/** Appended as text, so that what is there already stays as it was written. */
function appended(history: string, model_json: string): string {
  const text = history.trim()
  if (text === '') return `[${model_json}]`
  const models = parsed(text)
  if (!Array.isArray(models))
    throw invalid(`The tag ${HISTORY_TAG} is not a JSON list; delete the tag, then log the model again`, {
      field: HISTORY_TAG,
    })
  return models.length === 0 ? `[${model_json}]` : `${text.slice(0, -1).trimEnd()}, ${model_json}]`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readModel(model_json: string): object {
  const model = parsed(model_json)
  if (model === undefined)
    throw invalid(`Malformed model info. ${model_json.slice(0, 200)} is not valid JSON`, { field: 'model_json' })
  if (typeof model === 'object' && model !== null && !Array.isArray(model)) return model
  throw invalid('Malformed model info: a JSON object is needed', { field: 'model_json' })
}
