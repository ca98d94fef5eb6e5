import { useQuery } from '@tanstack/react-query'
import { Navigate, useNavigate, useSearchParams } from 'react-router'
import { safeNext } from '../../features/session/next.ts'
import { problemOf } from '../../features/session/problem.ts'
import { SignInForm } from '../../features/session/sign-in-form.tsx'
import { paths } from '../../lib/paths.ts'
import { sessionQuery } from '../../lib/session.ts'
import { FormError } from '../../ui/form.tsx'
import { Failed } from '../../ui/states.tsx'
import { Threshold } from '../threshold.tsx'
import c from './sign-in-page.module.css'

const FOOT =
  'No account, or the link in your mail is too old? Ask the person who runs this server. Python, R and Java clients use a token, not this page.'

export function Component() {
  const session = useQuery(sessionQuery)
  const navigate = useNavigate()
  const [search] = useSearchParams()
  const next = safeNext(search.get('next'))
  const problem = problemOf(search.get('problem'))
  if (session.isError)
    return (
      <Threshold title="Sign in">
        <Failed what="The server did not answer" error={session.error} onRetry={() => void session.refetch()} />
      </Threshold>
    )
  if (!session.data) return null
  if (session.data.auth === 'setup') return <Navigate to={paths.setUp()} replace />
  if (session.data.auth === 'off' || session.data.user) return <Navigate to={next} replace />
  return (
    <Threshold title="Sign in" foot={FOOT}>
      <div className={c.form}>
        <h1>Sign in</h1>
        {next !== '/' && (
          <p className={c.next}>
            You go on to <b className="mono">{next}</b>
          </p>
        )}
        <FormError error={problem} />
        <SignInForm session={session.data} next={next} onSignedIn={() => void navigate(next, { replace: true })} />
      </div>
    </Threshold>
  )
}
