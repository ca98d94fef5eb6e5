import { IconRobot } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import c from './who.module.css'

export type WhoKind = 'person' | 'group' | 'service'

/** `fraud-lead@example.org` → FL: the beginnings of the first two words before the @. */
const initials = (name: string) =>
  (name.split('@')[0] ?? name)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('')

/** The mark of an account: square, tinted for groups, round for services. */
export function WhoMark({ name, kind = 'person' }: { name: string; kind?: WhoKind }) {
  return (
    <span className={c.mark} data-kind={kind} aria-hidden>
      {kind === 'service' ? <IconRobot size={14} stroke={1.7} /> : initials(name)}
    </span>
  )
}

/** An account by its mark and its name, with a grey line below. */
export function Who({ name, note, kind = 'person' }: { name: string; note?: ReactNode; kind?: WhoKind }) {
  return (
    <span className={c.who}>
      <WhoMark name={name} kind={kind} />
      <span className={c.text}>
        <span className="ell medium" title={name}>
          {name}
        </span>
        {note && <span className={`ell ${c.note}`}>{note}</span>}
      </span>
    </span>
  )
}
