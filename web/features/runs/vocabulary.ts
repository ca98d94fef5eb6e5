import { formatNumber } from '../../lib/format.ts'
import type { Column } from './columns.ts'
import type { Vocabulary } from './completions.ts'
import type { RunRow } from './runs.ts'

const MOST_VALUES = 50

/** What the filter box offers: the keys of the loaded runs with their ranges and values. */
export function vocabularyOf(columns: readonly Column[], rows: readonly RunRow[]): Vocabulary {
  return {
    fields: columns.map(({ kind, key, filled }) => {
      const field = { kind, key, filled, of: rows.length }
      if (kind === 'metrics') {
        const values = rows.flatMap((row) => row.metrics.get(key) ?? []).filter(Number.isFinite)
        const range =
          values.length > 0 ? `${formatNumber(Math.min(...values), 4)} to ${formatNumber(Math.max(...values), 4)}` : ''
        return { ...field, values: [], range }
      }
      return { ...field, values: [...new Set(rows.flatMap((row) => row[kind].get(key) ?? []))].slice(0, MOST_VALUES) }
    }),
  }
}
