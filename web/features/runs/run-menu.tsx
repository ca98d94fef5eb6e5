import { ActionIcon, Button, Menu } from '@mantine/core'
import { IconDots, IconTrash } from '@tabler/icons-react'
import { useId, useRef } from 'react'
import c from './run-menu.module.css'
import type { RunRow } from './runs.ts'
import { useMoveRun } from './runs.ts'

/** What can be done to a run. Deleting asks first; the page of the deleted run then offers the way back. */
export function RunMenu({ row }: { row: RunRow }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useId()
  const move = useMoveRun(row.id)
  const close = () => dialog.current?.close()
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label="Run actions" className="end">
            <IconDots size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconTrash size={14} aria-hidden />}
            onClick={() => {
              move.reset()
              dialog.current?.showModal()
            }}
          >
            Delete run…
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <dialog ref={dialog} className={c.dialog} aria-labelledby={heading}>
        <h2 id={heading}>{`Delete ${row.name}?`}</h2>
        <p className="t2">It leaves all lists and searches. Its page stays, and can restore it.</p>
        {row.run.info.status === 'RUNNING' && (
          <p className="t2">
            It is still running: what its program logs from now on is refused, until the run is restored.
          </p>
        )}
        {move.isError && (
          <p role="alert" className={c.failed}>
            {`The run was not deleted. ${move.error.message}`}
          </p>
        )}
        <div className={c.actions}>
          <Button size="xs" onClick={close}>
            Keep it
          </Button>
          <Button
            size="xs"
            variant="filled"
            loading={move.isPending}
            onClick={() => move.mutate('deleted', { onSuccess: close })}
          >
            Delete run
          </Button>
        </div>
      </dialog>
    </>
  )
}

/** Over the page of a deleted run. */
export function DeletedRun({ row, mayRestore }: { row: RunRow; mayRestore: boolean }) {
  const move = useMoveRun(row.id)
  return (
    <div className={c.deleted} role="status">
      <p>
        This run is deleted. It can be read, not changed.
        {move.isError && <span role="alert" className={c.failed}>{` It was not restored. ${move.error.message}`}</span>}
      </p>
      {mayRestore && (
        <Button size="xs" className="end" loading={move.isPending} onClick={() => move.mutate('active')}>
          Restore
        </Button>
      )}
    </div>
  )
}
