import { IconKey } from '@tabler/icons-react'
import { useLocation } from 'react-router'
import type { Subject } from '../features/access/access.ts'
import { NoPermission } from '../features/access/no-permission.tsx'
import { kindOfProblem } from '../lib/api.ts'
import { paths } from '../lib/paths.ts'
import { LinkButton } from '../ui/link-button.tsx'
import { Page } from '../ui/page.tsx'
import { Failed, State } from '../ui/states.tsx'
import { NotFoundPage } from './pages/not-found-page.tsx'

type ProblemPageProps = {
  what: string
  error: unknown
  onRetry: () => void
  /** what the page is about: what may be asked for where it may not be seen */
  subject: Subject
}

/** What a page is when its main thing cannot be had. */
export function ProblemPage({ what, error, onRetry, subject }: ProblemPageProps) {
  const kind = kindOfProblem(error)
  if (kind === 'absent') return <NotFoundPage />
  if (kind === 'forbidden')
    return (
      <Page title={['No access']} crumbs={[{ label: 'No access' }]}>
        <NoPermission subject={subject} onGiven={onRetry} />
      </Page>
    )
  if (kind === 'signed-out') return <SignedOut />
  return (
    <Page title={['Failed']} crumbs={[{ label: 'Failed' }]}>
      <h1 className="vh">Failed</h1>
      <Failed what={what} error={error} onRetry={onRetry} />
    </Page>
  )
}

function SignedOut() {
  const { pathname, search } = useLocation()
  return (
    <Page title={['Signed out']} crumbs={[{ label: 'Signed out' }]}>
      <State
        icon={<IconKey size={20} aria-hidden />}
        level="h1"
        title="You are signed out"
        actions={<LinkButton to={paths.signIn(pathname + search)}>Sign in</LinkButton>}
      />
    </Page>
  )
}
