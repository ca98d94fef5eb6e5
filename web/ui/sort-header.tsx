import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import c from './table.module.css'

export type SortDirection = 'ascending' | 'descending' | undefined

/** The button inside a header cell; the cell itself carries aria-sort. */
export function SortButton({
  direction,
  onSort,
  children,
}: {
  direction: SortDirection
  onSort: () => void
  children: ReactNode
}) {
  return (
    <button type="button" className={c.sort} onClick={onSort}>
      {children}
      {direction === 'ascending' && <IconArrowUp size={12} aria-hidden />}
      {direction === 'descending' && <IconArrowDown size={12} aria-hidden />}
    </button>
  )
}
