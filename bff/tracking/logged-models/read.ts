import type { Endpoints, Input, Int64, KeyValue, ModelStatus } from '#contract'
import type { Db } from '#kit/sql.ts'
import { rows, sql } from '#kit/sql.ts'
import type { FoundModel } from './require.ts'
import { findLoggedModel, noSuchModel } from './require.ts'

type ModelRow = {
  model_no: Int64
  model_id: string
  experiment_id: Int64
  name: string
  model_type: string
  source_run_id: string
  status: ModelStatus
  status_message: string | null
  creator_id: string | null
  creation_timestamp_ms: Int64
  last_updated_timestamp_ms: Int64
  artifact_uri: string
}

type PairRow = KeyValue & { model_no: Int64 }

type MetricRow = {
  model_id: string
  run_id: string
  key: string
  value: number
  timestamp: Int64
  step: Int64
  dataset_name: string
  dataset_digest: string
}

/** A model has every point that names it; an answer for one model has so many of them at most, the latest first to be kept. */
const POINTS_LIMIT = 10_000

/** Logged models in the order of the given numbers, each with the latest of its metrics by metric, run and dataset. */
export const loggedModelsByNo = (db: Db, model_nos: readonly Int64[]) =>
  model_nos.length === 0 ? [] : models(db, model_nos, latestMetrics(db, model_nos))

/** The answer of the endpoints that change one model, or make it. */
export async function oneModel(db: Db, model_no: Int64) {
  const [model] = await loggedModelsByNo(db, [model_no])
  if (!model) throw new Error(`logged model ${model_no} vanished`)
  return { model }
}

export async function getLoggedModel(db: Db, { model_id, allow_deleted }: Input<Endpoints['getLoggedModel']>) {
  const found = await findLoggedModel(db, model_id)
  if (!found || (found.lifecycle_stage === 'deleted' && !allow_deleted)) throw noSuchModel(model_id)
  const [model] = await models(db, [found.model_no], pointsOfModel(db, found))
  if (!model) throw noSuchModel(model_id)
  return { model }
}

async function models(db: Db, model_nos: readonly Int64[], measured: Promise<MetricRow[]>) {
  const [found, params, tags, metrics] = await Promise.all([
    rows<ModelRow>(
      db,
      sql`select m.model_no, m.model_id, m.experiment_id, m.name, m.model_type, m.source_run_id, m.status, m.status_message,
                 m.creator_id, m.creation_timestamp_ms, m.last_updated_timestamp_ms, m.artifact_uri
          from unnest(${model_nos}::bigint[]) with ordinality as wanted (model_no, n)
          join logged_models m using (model_no) order by wanted.n`,
    ),
    rows<PairRow>(
      db,
      sql`select model_no, key, value from logged_model_params where model_no = any(${model_nos}::bigint[]) order by key`,
    ),
    rows<PairRow>(
      db,
      sql`select model_no, key, value from logged_model_tags where model_no = any(${model_nos}::bigint[]) order by key`,
    ),
    measured,
  ])
  const [paramsOf, tagsOf] = [Map.groupBy(params, numberOf), Map.groupBy(tags, numberOf)]
  const metricsOf = Map.groupBy(metrics, ({ model_id }) => model_id)
  return found.map(({ model_no, ...model }) => ({
    info: { ...infoOf(model), ...listed('tags', tagsOf.get(model_no)?.map(pairOf)) },
    data: {
      ...listed('params', paramsOf.get(model_no)?.map(pairOf)),
      ...listed('metrics', metricsOf.get(model.model_id)?.map(metricOf)),
    },
  }))
}

const latestMetrics = (db: Db, model_nos: readonly Int64[]) =>
  rows<MetricRow>(
    db,
    sql`select v.model_id, r.run_id, v.key, v.last_value as value, v.last_timestamp as timestamp, v.last_step as step,
               v.dataset_name, v.dataset_digest
        from logged_models m join model_latest_metrics v using (model_id) join series s using (series_id) join runs r using (run_no)
        where m.model_no = any(${model_nos}::bigint[])
        order by v.key, v.last_timestamp, r.run_id, v.dataset_name, v.dataset_digest`,
  )

const pointsOfModel = (db: Db, { model_id }: FoundModel) =>
  rows<MetricRow>(
    db,
    sql`select * from (
          select p.model_id, r.run_id, s.key, p.value, p.timestamp, p.step, p.dataset_name, p.dataset_digest
          from model_metrics p join series s using (series_id) join runs r using (run_no)
          where p.model_id = ${model_id} order by p.timestamp desc limit ${POINTS_LIMIT}) latest
        order by key, timestamp, step, run_id, dataset_name, dataset_digest`,
  )

const numberOf = ({ model_no }: PairRow) => model_no

/** A list where it has something in it: MLflow leaves empty lists out. */
const listed = <N extends string, T>(name: N, items: readonly T[] | undefined) =>
  (items === undefined ? {} : { [name]: items }) as { [K in N]?: T[] }

const pairOf = ({ key, value }: KeyValue): KeyValue => ({ key, value })

/** MLflow's routes print an infinity as the largest double, and a member that is not set not at all. */
const metricOf = ({ value, dataset_name, dataset_digest, ...metric }: MetricRow) => ({
  ...metric,
  value: Number.isNaN(value) ? ('NaN' as const) : Math.max(-Number.MAX_VALUE, Math.min(value, Number.MAX_VALUE)),
  ...(dataset_name === '' ? {} : { dataset_name }),
  ...(dataset_digest === '' ? {} : { dataset_digest }),
})

const infoOf = ({ experiment_id, status_message, creator_id, ...model }: Omit<ModelRow, 'model_no'>) => ({
  ...model,
  experiment_id: String(experiment_id),
  ...(status_message === null ? {} : { status_message }),
  ...(creator_id === null ? {} : { creator_id }),
})
