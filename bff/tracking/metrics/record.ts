import type { Int64, MetricField } from '#contract'
import type { Db } from '#kit/sql.ts'
import { named, rows, sql } from '#kit/sql.ts'
import { byRunAndKey } from '../writes/lock-order.ts'
import { appendToTails, insertChunks, sealFull } from './chunks.ts'
import { keepLatestOfModels } from './latest-of-models.ts'
import type { Point, SeriesState } from './points.ts'
import { distinctPoints, latestOf, pointId, summarise, withPoints } from './points.ts'

/** Points that are logged to a run, by their key. */
export type PointsByKey = ReadonlyMap<string, MetricField[]>
export type RunPoints = { run: { run_no: Int64; run_id: string; experiment_id: Int64 }; points: PointsByKey }

/** Points of a series in one batch from this many on become a chunk at once; fewer go to its tail. */
export const CHUNK_FROM = 64

type KnownSeries = SeriesState & { series_id: Int64; run_id: string; key: string }
/** Locked series by `seriesName()`. */
export type LockedSeries = Map<string, KnownSeries>
export type SeriesName = { run_id: string; key: string }

/** The points of one series in one write. `known` is its row before; undefined where the series was made with these points. */
export type Addition = { series_id: Int64; points: readonly Point[]; known: SeriesState | undefined }

/**
 * Record points of any runs and keys. A point that is stored already counts once. The rows of their series are locked
 * before, by lockSeries(), so that no other writer comes between the look for repeated points and their insertion.
 */
export async function recordPoints(db: Db, writes: readonly RunPoints[], locked: LockedSeries) {
  const groups = groupBySeries(writes)
  if (groups.size === 0) return
  const additions = await openSeries(db, groups, locked)
  const fresh = await freshPoints(db, additions)
  const big = fresh.filter(({ points }) => points.length >= CHUNK_FROM)
  const small = fresh.filter(({ points }) => points.length < CHUNK_FROM)
  const [full] = await Promise.all([
    appendToTails(db, small),
    // a series that was made just now was made with its summary
    updateSummaries(db, fresh),
    insertChunks(db, big),
    linkModels(db, groups, additions),
  ])
  await sealFull(db, full)
}

export const seriesName = ({ run_id, key }: SeriesName) => `${run_id} ${key}`

export function byKey(points: readonly MetricField[]): PointsByKey {
  const keys = new Map<string, MetricField[]>()
  for (const point of points) {
    const before = keys.get(point.key)
    if (before) before.push(point)
    else keys.set(point.key, [point])
  }
  return keys
}

/** `points` as they were logged, `distinct` each of them once, in the order of byStep. */
type Group = RunPoints['run'] & { key: string; points: MetricField[]; distinct: readonly Point[] }

function groupBySeries(writes: readonly RunPoints[]): Map<string, Group> {
  const groups = new Map<string, Group>()
  for (const { run, points: keys } of writes) {
    const { run_no, run_id, experiment_id } = run
    for (const [key, points] of keys) {
      const name = seriesName({ run_id, key })
      const group = groups.get(name)
      if (group) group.points = [...group.points, ...points]
      else groups.set(name, { run_no, run_id, experiment_id, key, points, distinct: [] })
    }
  }
  for (const group of groups.values()) group.distinct = distinctPoints(group.points)
  return groups
}

/** The series of each group; those that do not exist yet are made. */
async function openSeries(db: Db, groups: Map<string, Group>, locked: LockedSeries): Promise<Addition[]> {
  const missing = [...groups.values()].filter((group) => !locked.has(seriesName(group)))
  const made = await insertSeries(db, missing)
  // another server made these in between: they are there now
  const late = missing.filter((group) => !made.has(seriesName(group)))
  const known = late.length === 0 ? locked : new Map([...locked, ...(await lockSeries(db, late))])
  return [...groups].map(([id, { distinct }]) => {
    const before = known.get(id)
    const series_id = before?.series_id ?? made.get(id)
    if (series_id === undefined) throw new Error(`series ${id} vanished`)
    return { series_id, points: distinct, known: before }
  })
}

/** Those of the series that exist, locked until the transaction ends, in one order so that nobody waits in a circle. */
export async function lockSeries(db: Db, names: readonly SeriesName[]): Promise<LockedSeries> {
  if (names.length === 0) return new Map()
  const found = await rows<KnownSeries>(
    db,
    named(
      'lock-series',
      sql`
      select asked.run_id, s.*
      from unnest(${names.map((n) => n.run_id)}::text[], ${names.map((n) => n.key)}::text[]) as asked (run_id, key)
      join runs r on r.run_id = asked.run_id
      join series s on s.run_no = r.run_no and s.key = asked.key
      order by s.series_id for update of s`,
    ),
  )
  return new Map(found.map((series) => [seriesName(series), series]))
}

/** New series with the summary of their first points. */
async function insertSeries(db: Db, groups: readonly Group[]): Promise<Map<string, Int64>> {
  if (groups.length === 0) return new Map()
  const of = [...groups].sort(byRunAndKey).map(({ run_no, experiment_id, key, distinct }) => ({
    run_no,
    experiment_id,
    key,
    last: latestOf(distinct),
    ...summarise(distinct),
  }))
  const made = await rows<{ series_id: Int64; run_no: Int64; key: string }>(
    db,
    named(
      'insert-series',
      sql`
      insert into series (run_no, key, last_step, last_timestamp, last_value, min_step, max_step, min_timestamp, max_timestamp,
                          min_value, max_value, sum_value, count, nan_count, experiment_id, settled_value)
      select *, last_value from unnest(
        ${of.map((s) => s.run_no)}::bigint[], ${of.map((s) => s.key)}::text[], ${of.map((s) => s.last.step)}::bigint[],
        ${of.map((s) => s.last.timestamp)}::bigint[], ${of.map((s) => s.last.value)}::float8[],
        ${of.map((s) => s.min_step)}::bigint[], ${of.map((s) => s.max_step)}::bigint[],
        ${of.map((s) => s.min_timestamp)}::bigint[], ${of.map((s) => s.max_timestamp)}::bigint[],
        ${of.map((s) => s.min_value)}::float8[], ${of.map((s) => s.max_value)}::float8[], ${of.map((s) => s.sum_value)}::float8[],
        ${of.map((s) => s.count)}::bigint[], ${of.map((s) => s.nan_count)}::bigint[], ${of.map((s) => s.experiment_id)}::bigint[])
        as new (run_no, key, last_step, last_timestamp, last_value, min_step, max_step, min_timestamp, max_timestamp,
                min_value, max_value, sum_value, count, nan_count, experiment_id)
      on conflict (run_no, key) do nothing
      returning series_id, run_no, key`,
    ),
  )
  const run_ids = new Map(groups.map(({ run_no, run_id }) => [run_no, run_id]))
  return new Map(
    made.map(({ series_id, run_no, key }) => [seriesName({ run_id: run_ids.get(run_no) ?? '', key }), series_id]),
  )
}

/** A point outside the range of what its series has cannot be stored already; most points are, since steps and clocks go on. */
const mayBeStored = ({ step, timestamp }: Point, known: SeriesState | undefined) =>
  known !== undefined &&
  step >= known.min_step &&
  step <= known.max_step &&
  timestamp >= known.min_timestamp &&
  timestamp <= known.max_timestamp

/** The additions without the points that are in a tail or a chunk already. */
async function freshPoints(db: Db, additions: readonly Addition[]): Promise<Addition[]> {
  const doubtful = additions.flatMap(({ series_id, points, known }) =>
    points.filter((point) => mayBeStored(point, known)).map((point) => ({ series_id, ...point })),
  )
  if (doubtful.length === 0) return [...additions]
  const stored = await rows<{ series_id: Int64; step: Int64; timestamp: Int64; value: number }>(
    db,
    named(
      'stored-points',
      sql`
      with asked as materialized (
        select * from unnest(${doubtful.map((p) => p.series_id)}::bigint[], ${doubtful.map((p) => p.step)}::bigint[],
                             ${doubtful.map((p) => p.timestamp)}::bigint[], ${doubtful.map((p) => p.value)}::float8[])
                      as asked (series_id, step, timestamp, value)),
      near as (
        select series_id, steps, timestamps, vals from points where series_id in (select series_id from asked)
        union all
        select series_id, steps, timestamps, vals from chunks c
        where exists (select from asked a where a.series_id = c.series_id and a.step between c.min_step and c.max_step
                                          and a.timestamp between c.min_timestamp and c.max_timestamp))
      select a.series_id, a.step, a.timestamp, a.value
      from near cross join lateral unnest(near.steps, near.timestamps, near.vals) as u (step, timestamp, value)
      join asked a on a.series_id = near.series_id and a.step = u.step and a.timestamp = u.timestamp and a.value = u.value`,
    ),
  )
  const known = new Set(stored.map((point) => `${point.series_id} ${pointId(point)}`))
  return additions
    .map((addition) => ({
      ...addition,
      points: addition.points.filter((point) => !known.has(`${addition.series_id} ${pointId(point)}`)),
    }))
    .filter(({ points }) => points.length > 0)
}

/**
 * Their rows are locked, so what they will say is known here; Postgres is only told. Nothing that an index has is changed,
 * but for the first time that a settled series is written to.
 */
async function updateSummaries(db: Db, additions: readonly Addition[]) {
  const of = additions.flatMap(({ series_id, points, known }) =>
    known ? [{ series_id, ...withPoints(known, points) }] : [],
  )
  if (of.length === 0) return
  await db.query(
    named(
      'update-summaries',
      sql`
      update series s set
        last_step = n.last_step, last_timestamp = n.last_timestamp, last_value = n.last_value,
        min_step = n.min_step, max_step = n.max_step, min_timestamp = n.min_timestamp, max_timestamp = n.max_timestamp,
        min_value = n.min_value, max_value = n.max_value, sum_value = n.sum_value, count = n.count, nan_count = n.nan_count,
        settled_value = null
      from unnest(
        ${of.map((s) => s.series_id)}::bigint[], ${of.map((s) => s.last_step)}::bigint[], ${of.map((s) => s.last_timestamp)}::bigint[],
        ${of.map((s) => s.last_value)}::float8[],
        ${of.map((s) => s.min_step)}::bigint[], ${of.map((s) => s.max_step)}::bigint[],
        ${of.map((s) => s.min_timestamp)}::bigint[], ${of.map((s) => s.max_timestamp)}::bigint[],
        ${of.map((s) => s.min_value)}::float8[], ${of.map((s) => s.max_value)}::float8[], ${of.map((s) => s.sum_value)}::float8[],
        ${of.map((s) => s.count)}::bigint[], ${of.map((s) => s.nan_count)}::bigint[])
        as n (series_id, last_step, last_timestamp, last_value, min_step, max_step, min_timestamp, max_timestamp,
              min_value, max_value, sum_value, count, nan_count)
      where s.series_id = n.series_id`,
    ),
  )
}

const namesModel = (point: MetricField): point is MetricField & { model_id: string } => Boolean(point.model_id)

/** MLflow keeps points that name a model among the model's own metrics as well; so do we, and the run's latest metric shows them. */
async function linkModels(db: Db, groups: Map<string, Group>, additions: readonly Addition[]) {
  const links = [...groups.values()].flatMap(({ points }, i) => {
    const series_id = additions[i]?.series_id
    if (series_id === undefined) return []
    return points.filter(namesModel).map(({ dataset_name = '', dataset_digest = '', ...point }) => ({
      ...point,
      series_id,
      dataset_name,
      dataset_digest,
    }))
  })
  if (links.length === 0) return
  await db.query(sql`
    insert into model_metrics (series_id, step, timestamp, value, model_id, dataset_name, dataset_digest)
    select * from unnest(${links.map((p) => p.series_id)}::bigint[], ${links.map((p) => p.step)}::bigint[], ${links.map((p) => p.timestamp)}::bigint[],
      ${links.map((p) => p.value)}::float8[], ${links.map((p) => p.model_id)}::text[],
      ${links.map((p) => p.dataset_name)}::text[], ${links.map((p) => p.dataset_digest)}::text[])
    on conflict do nothing`)
  await keepLatestOfModels(db, links)
  await db.query(
    sql`update series set linked = true where series_id = any(${links.map((p) => p.series_id)}::bigint[]) and not linked`,
  )
}
