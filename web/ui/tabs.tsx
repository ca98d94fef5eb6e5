import type { ReactNode } from 'react'
import { NavLink } from 'react-router'
import { formatCount } from '../lib/format.ts'
import c from './tabs.module.css'

export type Tab = { label: string; to: string; count?: number | undefined; end?: boolean }

/** Tabs are links: each has an address of its own. */
export function Tabs({ label, tabs, after }: { label: string; tabs: readonly Tab[]; after?: ReactNode }) {
  return (
    <nav className={c.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <NavLink key={tab.to} to={tab.to} end={tab.end ?? false} className={c.tab ?? ''}>
          {tab.label}
          {tab.count !== undefined && <span className={c.count}>{formatCount(tab.count)}</span>}
        </NavLink>
      ))}
      {after}
    </nav>
  )
}
