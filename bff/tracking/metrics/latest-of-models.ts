import type { Int64 } from '#contract'
import type { Db } from '#kit/sql.ts'
import { sql } from '#kit/sql.ts'
import type { Point } from './points.ts'

/** A point of a series that names a model, and the dataset that the model was measured on where there was one. */
export type ModelPoint = Point & {
  series_id: Int64
  key: string
  model_id: string
  dataset_name: string
  dataset_digest: string
}

/** MLflow's rule for the metrics of models: the latest in time, then by step, then by value (NaN above all, as Postgres has it). */
const isLater = (a: Point, b: Point) =>
  a.timestamp > b.timestamp ||
  (a.timestamp === b.timestamp &&
    (a.step > b.step || (a.step === b.step && (a.value > b.value || Number.isNaN(a.value)))))

/** Keep the latest point of each series, model and dataset. The series are locked by the caller, and with them these rows. */
export async function keepLatestOfModels(db: Db, points: readonly ModelPoint[]) {
  const latest = new Map<string, ModelPoint>()
  for (const point of points) {
    const id = JSON.stringify([String(point.series_id), point.model_id, point.dataset_name, point.dataset_digest])
    const before = latest.get(id)
    if (!before || isLater(point, before)) latest.set(id, point)
  }
  const of = [...latest.values()]
  await db.query(sql`
    insert into model_latest_metrics as l (series_id, model_id, dataset_name, dataset_digest, key, last_step, last_timestamp, last_value)
    select * from unnest(
      ${of.map((p) => p.series_id)}::bigint[], ${of.map((p) => p.model_id)}::text[], ${of.map((p) => p.dataset_name)}::text[],
      ${of.map((p) => p.dataset_digest)}::text[], ${of.map((p) => p.key)}::text[], ${of.map((p) => p.step)}::bigint[],
      ${of.map((p) => p.timestamp)}::bigint[], ${of.map((p) => p.value)}::float8[])
    on conflict (model_id, key, series_id, dataset_name, dataset_digest) do update
      set last_step = excluded.last_step, last_timestamp = excluded.last_timestamp, last_value = excluded.last_value
      where (excluded.last_timestamp, excluded.last_step, excluded.last_value) > (l.last_timestamp, l.last_step, l.last_value)`)
}
