import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { BucketedSeries, Int64 } from '#contract'
import { bucketSeries } from '#contract'
import { ask } from '../../lib/api.ts'

export type Range = { start: number; end: number } | undefined
export type XAxis = 'step' | 'timestamp'

/** Min, max and mean a bucket of some metrics of a run; a range asks for the same number of buckets within it. */
export const seriesQuery = (
  runIds: readonly string[],
  keys: readonly string[],
  x: XAxis,
  range: Range,
  buckets: number,
) =>
  queryOptions({
    queryKey: ['series', runIds, keys, x, range, buckets],
    queryFn: ({ signal }) =>
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
      ),
    placeholderData: keepPreviousData,
    enabled: keys.length > 0,
  })

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
