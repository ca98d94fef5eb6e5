import { useMemo, useRef, useState } from 'react'
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceDot,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts'
import { formatNumber } from '../lib/format.ts'
import type { Range } from './chart-scale.ts'
import { logTicksOf, spread, tickFormat, ticksOf } from './chart-scale.ts'
import c from './series-chart.module.css'

type ChartPoint = { x: number; mean: number; low: number; high: number }
type ChartLine = {
  id: string
  name: string
  color: string
  points: readonly ChartPoint[]
  /** where the curve is not a number or infinite: a hollow triangle at the top edge */
  broken: readonly { x: number; what: string }[]
}

type SeriesChartProps = {
  lines: readonly ChartLine[]
  range: Range
  log: boolean
  /** one sentence that says what the picture shows */
  summary: string
  /** how the tooltip says x; the axis says steps by its ticks */
  formatX: (x: number) => string
  time: boolean
  onZoom: (range: Range) => void
}

const HEIGHT = 180
const FEW = 60

/** A point of every line by x, as recharts wants them: `mean:0`, `band:0`. */
type Row = { x: number } & Record<string, number | [number, number] | undefined>

function rowsOf(lines: readonly ChartLine[], log: boolean): Row[] {
  const rows = new Map<number, Row>()
  lines.forEach((line, i) => {
    for (const { x, mean, low, high } of line.points) {
      if (log && low <= 0) continue
      const row = rows.get(x) ?? { x }
      row[`mean:${i}`] = mean
      row[`band:${i}`] = [low, high]
      rows.set(x, row)
    }
  })
  return [...rows.values()].sort((a, b) => a.x - b.x)
}

/** Mean lines over min–max bands. Dragging over it, or + and −, asks for a smaller range. */
export function SeriesChart({ lines, range, log, summary, formatX, time, onZoom }: SeriesChartProps) {
  const rows = useMemo(() => rowsOf(lines, log), [lines, log])
  const extent = useMemo(
    () =>
      spread(
        lines.flatMap((line) => line.points.flatMap(({ low, high }) => [low, high])),
        log,
      ) ?? { start: 0, end: 1 },
    [lines, log],
  )
  const yTicks = log ? logTicksOf(extent.start, extent.end) : ticksOf(extent.start, extent.end)
  const xTicks = ticksOf(range.start, range.end, 5)
  const formatY = tickFormat(yTicks)
  const drag = useDrag(onZoom)
  const axis = { tick: { fontSize: 11, fill: 'var(--axis)' }, tickLine: false } as const
  return (
    <div className={c.chart} role="img" aria-label={summary}>
      <ResponsiveContainer width="100%" height={HEIGHT}>
        <ComposedChart
          data={rows}
          margin={{ top: 10, right: 10, bottom: 0, left: 0 }}
          accessibilityLayer={false}
          {...drag.handlers}
        >
          <CartesianGrid vertical={false} stroke="var(--grid)" syncWithTicks />
          <XAxis
            {...axis}
            dataKey="x"
            type="number"
            domain={[range.start, range.end]}
            ticks={xTicks}
            tickFormatter={time ? formatX : tickFormat(xTicks)}
            axisLine={{ stroke: 'var(--zero)' }}
            allowDataOverflow
            height={20}
            minTickGap={12}
          />
          <YAxis
            {...axis}
            type="number"
            scale={log ? 'log' : 'linear'}
            domain={[extent.start, extent.end]}
            ticks={yTicks}
            tickFormatter={formatY}
            axisLine={false}
            allowDataOverflow
            width={Math.max(36, 12 + 6.4 * Math.max(...yTicks.map((tick) => formatY(tick).length)))}
          />
          {lines.map((line, i) => (
            <Area
              key={`band ${line.id}`}
              dataKey={`band:${i}`}
              className={c.band ?? ''}
              stroke="none"
              fill={line.color}
              type="linear"
              isAnimationActive={false}
              activeDot={false}
              connectNulls
            />
          ))}
          {lines.map((line, i) => (
            <Line
              key={line.id}
              dataKey={`mean:${i}`}
              stroke={line.color}
              strokeWidth={1.6}
              type="linear"
              dot={line.points.length < FEW ? { r: 2, fill: line.color, strokeWidth: 0 } : false}
              activeDot={{ r: 3.2, stroke: 'var(--ground, var(--bg))', strokeWidth: 1.5, fill: line.color }}
              isAnimationActive={false}
              connectNulls
            />
          ))}
          {lines.flatMap((line) =>
            line.broken.map(({ x, what }) => (
              <ReferenceDot
                key={`${line.id} ${x}`}
                x={x}
                y={extent.end}
                ifOverflow="visible"
                shape={(dot: { cx?: number; cy?: number }) => (
                  <Triangle {...dot} color={line.color} title={`${line.name}: ${what}`} />
                )}
              />
            )),
          )}
          {drag.area && (
            <ReferenceArea
              x1={drag.area.start}
              x2={drag.area.end}
              fill="var(--accent)"
              fillOpacity={0.12}
              stroke="var(--accent)"
            />
          )}
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: 'var(--cursor)' }}
            content={({ active, label }) =>
              active && typeof label === 'number' ? (
                <Reading lines={lines} x={label} formatX={formatX} row={rows.find((row) => row.x === label)} />
              ) : null
            }
          />
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  )
}

function Triangle({ cx = 0, cy = 0, color, title }: { cx?: number; cy?: number; color: string; title: string }) {
  return (
    <path d={`M${cx - 4.5} ${cy - 5}h9l-4.5 7.5z`} fill="var(--ground, var(--bg))" stroke={color} strokeWidth={1.6}>
      <title>{title}</title>
    </path>
  )
}

type ReadingProps = { lines: readonly ChartLine[]; x: number; formatX: (x: number) => string; row: Row | undefined }

/** The tooltip: x on top, then each line's mean and range. */
function Reading({ lines, x, formatX, row }: ReadingProps) {
  return (
    <div className={c.reading}>
      <span className="t3">{formatX(x)}</span>
      {lines.map((line, i) => {
        const mean = row?.[`mean:${i}`]
        const band = row?.[`band:${i}`]
        if (typeof mean !== 'number') return null
        return (
          <div key={line.id}>
            <span className={c.key} style={{ background: line.color }} />
            {line.name}
            <b>{formatNumber(mean, 5)}</b>
            {Array.isArray(band) && band[0] !== band[1] && (
              <span className="t3">{`${formatNumber(band[0], 4)} to ${formatNumber(band[1], 4)}`}</span>
            )}
          </div>
        )
      })}
    </div>
  )
}

/** What recharts says of the pointer, as far as it is used here. */
type Pointer = { activeLabel?: string | number | undefined }

function useDrag(onZoom: (range: Range) => void) {
  const from = useRef<number | undefined>(undefined)
  const [area, setArea] = useState<Range>()
  const xOf = ({ activeLabel }: Pointer) => (activeLabel === undefined ? undefined : Number(activeLabel))
  const end = () => {
    if (area && area.end > area.start) onZoom(area)
    from.current = undefined
    setArea(undefined)
  }
  return {
    area,
    handlers: {
      onMouseDown: (pointer: Pointer) => {
        from.current = xOf(pointer)
      },
      onMouseMove: (pointer: Pointer) => {
        const x = xOf(pointer)
        const start = from.current
        if (start !== undefined && x !== undefined) setArea({ start: Math.min(start, x), end: Math.max(start, x) })
      },
      onMouseUp: end,
      onMouseLeave: end,
    },
  }
}
