import type { Endpoints, Input, Int64 } from '#contract'
import { int64 } from '#contract'
import type { Db } from '#kit/sql.ts'
import { named, rows, sql } from '#kit/sql.ts'
import { least, most, spelled } from './points.ts'
import type { PointTexts } from './stored.ts'
import { asTexts } from './stored.ts'

type BucketSeries = Input<Endpoints['bucketSeries']>

/** A stretch of a curve with its summary: a chunk, or one point. */
type Stretch = { from: Int64; to: Int64; count: number; nan_count: number; min: number; max: number; sum: number }

type SeriesRow = { series_id: Int64; run_id: string; key: string; min_x: Int64; max_x: Int64 }
type ChunkRow = {
  series_id: Int64
  digest: string
  count: number
  nan_count: number
  from: Int64
  to: Int64
  min_value: number | null
  max_value: number | null
  sum_value: number
}

/** Cuts [start, end] into equal whole-number widths; bucketOf() tells which one an x is in. */
function grid(start: Int64, end: Int64, buckets: number) {
  const exact = BigInt(end) - BigInt(start) + 1n
  const width = (exact + BigInt(buckets) - 1n) / BigInt(buckets)
  if (typeof start === 'number' && typeof end === 'number' && exact <= BigInt(Number.MAX_SAFE_INTEGER)) {
    const step = Number(width)
    return (x: Int64) => Math.floor((Number(x) - start) / step)
  }
  return (x: Int64) => Number((BigInt(x) - BigInt(start)) / width)
}

/** What has been seen of each bucket of one curve. */
class Curve {
  readonly buckets = new Map<number, Stretch>()

  add(bucket: number, { from, to, count, nan_count, min, max, sum }: Stretch) {
    const seen = this.buckets.get(bucket)
    if (!seen) {
      this.buckets.set(bucket, { from, to, count, nan_count, min, max, sum })
      return
    }
    if (from < seen.from) seen.from = from
    if (to > seen.to) seen.to = to
    seen.count += count
    seen.nan_count += nan_count
    seen.min = Math.min(seen.min, min)
    seen.max = Math.max(seen.max, max)
    seen.sum += sum
  }

  print(run_id: string, key: string) {
    const found = [...this.buckets].sort(([a], [b]) => a - b).map(([, stretch]) => stretch)
    const real = ({ count, nan_count }: Stretch) => count - nan_count
    return {
      run_id,
      key,
      count: found.reduce((total, { count }) => total + count, 0),
      nan_count: found.reduce((total, { nan_count }) => total + nan_count, 0),
      from: found.map(({ from }) => from),
      to: found.map(({ to }) => to),
      counts: found.map(({ count }) => count),
      nan_counts: found.map(({ nan_count }) => nan_count),
      min: found.map((stretch) => spelled(real(stretch) === 0 ? Number.NaN : stretch.min)),
      max: found.map((stretch) => spelled(real(stretch) === 0 ? Number.NaN : stretch.max)),
      mean: found.map((stretch) => spelled(real(stretch) === 0 ? Number.NaN : stretch.sum / real(stretch))),
    }
  }
}

/** Points that can be summed up one by one. */
function* pointsOf({ steps, timestamps, vals }: PointTexts, x: BucketSeries['x']): Generator<Stretch> {
  const xs = x === 'step' ? steps : timestamps
  for (let i = 0; i < xs.length; i++) {
    const at = int64(xs[i] ?? '0')
    const value = Number(vals[i])
    const nan = Number.isNaN(value)
    yield {
      from: at,
      to: at,
      count: 1,
      nan_count: nan ? 1 : 0,
      min: nan ? Number.POSITIVE_INFINITY : value,
      max: nan ? Number.NEGATIVE_INFINITY : value,
      sum: nan ? 0 : value,
    }
  }
}

/**
 * Buckets of many curves. A chunk that lies in one bucket is known by its summary; only those that reach over an edge
 * are opened, and so no extreme is lost however far one looks from.
 */
export async function bucketSeries(db: Db, { run_ids, keys, x, start, end, buckets }: BucketSeries) {
  const series = await askedSeries(db, run_ids, keys, x)
  if (series.length === 0) return { series: [] }
  const from = start ?? least(series.map(({ min_x }) => min_x))
  const to = end ?? most(series.map(({ max_x }) => max_x))
  const curves = new Map(series.map(({ series_id }) => [series_id, new Curve()]))
  if (from > to) return { start: from, end: to, series: [] }
  const bucketOf = grid(from, to, buckets)

  const opened: ChunkRow[] = []
  for (const chunk of await chunksWithin(db, [...curves.keys()], x, from, to)) {
    const inside = chunk.from >= from && chunk.to <= to && bucketOf(chunk.from) === bucketOf(chunk.to)
    if (inside) curves.get(chunk.series_id)?.add(bucketOf(chunk.from), stretchOf(chunk))
    else opened.push(chunk)
  }
  for (const { series_id, points } of await openedPoints(db, [...curves.keys()], opened))
    for (const point of pointsOf(points, x))
      if (point.from >= from && point.from <= to) curves.get(series_id)?.add(bucketOf(point.from), point)

  const found = series.flatMap(({ series_id, run_id, key }) => {
    const curve = curves.get(series_id)
    return curve && curve.buckets.size > 0 ? [curve.print(run_id, key)] : []
  })
  return { start: from, end: to, series: found }
}

const stretchOf = ({ from, to, count, nan_count, min_value, max_value, sum_value }: ChunkRow): Stretch => ({
  from,
  to,
  count,
  nan_count,
  min: min_value ?? Number.POSITIVE_INFINITY,
  max: max_value ?? Number.NEGATIVE_INFINITY,
  sum: sum_value,
})

/** In the order of the runs and keys asked for. */
const askedSeries = (db: Db, run_ids: readonly string[], keys: readonly string[], x: BucketSeries['x']) =>
  rows<SeriesRow>(
    db,
    sql`select s.series_id, r.run_id, s.key,
               ${x === 'step' ? sql`s.min_step` : sql`s.min_timestamp`} as min_x, ${x === 'step' ? sql`s.max_step` : sql`s.max_timestamp`} as max_x
        from runs r join series s using (run_no)
        where r.run_id = any(${run_ids}::text[]) and s.key = any(${keys}::text[]) and s.count > 0
        order by array_position(${run_ids}::text[], r.run_id), array_position(${keys}::text[], s.key)`,
  )

function chunksWithin(db: Db, series: readonly Int64[], x: BucketSeries['x'], from: Int64, to: Int64) {
  const [low, high] = x === 'step' ? [sql`min_step`, sql`max_step`] : [sql`min_timestamp`, sql`max_timestamp`]
  return rows<ChunkRow>(
    db,
    sql`select series_id, digest, count, nan_count, ${low} as from, ${high} as to, min_value, max_value, sum_value from chunks
        where series_id = any(${series}::bigint[]) and ${high} >= ${from}::bigint and ${low} <= ${to}::bigint`,
  )
}

/** The points of the opened chunks, and of every tail. */
async function openedPoints(db: Db, series: readonly Int64[], chunks: readonly ChunkRow[]) {
  const found = await db.texts(
    named(
      'opened-points',
      sql`
      select series_id, steps, timestamps, vals from points where series_id = any(${series}::bigint[])
      union all
      select c.series_id, c.steps, c.timestamps, c.vals
      from unnest(${chunks.map((c) => c.series_id)}::bigint[], ${chunks.map((c) => c.digest)}::uuid[]) as asked (series_id, digest)
      join chunks c using (series_id, digest)`,
    ),
  )
  return found.map(([series_id, steps, timestamps, vals]) => ({
    series_id: int64(series_id ?? '0'),
    points: asTexts(steps, timestamps, vals),
  }))
}
