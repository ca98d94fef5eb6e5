import { Fragment, useState } from 'react'
import type { AuditRow } from '#contract'
import { formatCount } from '../../lib/format.ts'
import { scrollsByKey } from '../../ui/focusable.ts'
import { Time } from '../../ui/marks.tsx'
import t from '../../ui/table.module.css'
import c from './audit-table.module.css'

/** What was done, the newest first; a row opens on a click and shows all that is written down of it. */
export function AuditTable({ rows }: { rows: readonly AuditRow[] }) {
  const [open, setOpen] = useState<string>()
  return (
    <section className={t.frame} aria-label="Audit log" {...scrollsByKey}>
      <table className={`${t.table} ${t.stacks} ${c.table}`}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">On</th>
            <th scope="col">Hash</th>
            <th scope="col" className={t.num}>
              Entry
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const seq = String(row.seq)
            const isOpen = open === seq
            return (
              <Fragment key={seq}>
                <tr>
                  <th scope="row">
                    <button
                      type="button"
                      className={c.open}
                      aria-expanded={isOpen}
                      onClick={() => setOpen(isOpen ? undefined : seq)}
                    >
                      <Time ms={row.at} />
                    </button>
                  </th>
                  <td>{row.actor || <span className="t3">the server</span>}</td>
                  <td>{row.action}</td>
                  <td className="t2 ell">{`${row.object_type} ${row.object_id}`}</td>
                  <td className="mono t3 only-desk">{row.hash.slice(0, 8)}</td>
                  <td className={`${t.num} t3`}>{formatCount(row.seq)}</td>
                </tr>
                {isOpen && (
                  <tr className={c.details}>
                    <td colSpan={6}>
                      <Details row={row} />
                    </td>
                  </tr>
                )}
              </Fragment>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}

function Details({ row }: { row: AuditRow }) {
  const entries = Object.entries(row.details)
  return (
    <dl className={c.entries}>
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
      <div>
        <dt>hash</dt>
        <dd className="mono">{row.hash}</dd>
      </div>
    </dl>
  )
}
