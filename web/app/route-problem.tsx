import { useRouteError } from 'react-router'
import { Page } from '../ui/page.tsx'
import { Failed } from '../ui/states.tsx'

/** A page that broke while it was drawn, or whose code could not be loaded (a new version was put in place meanwhile). */
export function RouteProblem() {
  const error = useRouteError()
  return (
    <Page title={['Failed']} crumbs={[{ label: 'Failed' }]}>
      <h1 className="vh">Failed</h1>
      <Failed what="This page could not be shown" error={error} onRetry={() => location.reload()} />
    </Page>
  )
}
