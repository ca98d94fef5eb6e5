import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useId, useMemo, useState } from 'react'
import { formatCount, formatNumber, formatTime, plural } from '../../lib/format.ts'
import type { Range as Shown } from '../../ui/chart-scale.ts'
import { zoomed } from '../../ui/chart-scale.ts'
import { scrollsByKey } from '../../ui/focusable.ts'
import { Value } from '../../ui/marks.tsx'
import { useSeen } from '../../ui/use-seen.ts'
import c from './metric-card.module.css'
import type { Bucket, Range, XAxis } from './series.ts'
import { bucketsOf, isFinitePoint, seriesQuery } from './series.ts'

// recharts is larger than the rest of the page: it comes by itself
const SeriesChart = lazy(() => import('../../ui/series-chart.tsx').then((module) => ({ default: module.SeriesChart })))

const BUCKETS = 320

export type ChartSettings = { x: XAxis; log: boolean; range: Range }

type MetricCardProps = {
  runId: string
  runName: string
  color: string
  metric: string
  settings: ChartSettings
  onZoom: (range: Range) => void
  live: boolean
}

/** One metric of a run: mean over buckets, and the band of their lowest and highest. Nothing is asked before it is near the screen. */
export function MetricCard(props: MetricCardProps) {
  const { runId, runName, color, metric, settings, onZoom, live } = props
  const { x, log, range } = settings
  const [ref, seen] = useSeen<HTMLElement>()
  const [asTable, setAsTable] = useState(false)
  const heading = useId()
  const series = useQuery({
    ...seriesQuery([runId], [metric], x, range, BUCKETS),
    enabled: seen,
    refetchInterval: live && seen ? 10_000 : false,
  })
  const answer = series.data
  const one = answer?.series[0]
  const buckets = useMemo(() => (one ? bucketsOf(one) : []), [one])
  const lines = useMemo(
    () => [{ id: runId, name: runName, color, ...split(buckets) }],
    [runId, runName, color, buckets],
  )
  const shown: Shown = range ?? { start: Number(answer?.start ?? 0), end: Number(answer?.end ?? 1) }
  const formatX = useFormatX(x, shown)
  const grouped = one !== undefined && one.count > buckets.length
  const refused = log ? buckets.filter(({ min }) => min <= 0).length : 0

  const zoomByKey = (key: string) => {
    if (key === '+' || key === '=') onZoom(zoomed(shown, shown, 0.5))
    if (key === '-') onZoom(range && zoomed(shown, { start: -Infinity, end: Infinity }, 2))
    if (key === '0') onZoom(undefined)
  }
  return (
    <figure
      ref={ref}
      className={c.card}
      aria-labelledby={heading}
      {...scrollsByKey}
      onKeyDown={(event) => {
        if (event.target === event.currentTarget) zoomByKey(event.key)
      }}
    >
      <figcaption>
        <h3 id={heading}>{metric}</h3>
        <span className="t3 s12 ell">{`by ${x === 'step' ? 'step' : 'time'}${log ? ', log' : ''}${grouped ? ', mean and range' : ''}`}</span>
      </figcaption>
      <div className={c.plot} data-stale={series.isPlaceholderData || undefined}>
        {series.isError && (
          <p role="alert" className={c.message}>
            {`The points could not be read: ${series.error.message} `}
            <Button size="xs" onClick={() => void series.refetch()}>
              Try again
            </Button>
          </p>
        )}
        {series.isSuccess && buckets.length === 0 && <p className={c.message}>No points in this range</p>}
        {one?.count === 1 && buckets[0] && (
          <p className={c.single}>
            <b>
              <Value value={buckets[0].nan > 0 ? Number.NaN : buckets[0].mean} />
            </b>
            <span className="t3">{`one point, at ${formatX(buckets[0].x)}`}</span>
          </p>
        )}
        {one &&
          one.count > 1 &&
          (asTable ? (
            <BucketTable buckets={buckets} x={x} formatX={formatX} metric={metric} />
          ) : (
            <Suspense fallback={null}>
              <SeriesChart
                lines={lines}
                range={shown}
                log={log}
                summary={summarise(metric, buckets, formatX)}
                formatX={formatX}
                time={x === 'timestamp'}
                onZoom={onZoom}
              />
            </Suspense>
          ))}
      </div>
      <div className={c.foot}>
        {one && (
          <span>
            {`${plural(one.count, 'point')}${grouped ? `, lowest and highest of ${formatCount(buckets.length)} groups kept` : ''}${answer?.sampled ? ', a sample' : ''}`}
            {one.nan_count > 0 && <span className={c.warning}>{` · ${formatCount(one.nan_count)} not a number`}</span>}
            {refused > 0 && <span className={c.warning}>{` · ${formatCount(refused)} not above zero, not drawn`}</span>}
          </span>
        )}
        {one && one.count > 1 && (
          <button type="button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'Show as chart' : 'Show as table'}
          </button>
        )}
      </div>
    </figure>
  )
}

/** What can be drawn, and where it cannot. */
function split(buckets: readonly Bucket[]) {
  const points = buckets.filter(isFinitePoint).map(({ x, mean, min, max }) => ({ x, mean, low: min, high: max }))
  const firstNaN = buckets.find(({ nan }) => nan > 0)
  const firstInfinite = buckets.find(({ min, max }) => Math.abs(min) === Infinity || Math.abs(max) === Infinity)
  const broken = [
    ...(firstNaN ? [{ x: firstNaN.x, what: `NaN from ${formatCount(firstNaN.from)}` }] : []),
    ...(firstInfinite ? [{ x: firstInfinite.x, what: `∞ from ${formatCount(firstInfinite.from)}` }] : []),
  ]
  return { points, broken }
}

const seconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

function useFormatX(x: XAxis, { start, end }: Shown): (value: number) => string {
  return useMemo(() => {
    if (x === 'step') return (step) => formatCount(Math.round(step))
    return end - start < 3_600_000 ? (ms) => seconds.format(ms) : (ms) => formatTime(ms)
  }, [x, start, end])
}

function summarise(metric: string, buckets: readonly Bucket[], formatX: (x: number) => string): string {
  const drawn = buckets.filter(isFinitePoint)
  const [first] = drawn
  const last = drawn.at(-1)
  if (!first || !last) return `${metric}: no number to draw`
  const low = Math.min(...drawn.map(({ min }) => min))
  const high = Math.max(...drawn.map(({ max }) => max))
  return `${metric} goes from ${formatNumber(first.mean, 4)} at ${formatX(first.x)} to ${formatNumber(last.mean, 4)} at ${formatX(last.x)}; lowest ${formatNumber(low, 4)}, highest ${formatNumber(high, 4)}`
}

type BucketTableProps = { buckets: readonly Bucket[]; x: XAxis; formatX: (x: number) => string; metric: string }

function BucketTable({ buckets, x, formatX, metric }: BucketTableProps) {
  const place = ({ from, to }: Bucket) => {
    if (x === 'timestamp') return formatX(Number(from))
    return from === to ? formatCount(from) : `${formatCount(from)} to ${formatCount(to)}`
  }
  return (
    <section className={c.table} aria-label={`${metric} as a table`} {...scrollsByKey}>
      <table>
        <thead>
          <tr>
            <th scope="col">{x === 'step' ? 'Step' : 'Time'}</th>
            <th scope="col">Mean</th>
            <th scope="col">Lowest</th>
            <th scope="col">Highest</th>
            <th scope="col">Points</th>
          </tr>
        </thead>
        <tbody>
          {buckets.map((bucket) => (
            <tr key={String(bucket.from)}>
              <th scope="row">{place(bucket)}</th>
              <td>
                <Value value={bucket.mean} />
              </td>
              <td>
                <Value value={bucket.min} />
              </td>
              <td>
                <Value value={bucket.max} />
              </td>
              <td>{formatCount(bucket.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
