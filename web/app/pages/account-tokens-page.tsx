import { useState } from 'react'
import { useOutletContext } from 'react-router'
import { SessionsPanel } from '../../features/account/sessions-panel.tsx'
import { ConnectClient } from '../../features/tokens/connect-client.tsx'
import type { NewToken } from '../../features/tokens/tokens.ts'
import { TokensPanel } from '../../features/tokens/tokens-panel.tsx'
import type { Session } from '../../lib/session.ts'
import { Panel } from '../../ui/panel.tsx'
import c from './tabbed-layout.module.css'

export function Component() {
  const user = useOutletContext<NonNullable<Session['user']>>()
  const [made, setMade] = useState<NewToken>()
  return (
    <div className={c.columns}>
      <div className={c.pile}>
        <TokensPanel administrator={user.is_admin} onMade={setMade} />
        <SessionsPanel />
      </div>
      <Panel title="Connect a client" note={made && `with token “${made.name}”`} padded>
        <ConnectClient token={made?.token} />
      </Panel>
    </div>
  )
}
