import { IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Outlet, useLocation, useParams } from 'react-router'
import { paths } from '../../lib/paths.ts'
import { sessionQuery } from '../../lib/session.ts'
import { Page } from '../../ui/page.tsx'
import { State } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import c from './tabbed-layout.module.css'

const TABS = [
  { label: 'Accounts', to: paths.users() },
  { label: 'Groups', to: paths.groups() },
  { label: 'Access as code', to: paths.accessFiles() },
  { label: 'Mail', to: paths.mails() },
  { label: 'Audit log', to: paths.audit() },
]

/** What every page of the administration shares. */
export function Component() {
  const session = useQuery(sessionQuery).data
  const { pathname } = useLocation()
  const { username } = useParams()
  const here = TABS.find((tab) => pathname.startsWith(tab.to))
  return (
    <Page
      title={[username ?? '', here?.label ?? '', 'Administration'].filter(Boolean)}
      crumbs={[
        { label: 'Administration', to: paths.admin() },
        { label: here?.label ?? '…', ...(username && here ? { to: here.to } : {}) },
        ...(username ? [{ label: username }] : []),
      ]}
    >
      {session?.user?.is_admin ? (
        <>
          <div className={c.tabs}>
            <Tabs label="Administration" tabs={TABS} />
          </div>
          <Outlet context={session} />
        </>
      ) : (
        <NotForYou off={session?.auth === 'off'} />
      )}
    </Page>
  )
}

function NotForYou({ off }: { off: boolean }) {
  return (
    <State
      icon={<IconLock size={20} aria-hidden />}
      level="h1"
      title={off ? 'Nobody signs in here' : 'For administrators'}
    >
      <p>
        {off
          ? 'This server was started without sign-in: there are no accounts to look after.'
          : 'An administrator can do what you need here, or make you one.'}
      </p>
    </State>
  )
}
