import type { ReactNode } from 'react'
import { useId } from 'react'
import c from './panel.module.css'

type PanelProps = { title: string; note?: ReactNode; action?: ReactNode; padded?: boolean; children: ReactNode }

/** A bordered section with a heading; sections inside it are split by lines, never by another card. */
export function Panel({ title, note, action, padded = false, children }: PanelProps) {
  const heading = useId()
  return (
    <section className={c.panel} aria-labelledby={heading}>
      <header>
        <h2 id={heading}>{title}</h2>
        {note !== undefined && <span className="t3 s12 ell">{note}</span>}
        {action !== undefined && <span className="end">{action}</span>}
      </header>
      {padded ? <div className={c.pad}>{children}</div> : children}
    </section>
  )
}

/** Names and values under each other. */
export const Facts = ({ children }: { children: ReactNode }) => <dl className={c.facts}>{children}</dl>

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
