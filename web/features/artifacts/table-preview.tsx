import { useVirtualizer } from '@tanstack/react-virtual'
import Papa from 'papaparse'
import { useMemo, useRef } from 'react'
import { formatCount } from '../../lib/format.ts'
import { scrollsByKey } from '../../ui/focusable.ts'
import c from './table-preview.module.css'

const ROW = 28
const MOST_ROWS = 10_000
const MOST_COLUMNS = 100

/** A CSV as a table; the first line names the columns. What is not loaded is said below it. */
export function TablePreview({ text, complete, label }: { text: string; complete: boolean; label: string }) {
  const [head, rows] = useMemo(() => readTable(text, complete), [text, complete])
  const scroller = useRef<HTMLElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 20,
  })
  const items = virtual.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)
  // names of columns may repeat: a column is known by its place
  const columns = head.slice(0, MOST_COLUMNS).map((name, at) => ({
    at,
    name,
    look: rows.slice(0, 50).every((row) => row[at] === '' || !Number.isNaN(Number(row[at]))) ? c.num : undefined,
  }))
  return (
    <>
      <section ref={scroller} className={c.scroll} aria-label={label} {...scrollsByKey}>
        <table aria-rowcount={rows.length + 1}>
          <thead>
            <tr>
              <th scope="col">
                <span className="vh">Row</span>
              </th>
              {columns.map(({ at, name, look }) => (
                <th key={at} scope="col" className={look}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {before > 0 && (
              <tr aria-hidden>
                <td style={{ height: before }} />
              </tr>
            )}
            {items.map((item) => (
              <tr key={item.index} aria-rowindex={item.index + 2}>
                <th scope="row">{formatCount(item.index + 1)}</th>
                {columns.map(({ at, look }) => (
                  <td key={at} className={look} title={rows[item.index]?.[at]}>
                    {rows[item.index]?.[at] || <i className="t3">empty</i>}
                  </td>
                ))}
              </tr>
            ))}
            {after > 0 && (
              <tr aria-hidden>
                <td style={{ height: after }} />
              </tr>
            )}
          </tbody>
        </table>
      </section>
      <p className={c.foot}>
        {`${complete ? '' : 'The first '}${formatCount(rows.length)} rows, ${formatCount(head.length)} columns`}
        {head.length > MOST_COLUMNS && `, of which ${MOST_COLUMNS} are shown`}
      </p>
    </>
  )
}

function readTable(text: string, complete: boolean): [string[], string[][]] {
  const { data } = Papa.parse<string[]>(text, { preview: MOST_ROWS + 1, skipEmptyLines: true })
  // the last line of a file that was cut is half a line
  const whole = complete || data.length > MOST_ROWS ? data : data.slice(0, -1)
  const [head = [], ...rows] = whole
  return [head, rows]
}
