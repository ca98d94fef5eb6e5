import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'
import type { Metric } from '#contract'
import { formatCount, formatNumber } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import { Value } from '../../ui/marks.tsx'
import { Panel } from '../../ui/panel.tsx'
import { SearchBox } from '../../ui/search-box.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'
import t from '../../ui/table.module.css'
import c from './metrics-panel.module.css'
import type { Bucket } from './series.ts'
import { bucketsOf, seriesQuery } from './series.ts'

const AT_FIRST = 12
const MOST_CURVES = 100

type MetricsPanelProps = { runId: string; metrics: readonly Metric[]; color: string }

/** Latest values of a run's metrics, each with its curve and range. */
export function MetricsPanel({ runId, metrics, color }: MetricsPanelProps) {
  const [words, setWords] = useState('')
  const [all, setAll] = useState(false)
  const sorted = metrics.toSorted((a, b) => a.key.localeCompare(b.key))
  const found = sorted.filter(({ key }) => key.toLowerCase().includes(words.toLowerCase()))
  const shown = found.slice(0, all ? MOST_CURVES : AT_FIRST)
  const keys = sorted.slice(0, MOST_CURVES).map(({ key }) => key)
  const curves = useQuery(seriesQuery([runId], keys, 'step', undefined, 40))
  // where the server has no curves of many metrics, there are only the last values
  const curved = curves.data !== null
  const series = new Map(curves.data?.series.map((one) => [one.key, bucketsOf(one)]))
  return (
    <Panel
      title="Metrics"
      note={formatCount(metrics.length)}
      action={
        metrics.length > 5 && (
          <SearchBox
            size="xs"
            className={c.find}
            label="Find a metric"
            placeholder="Find"
            value={words}
            onChange={setWords}
            delay={0}
          />
        )
      }
    >
      {metrics.length === 0 ? (
        <p className={c.nothing}>None logged</p>
      ) : (
        <table className={`${t.table} ${c.table}`}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              {curved && (
                <th scope="col" className={c.curve}>
                  Curve
                </th>
              )}
              <th scope="col" className={t.num}>
                Last
              </th>
              {curved && (
                <>
                  <th scope="col" className={`${t.num} ${c.extra}`}>
                    Lowest
                  </th>
                  <th scope="col" className={`${t.num} ${c.extra}`}>
                    Highest
                  </th>
                </>
              )}
              <th scope="col" className={t.num}>
                Step
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ key, value, step }) => {
              const buckets = series.get(key)
              return (
                <tr key={key}>
                  <th scope="row" className="ell" title={key}>
                    <Link className="plain" to={paths.runMetrics(runId, { find: key })}>
                      {key}
                    </Link>
                  </th>
                  {curved && (
                    <td className={c.curve}>
                      {buckets && <Sparkline values={buckets.map(({ mean }) => mean)} color={color} />}
                    </td>
                  )}
                  <td className={t.num}>
                    <Value
                      format={short}
                      value={Math.abs(value) >= Number.MAX_VALUE ? Math.sign(value) * Infinity : value}
                    />
                  </td>
                  {curved && <Extremes buckets={buckets} />}
                  <td className={`${t.num} t3`}>{formatCount(step)}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
      {metrics.length > 0 && found.length === 0 && <p className={c.nothing}>None has “{words}” in its name.</p>}
      {found.length > AT_FIRST && (
        <div className={t.foot}>
          {all
            ? `${formatCount(shown.length)} of ${formatCount(found.length)}`
            : `${formatCount(found.length - AT_FIRST)} more`}
          <Button size="xs" variant="subtle" className="end" onClick={() => setAll(!all)}>
            {all ? 'Show fewer' : 'Show all'}
          </Button>
        </div>
      )}
    </Panel>
  )
}

function Extremes({ buckets }: { buckets: readonly Bucket[] | undefined }) {
  const lowest = buckets?.map(({ min }) => min)
  const highest = buckets?.map(({ max }) => max)
  return (
    <>
      <td className={`${t.num} ${c.extra} t2`}>
        <Value format={short} value={lowest && extreme(lowest, Math.min)} />
      </td>
      <td className={`${t.num} ${c.extra} t2`}>
        <Value format={short} value={highest && extreme(highest, Math.max)} />
      </td>
    </>
  )
}

const short = (value: number) => formatNumber(value, 5)

/** Over what is a number; NaN only where nothing is. */
function extreme(values: readonly number[], of: (...values: number[]) => number): number | undefined {
  const numbers = values.filter((value) => !Number.isNaN(value))
  return values.length === 0 ? undefined : numbers.length === 0 ? Number.NaN : of(...numbers)
}
