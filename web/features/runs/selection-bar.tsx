import { ActionIcon, Button } from '@mantine/core'
import { IconArrowsDiff, IconX } from '@tabler/icons-react'
import { formatCount } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import { LinkButton } from '../../ui/link-button.tsx'
import c from './selection-bar.module.css'

/** Floats over the table while runs are ticked. */
export function SelectionBar({ runIds, onClear }: { runIds: readonly string[]; onClear: () => void }) {
  if (runIds.length === 0) return null
  const look = { size: 'xs', leftSection: <IconArrowsDiff size={14} aria-hidden /> } as const
  return (
    <div className={c.bar} role="toolbar" aria-label="Selected runs">
      <span className={c.count} role="status">{`${formatCount(runIds.length)} selected`}</span>
      {runIds.length < 2 ? (
        <Button {...look} disabled title="Select at least two runs">
          Compare
        </Button>
      ) : (
        <LinkButton {...look} variant="filled" to={paths.compare(runIds)}>
          Compare
        </LinkButton>
      )}
      <ActionIcon aria-label="Clear selection" onClick={onClear}>
        <IconX size={14} aria-hidden />
      </ActionIcon>
    </div>
  )
}
