import { useQuery } from '@tanstack/react-query'
import { useNavigate, useOutletContext, useParams } from 'react-router'
import { UserPanel } from '../../features/admin/user-panel.tsx'
import { userQuery } from '../../features/admin/users.ts'
import { TokensPanel } from '../../features/tokens/tokens-panel.tsx'
import { paths } from '../../lib/paths.ts'
import type { Session } from '../../lib/session.ts'
import { Failed, SkeletonRows } from '../../ui/states.tsx'
import c from './tabbed-layout.module.css'

/** One account: its state, and its tokens. */
export function Component() {
  const { username = '' } = useParams()
  const session = useOutletContext<Session>()
  const navigate = useNavigate()
  const user = useQuery(userQuery(username))
  if (user.isError)
    return <Failed what="The account could not be read" error={user.error} onRetry={() => void user.refetch()} />
  if (!user.data) return <SkeletonRows what="the account" />
  return (
    <>
      <h1 className={c.heading}>{username}</h1>
      <div className={c.columns}>
        <TokensPanel username={username} administrator />
        <UserPanel
          key={username}
          account={user.data}
          self={username === session.user?.username}
          onDeleted={() => void navigate(paths.users(), { replace: true })}
        />
      </div>
    </>
  )
}
