import { IconMapOff } from '@tabler/icons-react'
import { Link } from 'react-router'
import { paths } from '../../lib/paths.ts'
import { Page } from '../../ui/page.tsx'
import { State } from '../../ui/states.tsx'

/** Also for what may exist but is not for this reader: it never says which. */
export function NotFoundPage() {
  return (
    <Page title={['Not found']} crumbs={[{ label: 'Not found' }]}>
      <State icon={<IconMapOff size={20} aria-hidden />} level="h1" title="Nothing is here">
        <p>The address may be mistyped, or what it named was deleted.</p>
        <p>
          <Link to={paths.experiments()}>All experiments</Link>
        </p>
      </State>
    </Page>
  )
}
