import { Button } from '@mantine/core'
import { Fragment, useState } from 'react'
import { formatCount } from '../../lib/format.ts'
import type { SameValue } from './columns.ts'
import c from './same-line.module.css'

const AT_FIRST = 6

/** What all runs share, said once. `complete` is false while not every matching run is loaded. */
export function SameLine({
  values,
  rows,
  complete,
}: {
  values: readonly SameValue[]
  rows: number
  complete: boolean
}) {
  const [open, setOpen] = useState(false)
  if (values.length === 0) return null
  const shown = open ? values : values.slice(0, AT_FIRST)
  const hidden = values.length - AT_FIRST
  return (
    <div className={c.line} data-open={open || undefined}>
      <b className={c.lead}>
        {complete ? `Same for all ${formatCount(rows)}` : `Same for the first ${formatCount(rows)}`}
      </b>
      {shown.map(({ id, key, value }) => (
        <Fragment key={id}>
          <span className={c.pair}>
            <span className="t3">{key}</span>
            <span className={`mono ${c.value}`} title={value}>
              {value || 'empty'}
            </span>
          </span>
        </Fragment>
      ))}
      {hidden > 0 && (
        <Button className={c.more ?? ''} size="xs" variant="subtle" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Fewer' : `${hidden} more`}
        </Button>
      )}
    </div>
  )
}
