import { betterDirection } from './direction.ts'
import type { RunRow } from './runs.ts'

type Kind = 'metrics' | 'params' | 'tags'
export type Column = {
  /** `metrics.loss` */
  id: string
  kind: Kind
  key: string
  /** numbers stand at the right */
  numeric: boolean
  /** how many of the rows have a value */
  filled: number
  differs: boolean
}

/** One value for all rows, to be said once above the table. */
export type SameValue = { id: string; key: string; value: string }

const KINDS: readonly Kind[] = ['metrics', 'params', 'tags']

/** Of its own accord the table shows so many columns of a kind; the picker has the rest. */
const AT_FIRST: Record<Kind, number> = { metrics: 10, params: 10, tags: 0 }

const isReserved = (kind: Kind, key: string) =>
  (kind === 'tags' && key.startsWith('mlflow.')) || key.startsWith('system/')

/** Metrics that say by their name what is better are what people compare. */
const judged = ({ kind, key }: { kind: Kind; key: string }) =>
  Number(kind === 'metrics' && betterDirection(key) !== undefined)

/** Every column the rows have, those that differ first, then what is compared, then the fuller ones, then by name. */
export function columnsOf(rows: readonly RunRow[]): Column[] {
  return KINDS.flatMap((kind) => {
    const seen = new Map<string, { values: Set<string | number>; filled: number; numeric: boolean }>()
    for (const row of rows)
      for (const [key, value] of row[kind]) {
        const column = seen.get(key) ?? { values: new Set(), filled: 0, numeric: true }
        column.filled += 1
        column.numeric &&= value !== '' && !Number.isNaN(Number(value === 'NaN' ? 0 : value))
        // two values are enough to know that they differ
        if (column.values.size < 2) column.values.add(value)
        seen.set(key, column)
      }
    return [...seen]
      .map(([key, { values, filled, numeric }]) => ({
        id: `${kind}.${key}`,
        kind,
        key,
        numeric: kind === 'metrics' || numeric,
        filled,
        // empty is not equal
        differs: values.size > 1 || filled < rows.length,
      }))
      .sort(
        (a, b) =>
          Number(b.differs) - Number(a.differs) ||
          judged(b) - judged(a) ||
          b.filled - a.filled ||
          a.key.localeCompare(b.key),
      )
  })
}

/** The columns to show. With few rows nothing "differs" usefully, so a single run shows what it has. */
export function shownColumns(
  all: readonly Column[],
  view: { columns: readonly string[] | undefined; showEqual: boolean },
  rowCount: number,
): Column[] {
  if (view.columns) {
    const byId = new Map(all.map((column) => [column.id, column]))
    return view.columns.flatMap((id) => byId.get(id) ?? absentColumn(id))
  }
  const wanted = (column: Column) =>
    !isReserved(column.kind, column.key) && (column.differs || view.showEqual || rowCount < 2)
  return KINDS.flatMap((kind) =>
    all.filter((column) => column.kind === kind && wanted(column)).slice(0, AT_FIRST[kind]),
  )
}

/** A column of the address that no loaded run has: kept, and empty. */
function absentColumn(id: string): Column[] {
  const cut = id.indexOf('.')
  const kind = KINDS.find((known) => known === id.slice(0, cut))
  return kind ? [{ id, kind, key: id.slice(cut + 1), numeric: kind === 'metrics', filled: 0, differs: true }] : []
}

/** Params and metrics with one value over all rows. */
export function sameValues(all: readonly Column[], rows: readonly RunRow[]): SameValue[] {
  const [first] = rows
  if (!first || rows.length < 2) return []
  return all
    .filter((column) => !column.differs && column.kind !== 'tags' && !isReserved(column.kind, column.key))
    .sort((a, b) => Number(a.kind === 'metrics') - Number(b.kind === 'metrics'))
    .map(({ id, kind, key }) => ({ id, key, value: String(first[kind].get(key)) }))
}
