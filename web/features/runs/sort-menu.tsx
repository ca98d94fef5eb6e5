import { Button, Menu } from '@mantine/core'
import { IconArrowsSort, IconCheck } from '@tabler/icons-react'
import type { Column } from './columns.ts'
import { betterDirection } from './direction.ts'

type Order = { by: string; descending: boolean }
type SortMenuProps = { columns: readonly Column[]; sort: Order; onSort: (sort: Order) => void }

const ATTRIBUTES = [
  { id: 'attributes.start_time', label: 'Started' },
  { id: 'attributes.run_name', label: 'Name' },
  { id: 'attributes.status', label: 'Status' },
]

/** What comes first, in the words of the column: "best first", "newest first". */
function directionWord({ by, descending }: Order): string {
  if (by === 'attributes.start_time') return descending ? 'newest first' : 'oldest first'
  const better = by.startsWith('metrics.') ? betterDirection(by.slice('metrics.'.length)) : undefined
  if (better) return (better === 'higher') === descending ? 'best first' : 'worst first'
  return by.startsWith('metrics.') ? (descending ? 'highest first' : 'lowest first') : descending ? 'Z to A' : 'A to Z'
}

const firstOrder = (by: string): Order => ({
  by,
  descending: by.startsWith('metrics.')
    ? betterDirection(by.slice('metrics.'.length)) !== 'lower'
    : by.endsWith('_time'),
})

/** The same as a click on a head, and the only way on a phone. Picking the current one turns it round. */
export function SortMenu({ columns, sort, onSort }: SortMenuProps) {
  const choices = [...ATTRIBUTES, ...columns.map(({ id, key }) => ({ id, label: key }))]
  const current = choices.find(({ id }) => id === sort.by)?.label ?? sort.by.slice(sort.by.indexOf('.') + 1)
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button size="xs" variant="subtle" leftSection={<IconArrowsSort size={14} aria-hidden />}>
          {`Sort: ${current}, ${directionWord(sort)}`}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={360} style={{ overflow: 'auto' }}>
        {choices.map(({ id, label }) => (
          <Menu.Item
            key={id}
            rightSection={id === sort.by ? <IconCheck size={14} aria-label="current" /> : null}
            onClick={() => onSort(id === sort.by ? { by: id, descending: !sort.descending } : firstOrder(id))}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
