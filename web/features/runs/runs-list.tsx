import { Checkbox } from '@mantine/core'
import type { RowSelectionState } from '@tanstack/react-table'
import { useWindowVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { columnFormat } from '../../lib/format.ts'
import { Time, Value } from '../../ui/marks.tsx'
import { Status } from '../../ui/status.tsx'
import { RunName } from './cells.tsx'
import type { Column } from './columns.ts'
import type { RunRow } from './runs.ts'
import { labelOf } from './runs.ts'
import c from './runs-list.module.css'

const ROW = 56

type RunsListProps = {
  rows: readonly RunRow[]
  columns: readonly Column[]
  /** the sorted column leads where it is a metric */
  sortedBy: string
  selection: RowSelectionState
  onSelection: (selection: RowSelectionState) => void
  onNearEnd: () => void
}

/** The runs on a phone: two lines a run, with one value; the page itself scrolls. */
export function RunsList({ rows, columns, sortedBy, selection, onSelection, onNearEnd }: RunsListProps) {
  const list = useRef<HTMLUListElement>(null)
  const [top, setTop] = useState(0)
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), [])
  const virtual = useWindowVirtualizer({ count: rows.length, estimateSize: () => ROW, overscan: 8, scrollMargin: top })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? -1
  useEffect(() => {
    if (last >= rows.length - 1) onNearEnd()
  }, [last, rows.length, onNearEnd])

  const metrics = columns.filter((column) => column.kind === 'metrics')
  const primary = metrics.find((column) => column.id === sortedBy) ?? metrics[0]
  const second = columns.find((column) => column.kind === 'params' && !column.numeric)
  const format = useMemo(
    () => columnFormat(primary ? rows.flatMap((row) => row.metrics.get(primary.key) ?? []) : []),
    [primary, rows],
  )
  return (
    <div className={c.whole}>
      <div className={c.head}>
        <span>Run</span>
        {primary && <span className="ell">{primary.key}</span>}
      </div>
      <ul ref={list} className={c.list} style={{ height: virtual.getTotalSize() }} aria-label="Runs">
        {items.map((item) => {
          const row = rows[item.index]
          if (!row) return null
          const selected = selection[row.id] === true
          return (
            <li
              key={row.id}
              data-selected={selected || undefined}
              style={{ transform: `translateY(${item.start - top}px)` }}
            >
              <Checkbox
                size="sm"
                aria-label={`Select ${labelOf(row)}`}
                checked={selected}
                onChange={() => {
                  const { [row.id]: _, ...others } = selection
                  onSelection(selected ? others : { ...selection, [row.id]: true })
                }}
              />
              <div className="grow">
                <RunName row={row} />
                <span className={c.sub}>
                  <Status status={row.run.info.status} />
                  <Time ms={row.run.info.start_time} />
                  {second && <span className="ell">{row.params.get(second.key)}</span>}
                </span>
              </div>
              {primary && (
                <span className={c.value}>
                  <Value value={row.metrics.get(primary.key)} format={format} />
                </span>
              )}
            </li>
          )
        })}
      </ul>
    </div>
  )
}
