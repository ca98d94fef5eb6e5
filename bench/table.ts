import type { Figure } from './figures.ts'
import { NOT_SERVED } from './figures.ts'
import type { Work } from './work.ts'

export type Column = { name: string; figures: Record<string, Figure> }

export type Row = Pick<Work, 'name' | 'title' | 'unit' | 'better' | 'required'>

/** A markdown table: each server's median, p99 and errors; how many times better the first one is than each of the others. */
export function printTable(rows: Row[], columns: Column[]): string {
  const [first, ...others] = columns
  const head = [
    'work',
    ...columns.map((column) => `${column.name}: median`),
    ...columns.map((column) => `${column.name}: p99`),
    'errors',
    ...others.map((other) => `× ${other.name}`),
  ]
  const lines = rows.map((row) => {
    const found = columns.map((column) => column.figures[row.name])
    return [
      row.title,
      ...found.map((figure) => printMedian(figure, row.unit)),
      ...found.map((figure) => (figure?.p99_ms === undefined ? '–' : `${printNumber(figure.p99_ms)} ms`)),
      found.map((figure) => String(figure?.errors ?? '–')).join(' / '),
      ...others.map((other) => printRatio(row, other.name, first?.figures[row.name], other.figures[row.name])),
    ]
  })
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** The rows in which the first server is not as much better than another one as it must be. */
export function missesOf(rows: Row[], [first, ...others]: Column[]): string[] {
  return others.flatMap(({ name, figures }) =>
    rows
      .filter((row) => {
        const required = requiredOf(row, name)
        return required !== undefined && !((ratioOf(row, first?.figures[row.name], figures[row.name]) ?? 0) >= required)
      })
      .map((row) => `${row.name} (${name})`),
  )
}

const requiredOf = ({ required }: Row, name: string) =>
  Object.entries(required ?? {}).find(([server]) => server === name)?.[1]

/** How many times better the first is than the second, whichever way better goes. */
export function ratioOf(row: Pick<Work, 'better'>, one?: Figure, other?: Figure): number | undefined {
  if (!one || !other || one.failed || other.failed) return undefined
  return row.better === 'more' ? one.median / other.median : other.median / one.median
}

/** `26 × of 90: **miss**` */
function printRatio(row: Row, name: string, one?: Figure, other?: Figure): string {
  const ratio = ratioOf(row, one, other)
  const required = requiredOf(row, name)
  const shown = ratio === undefined ? '–' : `${printNumber(ratio)} ×`
  if (required === undefined) return shown
  if (ratio === undefined) return `no figure, of ${required} ×`
  return `${shown} of ${required}: ${ratio >= required ? 'pass' : '**miss**'}`
}

function printMedian(figure: Figure | undefined, unit: string): string {
  if (!figure) return '–'
  if (figure.failed) return figure.failed === NOT_SERVED ? '–' : 'failed'
  return `${printNumber(figure.median)} ${unit}`
}

export function printNumber(value: number): string {
  if (!Number.isFinite(value)) return '–'
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(value >= 10 ? 3 : 2)
}

/** What failed and why, and the first refused request of each work. */
export function printComplaints(columns: Column[]): string {
  const lines = columns.flatMap((column) =>
    Object.entries(column.figures).flatMap(([name, figure]) => {
      const why = figure.failed ?? figure.first_error
      return why && why !== NOT_SERVED ? [`- ${column.name}, ${name}: ${why}`] : []
    }),
  )
  return lines.length ? `\n${lines.join('\n')}\n` : ''
}
