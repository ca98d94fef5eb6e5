import { columnFormat } from '../../lib/format.ts'
import { scrollsByKey } from '../../ui/focusable.ts'
import { Value } from '../../ui/marks.tsx'
import { Status } from '../../ui/status.tsx'
import t from '../../ui/table.module.css'
import { RunName } from './cells.tsx'
import type { Column } from './columns.ts'
import { columnsOf } from './columns.ts'
import c from './comparison.module.css'
import { heatOf } from './direction.ts'
import type { RunRow } from './runs.ts'

const GROUPS = { metrics: 'Metrics, last value', params: 'Params' } as const

/** Runs side by side, one column each; values that differ first, equal ones grey below. */
export function Comparison({ rows, onlyDifferences }: { rows: readonly RunRow[]; onlyDifferences: boolean }) {
  const columns = columnsOf(rows).filter((column) => column.kind !== 'tags' && (column.differs || !onlyDifferences))
  return (
    <section className={`${t.frame} ${c.frame}`} aria-label="Comparison, scrolls sideways" {...scrollsByKey}>
      <table className={`${t.table} ${c.table}`}>
        <thead>
          <tr>
            <th scope="col" className={c.key}>
              <span className="vh">Name</span>
            </th>
            {rows.map((row) => (
              <th key={row.id} scope="col">
                <span className={c.run}>
                  <RunName row={row} />
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row" className={c.key}>
              Status
            </th>
            {rows.map((row) => (
              <td key={row.id}>
                <Status status={row.run.info.status} />
              </td>
            ))}
          </tr>
        </tbody>
        {(['metrics', 'params'] as const).map((kind) => {
          const lines = columns.filter((column) => column.kind === kind)
          if (lines.length === 0) return null
          return (
            <tbody key={kind}>
              <tr className={c.group}>
                <th scope="rowgroup" className={c.key}>
                  {GROUPS[kind]}
                </th>
                <td colSpan={rows.length} />
              </tr>
              {lines.map((column) => (
                <Line key={column.id} column={column} rows={rows} />
              ))}
            </tbody>
          )
        })}
      </table>
    </section>
  )
}

function Line({ column, rows }: { column: Column; rows: readonly RunRow[] }) {
  const { key, kind } = column
  const format = columnFormat(rows.flatMap((row) => row.metrics.get(key) ?? []))
  const best = kind === 'metrics' ? heatOf(rows, key)?.best : undefined
  return (
    <tr data-equal={!column.differs || undefined} className={c.line}>
      <th scope="row" className={c.key} title={key}>
        {key}
      </th>
      {rows.map((row) => {
        const value = row.metrics.get(key)
        return (
          <td
            key={row.id}
            className={column.numeric ? 'tn' : undefined}
            data-best={(best !== undefined && value === best) || undefined}
          >
            {kind === 'metrics' ? (
              <Value value={value} format={format} />
            ) : (
              (row.params.get(key) ?? <span className="t3">–</span>)
            )}
          </td>
        )
      })}
    </tr>
  )
}
