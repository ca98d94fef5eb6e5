import type { Endpoints, Input, Int64 } from '#contract'
import { int64 } from '#contract'
import type { Db, Sql } from '#kit/sql.ts'
import { rows, sql } from '#kit/sql.ts'
import { least, most, spelled } from './points.ts'
import { items } from './stored.ts'

type BucketSeries = Input<Endpoints['bucketSeries']>

/** A stretch of a curve with its summary: a chunk, or one point. */
type Stretch = { from: Int64; to: Int64; count: number; nan_count: number; min: number; max: number; sum: number }

type SeriesRow = { series_id: Int64; run_id: string; key: string; min_x: Int64; max_x: Int64 }
/** Chunks of one bucket together, or one that has to be opened: its bucket is null, and its digest is not. */
type ChunksRow = {
  series_id: Int64
  bucket: Int64 | null
  digest: string | null
  count: Int64
  nan_count: Int64
  from: Int64
  to: Int64
  min_value: number | null
  max_value: number | null
  sum_value: number
}

/** [start, end] cut into equal whole-number widths. */
type Grid = { start: Int64; end: Int64; width: bigint }

function gridOf(start: Int64, end: Int64, buckets: number): Grid {
  const whole = BigInt(end) - BigInt(start) + 1n
  return { start, end, width: (whole + BigInt(buckets) - 1n) / BigInt(buckets) }
}

/** Which bucket an x is in. */
function bucketOf({ start, end, width }: Grid): (x: Int64) => number {
  const step = Number(width)
  if (typeof start === 'number' && typeof end === 'number' && Number.isSafeInteger(end - start))
    return (x) => Math.floor((Number(x) - start) / step)
  return (x) => Number((BigInt(x) - BigInt(start)) / width)
}

/** The same in SQL, for an x within the grid. */
function bucketInSql({ start, end, width }: Grid, x: Sql): Sql {
  const fits = BigInt(end) - BigInt(start) < 2n ** 63n
  return fits
    ? sql`(${x} - ${start}::bigint) / ${width}::bigint`
    : sql`div(${x}::numeric - ${start}::numeric, ${width}::numeric)::bigint`
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
function* pointsOf(xs: readonly string[], vals: readonly string[]): Generator<Stretch> {
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
 * Buckets of many curves. A chunk that lies in one bucket is known by its summary, and so is one that is short against the
 * buckets; those that reach over an edge otherwise are opened. So no extreme is lost however far one looks from.
 */
export async function bucketSeries(db: Db, { run_ids, keys, x, start, end, buckets }: BucketSeries) {
  const series = await askedSeries(db, run_ids, keys, x)
  if (series.length === 0) return { series: [] }
  const from = start ?? least(series.map(({ min_x }) => min_x))
  const to = end ?? most(series.map(({ max_x }) => max_x))
  const curves = new Map(series.map(({ series_id }) => [series_id, new Curve()]))
  if (from > to) return { start: from, end: to, series: [] }
  const grid = gridOf(from, to, buckets)

  const opened: ChunksRow[] = []
  for (const chunks of await chunksByBucket(db, [...curves.keys()], x, grid))
    if (chunks.bucket === null) opened.push(chunks)
    else curves.get(chunks.series_id)?.add(Number(chunks.bucket), stretchOf(chunks))
  const placed = bucketOf(grid)
  for (const { series_id, xs, vals } of await openedPoints(db, [...curves.keys()], opened, x)) {
    const curve = curves.get(series_id)
    for (const point of pointsOf(xs, vals))
      if (point.from >= from && point.from <= to) curve?.add(placed(point.from), point)
  }

  const found = series.flatMap(({ series_id, run_id, key }) => {
    const curve = curves.get(series_id)
    return curve && curve.buckets.size > 0 ? [curve.print(run_id, key)] : []
  })
  return { start: from, end: to, series: found }
}

const stretchOf = ({ from, to, count, nan_count, min_value, max_value, sum_value }: ChunksRow): Stretch => ({
  from,
  to,
  count: Number(count),
  nan_count: Number(nan_count),
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

/**
 * The chunks of these series within the grid: those of one bucket as one row, those to be opened each as their own. One that
 * reaches over an edge counts whole for the bucket that its middle is in, where it is shorter than half a bucket and no other
 * point lies within its range: what a bucket then says of its own range is still exact, and opening hundreds of chunks would cost
 * more than reading the summaries of ten thousand.
 */
function chunksByBucket(db: Db, series: readonly Int64[], x: BucketSeries['x'], grid: Grid) {
  const { start, end, width } = grid
  const [low, high, xs] =
    x === 'step'
      ? [sql`min_step`, sql`max_step`, sql`steps`]
      : [sql`min_timestamp`, sql`max_timestamp`, sql`timestamps`]
  const bucket = (of: Sql) => bucketInSql(grid, of)
  return rows<ChunksRow>(
    db,
    sql`
    with tails as (
      select series_id, min(at) as low, max(at) as high from points cross join lateral unnest(${xs}) as at
      where series_id = any(${series}::bigint[]) group by series_id),
    within as (
      select c.series_id, digest, count, nan_count, ${low} as low, ${high} as high, min_value, max_value, sum_value,
             coalesce(max(${high}) over (before rows between unbounded preceding and 1 preceding) < ${low}, true)
               and coalesce(lead(${low}) over before > ${high}, true)
               and (tails.low is null or tails.low > ${high} or tails.high < ${low}) as is_alone
      from chunks c left join tails using (series_id)
      where series_id = any(${series}::bigint[]) and ${high} >= ${start}::bigint and ${low} <= ${end}::bigint
      window before as (partition by c.series_id order by ${low}, ${high})),
    placed as (
      select *, case
          when low < ${start}::bigint or high > ${end}::bigint then null
          when ${bucket(sql`low`)} = ${bucket(sql`high`)} then ${bucket(sql`low`)}
          when is_alone and high::numeric - low < ${width / 2n}::numeric then ${bucket(sql`low + (high - low) / 2`)}
        end as bucket
      from within)
    select series_id, bucket, case when bucket is null then digest end as digest,
           sum(count)::bigint as count, sum(nan_count)::bigint as nan_count, min(low) as from, max(high) as to,
           min(min_value) as min_value, max(max_value) as max_value, sum(sum_value) as sum_value
    from placed group by 1, 2, 3`,
  )
}

/** What is drawn of the points of the opened chunks, and of every tail. */
async function openedPoints(db: Db, series: readonly Int64[], chunks: readonly ChunksRow[], x: BucketSeries['x']) {
  const xs = x === 'step' ? sql`steps` : sql`timestamps`
  const found = await db.texts(sql`
    select series_id, ${xs}, vals from points where series_id = any(${series}::bigint[])
    union all
    select c.series_id, c.${xs}, c.vals
    from unnest(${chunks.map((c) => c.series_id)}::bigint[], ${chunks.map((c) => c.digest)}::uuid[]) as asked (series_id, digest)
    join chunks c using (series_id, digest)`)
  return found.map(([series_id, at, vals]) => ({
    series_id: int64(series_id ?? '0'),
    xs: items(at),
    vals: items(vals),
  }))
}
