import type { Figure } from './figures.ts'
import type { Work } from './work.ts'

type Column = { name: string; figures: Record<string, Figure> }

export type Row = Pick<Work, 'name' | 'title' | 'unit' | 'better' | 'required'>

/** A markdown table: each server's median, p99 and errors; with two servers how many times better the first one is. */
export function printTable(rows: Row[], columns: Column[], judged: boolean): string {
  const [first, second] = columns
  const compared = first !== undefined && second !== undefined
  const head = [
    'work',
    ...columns.map((column) => `${column.name}: median`),
    ...columns.map((column) => `${column.name}: p99`),
    'errors',
  ]
  if (compared) head.push('ratio')
  if (judged) head.push('at least', '')
  const lines = rows.map((row) => {
    const found = columns.map((column) => column.figures[row.name])
    const cells = [
      row.title,
      ...found.map((figure) => printMedian(figure, row.unit)),
      ...found.map((figure) => (figure?.p99_ms === undefined ? '–' : `${printNumber(figure.p99_ms)} ms`)),
      found.map((figure) => String(figure?.errors ?? '–')).join(' / '),
    ]
    const ratio = compared ? ratioOf(row, first.figures[row.name], second.figures[row.name]) : undefined
    if (compared) cells.push(ratio === undefined ? '–' : `${printNumber(ratio)} ×`)
    if (judged) cells.push(row.required ? `${row.required} ×` : '–', judge(row.required, ratio))
    return cells
  })
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** How many times better the first is than the second, whichever way better goes. */
export function ratioOf(row: Pick<Work, 'better'>, one?: Figure, other?: Figure): number | undefined {
  if (!one || !other || one.failed || other.failed) return undefined
  return row.better === 'more' ? one.median / other.median : other.median / one.median
}

function judge(required: number | undefined, ratio: number | undefined): string {
  if (required === undefined) return ''
  if (ratio === undefined) return 'no figure'
  return ratio >= required ? 'pass' : '**miss**'
}

function printMedian(figure: Figure | undefined, unit: string): string {
  if (!figure) return '–'
  if (figure.failed) return figure.failed === 'not served' ? '–' : 'failed'
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
      return why && why !== 'not served' ? [`- ${column.name}, ${name}: ${why}`] : []
    }),
  )
  return lines.length ? `\n${lines.join('\n')}\n` : ''
}
