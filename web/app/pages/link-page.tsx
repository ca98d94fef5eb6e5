import { IconFileImport, IconLinkOff, IconMail, IconUsers } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { linkQuery } from '../../features/session/link.ts'
import { LinkForm } from '../../features/session/link-form.tsx'
import { ConnectClient } from '../../features/tokens/connect-client.tsx'
import { kindOfProblem } from '../../lib/api.ts'
import { paths } from '../../lib/paths.ts'
import { LinkButton } from '../../ui/link-button.tsx'
import { SecretShown } from '../../ui/secret-shown.tsx'
import { Failed, State } from '../../ui/states.tsx'
import { Threshold } from '../threshold.tsx'
import c from './link-page.module.css'

/** What a one-time link opens. Its secret is behind the #: it stays in the browser until the link is used. */
export function Component() {
  const [secret] = useState(() => location.hash.slice(1))
  const link = useQuery(linkQuery(secret))
  const navigate = useNavigate()
  const [made, setMade] = useState<{ token: string; uri: string | undefined }>()
  if (made) return <Welcome {...made} />
  if (link.isError)
    return (
      <Threshold title="This link does not work">
        {kindOfProblem(link.error) === 'failed' ? (
          <Failed what="The link could not be read" error={link.error} onRetry={() => void link.refetch()} />
        ) : (
          <State
            icon={<IconLinkOff size={20} aria-hidden />}
            level="h1"
            title="This link does not work"
            actions={<LinkButton to={paths.signIn()}>Go to the sign-in</LinkButton>}
          >
            <p>{link.error.message}</p>
          </State>
        )}
      </Threshold>
    )
  if (!link.data) return null
  const first = link.data.purpose === 'setup'
  const title = TITLES[link.data.purpose]
  return (
    <Threshold title={title} aside={first && <Next />} foot={first && FOOT}>
      <h1>{title}</h1>
      <p className={c.lead}>
        {first ? (
          'Until then this server answers nothing else. This link works once.'
        ) : (
          <>
            For <b className="medium">{link.data.username}</b>. This link works once.
          </>
        )}
      </p>
      <LinkForm
        link={link.data}
        secret={secret}
        onDone={({ token, tracking_uri }) => {
          if (!token) return void navigate(paths.home(), { replace: true })
          // used: nobody who looks into the history finds it
          history.replaceState(history.state, '', location.pathname)
          setMade({ token, uri: tracking_uri })
        }}
      />
    </Threshold>
  )
}

const TITLES = {
  setup: 'Make the first administrator',
  invite: 'Welcome: set your password',
  reset: 'Set a new password',
}

const FOOT =
  'The link is also in the server’s output and in a file that only its owner can read. Lost it? Start the server again for a new one.'

function Next() {
  return (
    <aside aria-label="What comes next">
      <h2>Then, in a minute</h2>
      <p className={c.lead}>You are signed in, and get a token with the lines that send the first run here.</p>
      <ul className={c.next}>
        <Step icon={<IconUsers size={16} stroke={1.7} aria-hidden />} what="Let others in">
          by invitation, work account or access files
        </Step>
        <Step icon={<IconMail size={16} stroke={1.7} aria-hidden />} what="Set a mail server">
          until then you hand out the links yourself
        </Step>
        <Step icon={<IconFileImport size={16} stroke={1.7} aria-hidden />} what="Bring runs from MLflow">
          clients only need the new address
        </Step>
      </ul>
    </aside>
  )
}

function Step({ icon, what, children }: { icon: ReactNode; what: string; children: ReactNode }) {
  return (
    <li>
      {icon}
      <span>
        {what}
        <small>{children}</small>
      </span>
    </li>
  )
}

/** The first administrator is in, and sees the token that is shown this once. */
function Welcome({ token, uri }: { token: string; uri: string | undefined }) {
  return (
    <Threshold
      title="You are in"
      aside={
        <aside aria-label="Connect a client">
          <h2>Connect a client</h2>
          <ConnectClient token={token} uri={uri} />
        </aside>
      }
    >
      <h1>You are in</h1>
      <p className={c.lead}>The administrator is made, and this browser is signed in.</p>
      <SecretShown title="Your token is made." secret={token} />
      <ul className={c.next}>
        <Step icon={<IconUsers size={16} stroke={1.7} aria-hidden />} what="Next">
          <Link to={paths.users()}>invite others</Link>
        </Step>
      </ul>
      <LinkButton to={paths.home()} variant="filled" fullWidth>
        Go to the home page
      </LinkButton>
    </Threshold>
  )
}
