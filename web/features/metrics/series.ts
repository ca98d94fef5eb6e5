import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { BucketedSeries, Int64, Metric } from '#contract'
import { bucketSeries, getMetricHistoryBulkInterval } from '#contract'
import { ask } from '../../lib/api.ts'
import { isThere } from '../../lib/server.ts'

export type Range = { start: number; end: number } | undefined
export type XAxis = 'step' | 'timestamp'

type Series = {
  start?: Int64 | undefined
  end?: Int64 | undefined
  series: BucketedSeries[]
  /** the server has no buckets: these are single points of many */
  sampled?: boolean
}

type Wanted = { runIds: readonly string[]; keys: readonly string[]; x: XAxis; range: Range; buckets: number }

/**
 * Min, max and mean a bucket of some metrics of a run; a range asks for the same number of buckets within it. A server
 * without buckets is asked for a sample, one metric at a time; several metrics are null there.
 */
export const seriesQuery = (
  runIds: readonly string[],
  keys: readonly string[],
  x: XAxis,
  range: Range,
  buckets: number,
) =>
  queryOptions({
    queryKey: ['series', runIds, keys, x, range, buckets],
    queryFn: async ({ signal }): Promise<Series | null> => {
      const wanted = { runIds, keys, x, range, buckets }
      if (await isThere(bucketSeries)) return askForBuckets(wanted, signal)
      return keys.length === 1 ? askForSample(wanted, signal) : null
    },
    placeholderData: keepPreviousData,
    enabled: keys.length > 0,
  })

const askForBuckets = ({ runIds, keys, x, range, buckets }: Wanted, signal: AbortSignal): Promise<Series> =>
  ask(
    bucketSeries,
    {
      run_ids: [...runIds],
      keys: [...keys],
      x,
      buckets,
      ...(range ? { start: Math.floor(range.start), end: Math.ceil(range.end) } : {}),
    },
    signal,
  )

/** By MLflow's own route, which takes a range of steps but none of times. */
async function askForSample({ runIds, keys, x, range, buckets }: Wanted, signal: AbortSignal): Promise<Series> {
  const [key = ''] = keys
  const steps = range && x === 'step' ? { start_step: Math.floor(range.start), end_step: Math.ceil(range.end) } : {}
  const input = { run_ids: [...runIds], metric_key: key, max_results: buckets, ...steps }
  const { metrics } = await ask(getMetricHistoryBulkInterval, input, signal)
  const shown = metrics
    .filter((point) => !range || (point[x] >= range.start && point[x] <= range.end))
    .sort((a, b) => Number(a[x]) - Number(b[x]))
  return {
    start: range?.start ?? shown[0]?.[x],
    end: range?.end ?? shown.at(-1)?.[x],
    series: runIds.flatMap((id) =>
      asSeries(
        id,
        key,
        x,
        shown.filter(({ run_id }) => run_id === id),
      ),
    ),
    sampled: metrics.length >= buckets,
  }
}

/** Each point a bucket of its own. */
function asSeries(run_id: string, key: string, x: XAxis, points: readonly Metric[]): BucketedSeries[] {
  if (points.length === 0) return []
  const places = points.map((point) => point[x])
  const values = points.map(({ value }) => (Math.abs(value) >= Number.MAX_VALUE ? Math.sign(value) * Infinity : value))
  const nan_counts = values.map((value) => (Number.isNaN(value) ? 1 : 0))
  return [
    {
      run_id,
      key,
      count: points.length,
      nan_count: nan_counts.filter(Boolean).length,
      from: places,
      to: places,
      counts: points.map(() => 1),
      nan_counts,
      min: values,
      max: values,
      mean: values,
    },
  ]
}

/** One bucket as a chart draws it. `x` is the point itself where the bucket has one, else its middle. */
export type Bucket = {
  x: number
  from: Int64
  to: Int64
  min: number
  max: number
  mean: number
  count: number
  nan: number
}

export function bucketsOf(series: BucketedSeries): Bucket[] {
  return series.from.map((from, i) => {
    const to = series.to[i] ?? from
    return {
      x: (Number(from) + Number(to)) / 2,
      from,
      to,
      min: series.min[i] ?? Number.NaN,
      max: series.max[i] ?? Number.NaN,
      mean: series.mean[i] ?? Number.NaN,
      count: series.counts[i] ?? 0,
      nan: series.nan_counts[i] ?? 0,
    }
  })
}

export const isFinitePoint = (bucket: Bucket): boolean => Number.isFinite(bucket.min) && Number.isFinite(bucket.max)

/** `val/loss` → `val`; MLflow's own system metrics are a section of their own, last. */
export function sectionsOf(keys: readonly string[]): { name: string; keys: string[] }[] {
  const sections = new Map<string, string[]>()
  for (const key of [...keys].sort((a, b) => a.localeCompare(b))) {
    const cut = key.lastIndexOf('/')
    const name = cut > 0 ? key.slice(0, cut) : 'Metrics'
    sections.set(name, [...(sections.get(name) ?? []), key])
  }
  const isSystem = (name: string) => name === 'system' || name.startsWith('system/')
  return [...sections]
    .map(([name, keys]) => ({ name, keys }))
    .sort(
      (a, b) =>
        Number(isSystem(a.name)) - Number(isSystem(b.name)) ||
        Number(b.name === 'Metrics') - Number(a.name === 'Metrics'),
    )
}
