import { Button } from '@mantine/core'
import { IconUserOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Outlet, useMatches } from 'react-router'
import { useSignOut } from '../../features/session/session.ts'
import { paths } from '../../lib/paths.ts'
import { sessionQuery } from '../../lib/session.ts'
import { Page } from '../../ui/page.tsx'
import { State } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import c from './tabbed-layout.module.css'

const TABS = [
  { label: 'Profile', to: paths.account(), end: true },
  { label: 'Tokens and sign-ins', to: paths.tokens() },
  { label: 'Requests', to: paths.accessRequests() },
]

/** What every page of the reader's own account shares. The page below gets the user as outlet context. */
export function Component() {
  const user = useQuery(sessionQuery).data?.user
  const address = useMatches().at(-1)?.pathname.replace(/\/$/, '')
  const here = TABS.find((tab) => tab.to === address)?.label ?? ''
  return (
    <Page
      title={[here, 'Your account'].filter(Boolean)}
      actions={user && <SignOut />}
      crumbs={[{ label: 'Your account', to: paths.account() }, { label: here }]}
    >
      {user ? (
        <>
          <div className={c.tabs}>
            <Tabs label="Your account" tabs={TABS} />
          </div>
          <h1 className="vh">{here}</h1>
          <Outlet context={user} />
        </>
      ) : (
        <State icon={<IconUserOff size={20} aria-hidden />} level="h1" title="Nobody signs in here">
          <p>This server was started without sign-in: whoever can reach it may do everything.</p>
        </State>
      )}
    </Page>
  )
}

/** On phones, which have no sidebar to hold it. */
function SignOut() {
  const signOut = useSignOut()
  return (
    <span className="only-phone">
      <Button size="xs" loading={signOut.isPending} onClick={() => signOut.mutate()}>
        Sign out
      </Button>
    </span>
  )
}
