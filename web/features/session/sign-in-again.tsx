import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { expiry, lastUsername, refreshSession, sessionQuery } from '../../lib/session.ts'
import { Dialog } from '../../ui/dialog.tsx'
import c from './sign-in-again.module.css'
import { SignInForm } from './sign-in-form.tsx'

/** Over the page whose session has ended: what was typed stays, and what was asked for goes on after the sign-in. */
export function SignInAgain() {
  const state = useSyncExternalStore(expiry.subscribe, expiry.state)
  if (state === 'asking') return <Asking />
  if (state === 'declined') return <Declined />
  return null
}

const done = () => expiry.end(true)

function Asking() {
  const session = useQuery(sessionQuery)
  const username = lastUsername()
  // signed in meanwhile in another window, or at a provider that had to be gone to
  useEffect(() => {
    const look = async () => {
      const now = await refreshSession()
      if (now.user?.username === username) done()
    }
    const onFocus = () => void look().catch(() => {})
    addEventListener('focus', onFocus)
    return () => removeEventListener('focus', onFocus)
  }, [username])
  if (!session.data) return null
  return (
    <Dialog title="Sign in again" onClose={() => expiry.end(false)}>
      <p className={c.why}>
        Your session has ended. Nothing that you typed is lost: sign in as <b className="medium">{username}</b>, and it
        goes on.
      </p>
      <SignInForm session={session.data} username={username} next="/" newWindow onSignedIn={done} />
    </Dialog>
  )
}

function Declined() {
  return (
    <div className={c.banner} role="status">
      <span>You are signed out. What is on this page stays, but nothing can be saved.</span>
      <Button size="xs" onClick={() => expiry.ask()}>
        Sign in again
      </Button>
    </div>
  )
}
