import { IconChevronRight } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Fragment } from 'react'
import { Link } from 'react-router'
import c from './page.module.css'

type Crumb = { label: string; to?: string }

type PageProps = {
  /** What the browser tab and the history say, most particular first. */
  title: readonly string[]
  crumbs: readonly Crumb[]
  actions?: ReactNode
  /** `full`: the page fills the window and its parts scroll; `flow`: the page scrolls. */
  layout?: 'flow' | 'full'
  children: ReactNode
}

/** The frame of every page: browser title, top bar with breadcrumbs and actions, main region. */
export function Page({ title, crumbs, actions, layout = 'flow', children }: PageProps) {
  return (
    <div className={c.page} data-layout={layout}>
      <title>{[...title, 'Assay'].join(' · ')}</title>
      <header className={c.top}>
        <nav className={c.crumbs} aria-label="Breadcrumb">
          {crumbs.map((crumb, i) => (
            <Fragment key={crumb.to ?? crumb.label}>
              {i > 0 && <IconChevronRight size={13} aria-hidden />}
              {crumb.to === undefined ? (
                <span className="ell" aria-current="page">
                  {crumb.label}
                </span>
              ) : (
                <Link className="ell" to={crumb.to}>
                  {crumb.label}
                </Link>
              )}
            </Fragment>
          ))}
        </nav>
        {actions && <div className={c.actions}>{actions}</div>}
      </header>
      <main id="content" className={c.main} tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}
