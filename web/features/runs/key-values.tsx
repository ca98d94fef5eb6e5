import { Button } from '@mantine/core'
import { useState } from 'react'
import { formatCount } from '../../lib/format.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Panel } from '../../ui/panel.tsx'
import { SearchBox } from '../../ui/search-box.tsx'
import t from '../../ui/table.module.css'
import c from './key-values.module.css'

const AT_FIRST = 12

type KeyValuesProps = { title: string; entries: readonly (readonly [string, string])[]; nothing: string }

/** Params of a run: found by name or value, the long ones in full on a click, all copied exactly. */
export function KeyValues({ title, entries, nothing }: KeyValuesProps) {
  const [words, setWords] = useState('')
  const [all, setAll] = useState(false)
  const needle = words.toLowerCase()
  const found = entries.filter(
    ([key, value]) => key.toLowerCase().includes(needle) || value.toLowerCase().includes(needle),
  )
  const shown = all ? found : found.slice(0, AT_FIRST)
  return (
    <Panel
      title={title}
      note={formatCount(entries.length)}
      action={
        entries.length > 5 && (
          <SearchBox
            size="xs"
            className={c.find}
            label={`Find in ${title}`}
            placeholder="Find"
            value={words}
            onChange={setWords}
            delay={0}
          />
        )
      }
    >
      {entries.length === 0 ? (
        <p className={c.nothing}>{nothing}</p>
      ) : (
        <table className={`${t.table} ${c.table}`}>
          <thead>
            <tr>
              <th scope="col" className={c.key}>
                Name
              </th>
              <th scope="col">Value</th>
              <th scope="col" className={c.copy}>
                <span className="vh">Copy</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map(([key, value]) => (
              <tr key={key}>
                <th scope="row" title={key}>
                  {key}
                </th>
                <td>
                  <Text value={value} />
                </td>
                <td className={c.copy}>
                  <CopyButton value={value} what={key} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {entries.length > 0 && found.length === 0 && <p className={c.nothing}>None has “{words}” in it.</p>}
      {found.length > AT_FIRST && (
        <div className={t.foot}>
          {all ? `All ${formatCount(found.length)}` : `${formatCount(found.length - AT_FIRST)} more`}
          <Button size="xs" variant="subtle" className="end" onClick={() => setAll(!all)}>
            {all ? 'Show fewer' : 'Show all'}
          </Button>
        </div>
      )}
    </Panel>
  )
}

const LONG = 60

function Text({ value }: { value: string }) {
  const [open, setOpen] = useState(false)
  if (value === '') return <i className="t3">empty</i>
  if (value.length <= LONG && !value.includes('\n')) return <span className="mono">{value}</span>
  return (
    <button type="button" className={`mono ${c.long}`} aria-expanded={open} onClick={() => setOpen(!open)}>
      {open ? value : `${value.slice(0, LONG)}…`}
    </button>
  )
}
