import { Link } from 'react-router'
import { columnFormat, formatDuration } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import { RunDot, Time, Value } from '../../ui/marks.tsx'
import { Status } from '../../ui/status.tsx'
import c from './cells.module.css'
import type { Column } from './columns.ts'
import type { Heat } from './direction.ts'
import { betterDirection, heatOf } from './direction.ts'
import type { RunRow } from './runs.ts'
import { labelOf } from './runs.ts'

/** A column of the table: how its head reads, how wide it is, what stands in a cell. */
export type TableColumn = {
  id: string
  group: 'Metrics, last value' | 'Params' | 'Tags' | 'Run' | ''
  label: string
  /** what the server is asked to sort by; undefined: cannot be sorted */
  sort: string | undefined
  numeric: boolean
  width: number
  better?: 'higher' | 'lower' | undefined
  shade?: (row: RunRow) => number
  cell: (row: RunRow) => React.ReactNode
}

const GROUPS = { metrics: 'Metrics, last value', params: 'Params', tags: 'Tags' } as const

// Inter at 13 px is 7 px a character on average, at 12 px 6.6
const widthOf = (label: string, texts: readonly string[], extra = 0) =>
  Math.round(
    Math.min(220, Math.max(64, label.length * 6.8 + 34 + extra, ...texts.map((text) => text.length * 7.3 + 20))),
  )

export function attributeColumns(rows: readonly RunRow[]): TableColumn[] {
  const users = rows.map((row) => row.run.info.user_id)
  return [
    {
      id: 'attributes.status',
      group: '',
      label: 'Status',
      sort: 'attributes.status',
      numeric: false,
      width: 104,
      cell: (row) => <Status status={row.run.info.status} />,
    },
    {
      id: 'attributes.start_time',
      group: 'Run',
      label: 'Started',
      sort: 'attributes.start_time',
      numeric: false,
      width: 116,
      cell: (row) => (
        <span className="t2">
          <Time ms={row.run.info.start_time} />
        </span>
      ),
    },
    {
      id: 'took',
      group: 'Run',
      label: 'Took',
      sort: undefined,
      numeric: true,
      width: 84,
      cell: (row) => <span className="t2">{tookOf(row)}</span>,
    },
    {
      id: 'attributes.user_id',
      group: 'Run',
      label: 'By',
      sort: 'attributes.user_id',
      numeric: false,
      width: widthOf('By', users),
      cell: (row) => <span className="t2 ell">{row.run.info.user_id || '–'}</span>,
    },
  ]
}

function tookOf({ run: { info } }: RunRow): string {
  return info.end_time === undefined || Number(info.end_time) === 0
    ? '–'
    : formatDuration(Number(info.end_time) - Number(info.start_time))
}

function metricColumn(column: Column, rows: readonly RunRow[]): TableColumn {
  const values = rows.flatMap((row) => row.metrics.get(column.key) ?? [])
  const format = columnFormat(values)
  const heat = heatOf(rows, column.key)
  const better = betterDirection(column.key)
  return {
    ...common(column),
    better,
    width: widthOf(
      column.key,
      values.map((value) => `${heat ? '◆ ' : ''}${format(value)}`),
      better ? 14 : 0,
    ),
    ...(heat ? { shade: (row) => shadeOf(heat, row.metrics.get(column.key)) } : {}),
    cell: (row) => <MetricCell value={row.metrics.get(column.key)} format={format} heat={heat} />,
  }
}

const shadeOf = (heat: Heat, value: number | undefined) =>
  value === undefined || !Number.isFinite(value) ? 1 : heat.shade(value)

function MetricCell({
  value,
  format,
  heat,
}: {
  value: number | undefined
  format: (value: number) => string
  heat: Heat | undefined
}) {
  if (heat === undefined || value !== heat.best) return <Value value={value} format={format} />
  return (
    <span className={c.best} title={`${value}, the best of the runs shown`}>
      <span aria-hidden>◆ </span>
      {format(value)}
      <span className="vh">, best</span>
    </span>
  )
}

function textColumn(column: Column, rows: readonly RunRow[], values: 'params' | 'tags'): TableColumn {
  return {
    ...common(column),
    width: widthOf(
      column.key,
      rows.map((row) => row[values].get(column.key) ?? ''),
    ),
    cell: (row) => {
      const value = row[values].get(column.key)
      if (value === undefined) return <span className="t3">–</span>
      return value === '' ? <span className={c.empty}>empty</span> : <span title={value}>{value}</span>
    },
  }
}

const common = (column: Column) => ({
  id: column.id,
  group: GROUPS[column.kind],
  label: column.key,
  sort: column.id,
  numeric: column.numeric,
})

export const toTableColumn = (column: Column, rows: readonly RunRow[]): TableColumn =>
  column.kind === 'metrics' ? metricColumn(column, rows) : textColumn(column, rows, column.kind)

/** A run where it is one of several: among equal names, with the beginning of its id. */
export function RunName({ row }: { row: RunRow }) {
  const { id, name, shortId, color } = row
  return (
    <span className={c.name}>
      <RunDot color={color} />
      <Link className="plain ell" to={paths.run(id)} title={name} aria-label={labelOf(row)}>
        {name}
      </Link>
      {shortId && (
        <span className={`mono t3 ${c.id}`} title={`Run ${id}`} aria-hidden>
          {shortId}
        </span>
      )}
    </span>
  )
}
