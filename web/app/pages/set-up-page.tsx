import { useQuery } from '@tanstack/react-query'
import { Navigate } from 'react-router'
import { paths } from '../../lib/paths.ts'
import { sessionQuery } from '../../lib/session.ts'
import { Threshold } from '../threshold.tsx'
import c from './set-up-page.module.css'

/** There is no administrator yet, and whoever came here has not got the link. */
export function Component() {
  const session = useQuery(sessionQuery)
  if (session.data && session.data.auth !== 'setup') return <Navigate to={paths.home()} replace />
  return (
    <Threshold title="Set up">
      <div className={c.words}>
        <h1>This server has no administrator yet</h1>
        <p>
          When it started it printed a link that makes one. The link is in the server’s output, and in the file{' '}
          <code>set-up-link</code> of its data folder that only its owner can read. Open it in this browser.
        </p>
        <p className="t3 s12">Lost it? Start the server again for a new one; the old one ends.</p>
      </div>
    </Threshold>
  )
}
