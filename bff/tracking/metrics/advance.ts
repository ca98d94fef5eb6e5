import type { MetricField } from '#contract'
import type { Db } from '#kit/sql.ts'
import { named, rows, sql } from '#kit/sql.ts'
import { SEAL_AT } from './chunks.ts'
import type { Point } from './points.ts'
import { distinctPoints, latestOf, literalsOf, summarise } from './points.ts'
import { CHUNK_FROM, seriesName } from './record.ts'

/** The points of one write. */
export type Advance = { run_id: string; metrics: readonly MetricField[] }

/** May these be tried here? Points that name a model or a dataset have more to store than their series. */
export const canAdvance = (metrics: readonly MetricField[]) =>
  metrics.length > 0 &&
  metrics.length < CHUNK_FROM &&
  metrics.every(({ model_id, dataset_name, dataset_digest }) => !model_id && !dataset_name && !dataset_digest)

type Course = { run_id: string; key: string; points: Point[]; bundle: Bundle }
/** Writes that have series in common: they are stored together or not at all. */
type Bundle = { writes: number[]; courses: Course[] }

/**
 * What trainings do nearly all the time, in one statement that is its own transaction: a series that is there goes on, by
 * steps or, at the same step, by time. So no point can be stored already, the latest is the last of the new ones, and the
 * summary is a matter of adding. Says of each write whether it was stored. One that was not left no trace: its run is not
 * active, a series is new, a point may be a repeated one, or a tail is full.
 */
export async function advanceSeries(db: Db, writes: readonly Advance[]): Promise<boolean[]> {
  const bundles = bundlesOf(writes)
  const of = bundles.flatMap(({ courses }, bundle) =>
    courses.map(({ run_id, key, points }) => {
      const distinct = distinctPoints(points)
      return { run_id, key, bundle, of_bundle: courses.length, ...reach(distinct), ...literalsOf(distinct) }
    }),
  )
  const stored = await rows<{ bundle: number }>(
    db,
    named(
      'advance-series',
      sql`
      with asked as (
        select * from unnest(
          ${of.map((c) => c.run_id)}::text[], ${of.map((c) => c.key)}::text[], ${of.map((c) => c.bundle)}::int[], ${of.map((c) => c.of_bundle)}::int[],
          ${of.map((c) => c.first_timestamp)}::bigint[], ${of.map((c) => c.last.step)}::bigint[], ${of.map((c) => c.last.timestamp)}::bigint[],
          ${of.map((c) => c.last.value)}::float8[], ${of.map((c) => c.min_step)}::bigint[], ${of.map((c) => c.min_timestamp)}::bigint[],
          ${of.map((c) => c.max_timestamp)}::bigint[], ${of.map((c) => c.min_value)}::float8[], ${of.map((c) => c.max_value)}::float8[],
          ${of.map((c) => c.sum_value)}::float8[], ${of.map((c) => c.count)}::int[], ${of.map((c) => c.nan_count)}::int[],
          ${of.map((c) => c.steps)}::text[], ${of.map((c) => c.timestamps)}::text[], ${of.map((c) => c.vals)}::text[])
        as asked (run_id, key, bundle, of_bundle, first_timestamp, last_step, last_timestamp, last_value, min_step, min_timestamp,
                  max_timestamp, min_value, max_value, sum_value, count, nan_count, steps, timestamps, vals)),
      found as materialized (
        select s.series_id, s.max_step as stored_step, s.max_timestamp as stored_timestamp, asked.*
        from asked
        join runs r on r.run_id = asked.run_id and r.lifecycle_stage = 'active'
        join series s on s.run_no = r.run_no and s.key = asked.key
        order by s.series_id for update of s),
      ahead as materialized (
        select * from (
          select f.*, count(*) over (partition by f.bundle) = f.of_bundle as whole
          from found f left join points p using (series_id)
          where (f.min_step, f.first_timestamp) > (f.stored_step, f.stored_timestamp)
            and coalesce(cardinality(p.steps), 0) + f.count < ${SEAL_AT}) of_found
        where whole),
      tails as (
        insert into points (series_id, steps, timestamps, vals)
        select series_id, steps::bigint[], timestamps::bigint[], vals::float8[] from ahead
        on conflict (series_id) do update set steps = points.steps || excluded.steps,
          timestamps = points.timestamps || excluded.timestamps, vals = points.vals || excluded.vals)
      update series s set
        last_step = n.last_step, last_timestamp = n.last_timestamp, last_value = n.last_value, max_step = n.last_step,
        min_timestamp = least(s.min_timestamp, n.min_timestamp), max_timestamp = greatest(s.max_timestamp, n.max_timestamp),
        min_value = least(s.min_value, n.min_value), max_value = greatest(s.max_value, n.max_value),
        sum_value = s.sum_value + n.sum_value, count = s.count + n.count, nan_count = s.nan_count + n.nan_count,
        settled_value = null
      from ahead n where s.series_id = n.series_id
      returning n.bundle`,
    ),
  )
  const outcomes = writes.map(() => false)
  for (const { bundle } of stored) for (const write of bundles[bundle]?.writes ?? []) outcomes[write] = true
  return outcomes
}

/** `first_timestamp` is the earliest of the points at the lowest step: the first, in the order of byStep. */
const reach = (points: readonly Point[]) => ({
  ...summarise(points),
  last: latestOf(points),
  first_timestamp: points[0]?.timestamp ?? 0,
})

function bundlesOf(writes: readonly Advance[]): Bundle[] {
  const courses = new Map<string, Course>()
  const bundles = new Set<Bundle>()
  for (const [i, { run_id, metrics }] of writes.entries()) {
    let bundle: Bundle = { writes: [i], courses: [] }
    bundles.add(bundle)
    for (const point of metrics) {
      const name = seriesName({ run_id, key: point.key })
      const course = courses.get(name)
      if (course) {
        course.points.push(point)
        bundle = joined(bundles, course.bundle, bundle)
      } else {
        const made = { run_id, key: point.key, points: [point], bundle }
        courses.set(name, made)
        bundle.courses.push(made)
      }
    }
  }
  return [...bundles]
}

function joined(bundles: Set<Bundle>, into: Bundle, other: Bundle): Bundle {
  if (into === other) return into
  into.writes.push(...other.writes)
  for (const course of other.courses) {
    course.bundle = into
    into.courses.push(course)
  }
  bundles.delete(other)
  return into
}
