import { Button, Checkbox, Popover, TextInput } from '@mantine/core'
import { IconColumns3 } from '@tabler/icons-react'
import { useId, useState } from 'react'
import { formatCount } from '../../lib/format.ts'
import c from './column-picker.module.css'
import type { Column } from './columns.ts'

const GROUPS = { metrics: 'Metrics', params: 'Params', tags: 'Tags' } as const
/** So many lines of a group are drawn; with more, searching is the way. */
const MOST = 60

type ColumnPickerProps = {
  all: readonly Column[]
  shown: readonly Column[]
  /** undefined: back to those that differ */
  onChange: (ids: readonly string[] | undefined) => void
  chosen: boolean
}

export function ColumnPicker({ all, shown, onChange, chosen }: ColumnPickerProps) {
  const [words, setWords] = useState('')
  const title = useId()
  const on = new Set(shown.map(({ id }) => id))
  const found = all.filter(({ key }) => key.toLowerCase().includes(words.trim().toLowerCase()))
  const toggle = (id: string) => onChange(on.has(id) ? [...on].filter((other) => other !== id) : [...on, id])
  return (
    <Popover position="bottom-start" width={320} shadow="md" radius="md" trapFocus>
      <Popover.Target>
        <Button size="xs" variant="subtle" leftSection={<IconColumns3 size={14} aria-hidden />}>
          Columns&nbsp;<span className="t3">{`${formatCount(shown.length)} of ${formatCount(all.length)}`}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-labelledby={title}>
        <div className={c.head}>
          <b id={title} className="vh">
            Columns
          </b>
          <TextInput
            size="xs"
            className="grow"
            aria-label="Find a column"
            placeholder="Find a column"
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
          <Button size="xs" variant="subtle" disabled={!chosen} onClick={() => onChange(undefined)}>
            Reset
          </Button>
        </div>
        <div className={c.list}>
          {(['metrics', 'params', 'tags'] as const).map((kind) => {
            const columns = found.filter((column) => column.kind === kind)
            if (columns.length === 0) return null
            return (
              <fieldset key={kind}>
                <legend>{`${GROUPS[kind]} ${formatCount(columns.length)}`}</legend>
                {columns.slice(0, MOST).map((column) => (
                  <Checkbox
                    key={column.id}
                    className={c.line ?? ''}
                    checked={on.has(column.id)}
                    onChange={() => toggle(column.id)}
                    label={
                      <>
                        <span className="ell">{column.key}</span>
                        {!column.differs && <span className="t3 s12">equal</span>}
                      </>
                    }
                  />
                ))}
                {columns.length > MOST && (
                  <p className="t3 s12">{`${formatCount(columns.length - MOST)} more: search for them.`}</p>
                )}
              </fieldset>
            )
          })}
          {found.length === 0 && <p className="t3">No column has that in its name.</p>}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
