import { Checkbox } from '@mantine/core'
import type { RowSelectionState } from '@tanstack/react-table'
import { rowSelectionFeature, tableFeatures, useTable } from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Fragment, memo, useCallback, useEffect, useMemo, useRef } from 'react'
import { scrollsByKey } from '../../ui/focusable.ts'
import { SortButton } from '../../ui/sort-header.tsx'
import type { TableColumn } from './cells.tsx'
import { attributeColumns, RunName, toTableColumn } from './cells.tsx'
import type { Column } from './columns.ts'
import type { RunRow } from './runs.ts'
import { labelOf } from './runs.ts'
import c from './runs-table.module.css'

const ROW = 28
const NAME_WIDTH = 224
const features = tableFeatures({ rowSelectionFeature })

type Sort = { by: string; descending: boolean }

type RunsTableProps = {
  rows: readonly RunRow[]
  columns: readonly Column[]
  /** undefined where nobody counted that far */
  total: number | undefined
  sort: Sort
  onSort: (sort: Sort) => void
  selection: RowSelectionState
  onSelection: (selection: RowSelectionState) => void
  active: number
  /** asked for when the reader comes near the end of what is loaded */
  onNearEnd: () => void
  onVisible: (first: number, last: number) => void
}

/** Attributes that lead, then what differs, then the run's own facts. */
function layout(rows: readonly RunRow[], columns: readonly Column[]): TableColumn[] {
  const [status, ...facts] = attributeColumns(rows)
  return [...(status ? [status] : []), ...columns.map((column) => toTableColumn(column, rows)), ...facts]
}

const startsGroup = (columns: readonly TableColumn[], i: number) => i > 0 && columns[i]?.group !== columns[i - 1]?.group

export function RunsTable(props: RunsTableProps) {
  const { rows, columns, total, sort, selection, active } = props
  const shown = useMemo(() => layout(rows, columns), [rows, columns])
  const data = useMemo(() => [...rows], [rows])
  const definitions = useMemo(() => shown.map(({ id }) => ({ id })), [shown])
  const table = useTable({
    features,
    data,
    columns: definitions,
    getRowId: (row) => row.id,
    state: { rowSelection: selection },
    onRowSelectionChange: (change) => props.onSelection(typeof change === 'function' ? change(selection) : change),
  })
  const body = table.getRowModel().rows

  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: body.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    paddingEnd: 56,
  })
  const items = virtual.getVirtualItems()
  const before = items[0]?.start ?? 0
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0)

  const { onNearEnd, onVisible } = props
  const lastRendered = items.at(-1)?.index ?? -1
  useEffect(() => {
    if (lastRendered >= body.length - 1) onNearEnd()
  }, [lastRendered, body.length, onNearEnd])
  const range = virtual.range
  useEffect(() => {
    if (range) onVisible(range.startIndex, range.endIndex)
  }, [range, onVisible])
  useEffect(() => {
    if (active >= 0) virtual.scrollToIndex(active)
  }, [active, virtual])

  const { onSelection } = props
  const tick = useCallback(
    (id: string, on: boolean) => {
      const { [id]: _, ...others } = selection
      onSelection(on ? { ...others, [id]: true } : others)
    },
    [selection, onSelection],
  )
  const allSelected = table.getIsAllRowsSelected()
  return (
    <section ref={scroller} className={c.scroll} aria-label="Runs, scrolls both ways" {...scrollsByKey}>
      <table className={c.table} aria-rowcount={total === undefined ? -1 : total + 2} aria-colcount={shown.length + 2}>
        <colgroup>
          <col style={{ width: 40 }} />
          <col style={{ width: NAME_WIDTH }} />
          {shown.map((column) => (
            <col key={column.id} style={{ width: column.width }} />
          ))}
          <col />
        </colgroup>
        <thead>
          <GroupRow columns={shown} />
          <tr aria-rowindex={2}>
            <th scope="col" className={`${c.pinned} ${c.tick}`}>
              <Checkbox
                aria-label={`Select all ${rows.length} loaded runs`}
                checked={allSelected}
                indeterminate={!allSelected && table.getIsSomeRowsSelected()}
                onChange={() => table.toggleAllRowsSelected(!allSelected)}
              />
            </th>
            <HeaderCell
              {...props}
              label="Run"
              sortKey="attributes.run_name"
              className={`${c.pinned} ${c.name}`}
              sort={sort}
            />
            {shown.map((column, i) => (
              <HeaderCell
                key={column.id}
                label={column.label}
                sortKey={column.sort}
                better={column.better}
                className={`${column.numeric ? c.num : ''} ${startsGroup(shown, i) ? c.group : ''}`}
                sort={sort}
                onSort={props.onSort}
              />
            ))}
            <td />
          </tr>
        </thead>
        <tbody>
          <Spacer height={before} />
          {items.map((item) => {
            const row = body[item.index]
            if (!row) return null
            return (
              <Row
                key={row.id}
                run={row.original}
                index={item.index}
                columns={shown}
                selected={row.getIsSelected()}
                active={item.index === active}
                onTick={tick}
              />
            )
          })}
          <Spacer height={after} />
        </tbody>
      </table>
    </section>
  )
}

type RowProps = {
  run: RunRow
  index: number
  columns: readonly TableColumn[]
  selected: boolean
  active: boolean
  onTick: (id: string, on: boolean) => void
}

/** Drawn anew only when something of it changes: scrolling keeps the rows that stay on the screen. */
const Row = memo(function Row({ run, index, columns, selected, active, onTick }: RowProps) {
  return (
    <tr aria-rowindex={index + 3} aria-selected={selected} data-active={active || undefined}>
      <td className={`${c.pinned} ${c.tick}`}>
        <Checkbox
          aria-label={`Select ${labelOf(run)}`}
          checked={selected}
          onChange={(event) => onTick(run.id, event.currentTarget.checked)}
        />
      </td>
      <th scope="row" className={`${c.pinned} ${c.name}`}>
        <RunName row={run} />
      </th>
      {columns.map((column, i) => (
        <td
          key={column.id}
          className={`${column.numeric ? c.num : ''} ${startsGroup(columns, i) ? c.group : ''}`}
          data-heat={column.shade?.(run)}
        >
          {column.cell(run)}
        </td>
      ))}
      <td />
    </tr>
  )
})

function Spacer({ height }: { height: number }) {
  return height > 0 ? (
    <tr aria-hidden className={c.spacer}>
      <td style={{ height }} />
    </tr>
  ) : null
}

/** The row above the heads: metrics, params, run. */
function GroupRow({ columns }: { columns: readonly TableColumn[] }) {
  const groups: { name: string; span: number }[] = []
  for (const { group } of columns) {
    const last = groups.at(-1)
    if (last?.name === group) last.span += 1
    else groups.push({ name: group, span: 1 })
  }
  return (
    <tr className={c.groups} aria-rowindex={1}>
      <td className={`${c.pinned} ${c.tick}`} />
      <td className={`${c.pinned} ${c.name}`} />
      {groups.map(({ name, span }, i) => (
        <Fragment key={name || 'lead'}>
          {name ? (
            <th scope="colgroup" colSpan={span} className={i > 0 ? c.group : undefined}>
              {name}
            </th>
          ) : (
            <td colSpan={span} />
          )}
        </Fragment>
      ))}
      <td />
    </tr>
  )
}

type HeaderCellProps = {
  label: string
  sortKey: string | undefined
  better?: 'higher' | 'lower' | undefined
  className: string
  sort: Sort
  onSort: (sort: Sort) => void
}

function HeaderCell({ label, sortKey, better, className, sort, onSort }: HeaderCellProps) {
  const direction = sortKey === sort.by ? (sort.descending ? 'descending' : 'ascending') : undefined
  // a first click brings the best to the top, or the newest, or A
  const firstDescending = better ? better === 'higher' : /^metrics\.|_time$/.test(sortKey ?? '')
  const words = (
    <span className={c.label} title={label}>
      {better && (
        <span className="t3" role="img" aria-label={`${better} is better,`}>
          {better === 'higher' ? '↑ ' : '↓ '}
        </span>
      )}
      {label}
    </span>
  )
  return (
    <th scope="col" className={className} aria-sort={direction}>
      {sortKey ? (
        <SortButton
          direction={direction}
          onSort={() => onSort({ by: sortKey, descending: direction ? !sort.descending : firstDescending })}
        >
          {words}
        </SortButton>
      ) : (
        words
      )}
    </th>
  )
}
