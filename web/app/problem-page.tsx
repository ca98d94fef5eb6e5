import { IconLock } from '@tabler/icons-react'
import { kindOfProblem } from '../lib/api.ts'
import { Page } from '../ui/page.tsx'
import { Failed, State } from '../ui/states.tsx'
import { NotFoundPage } from './pages/not-found-page.tsx'

/** What a page is when its main thing cannot be had. */
export function ProblemPage({ what, error, onRetry }: { what: string; error: unknown; onRetry: () => void }) {
  const kind = kindOfProblem(error)
  if (kind === 'absent') return <NotFoundPage />
  if (kind === 'forbidden' || kind === 'signed-out')
    return (
      <Page title={['No access']} crumbs={[{ label: 'No access' }]}>
        <State icon={<IconLock size={20} aria-hidden />} level="h1" title="You may not see this">
          <p>It needs the permission Read. Whoever manages the experiment can give it to you.</p>
        </State>
      </Page>
    )
  return (
    <Page title={['Failed']} crumbs={[{ label: 'Failed' }]}>
      <h1 className="vh">Failed</h1>
      <Failed what={what} error={error} onRetry={onRetry} />
    </Page>
  )
}
