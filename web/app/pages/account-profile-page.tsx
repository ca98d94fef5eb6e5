import { useOutletContext } from 'react-router'
import { PasswordPanel } from '../../features/account/password-panel.tsx'
import { ProfilePanel } from '../../features/account/profile-panel.tsx'
import type { Session } from '../../lib/session.ts'
import c from './tabbed-layout.module.css'

export function Component() {
  const user = useOutletContext<NonNullable<Session['user']>>()
  return (
    <div className={c.halves}>
      <ProfilePanel user={user} />
      {user.has_password && <PasswordPanel username={user.username} />}
    </div>
  )
}
