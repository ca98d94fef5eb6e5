import { queryOptions } from '@tanstack/react-query'
import type { Output } from '#contract'
import { getSession } from '#contract'
import { call } from './client.ts'
import { prefix } from './document.ts'

export type Session = Output<typeof getSession>

let known: Promise<Session> | undefined
let username: string | undefined

/** Who is signed in, as far as it is known; asked for when nothing is. */
export const session = (): Promise<Session> => (known ??= readSession())

/** The server is asked again: after a sign-in, a sign-out, or a refusal. */
export const refreshSession = (): Promise<Session> => (known = readSession())

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: refreshSession,
  staleTime: 60_000,
})

async function readSession(): Promise<Session> {
  try {
    const answer = await call(getSession, {}, { base: prefix })
    // who it was is kept when a session ends: what waits for it goes on for nobody else
    username = answer.user?.username ?? username
    return answer
  } catch (error) {
    known = undefined
    throw error
  }
}

/** Who was the last to be signed in on this page. */
export const lastUsername = (): string | undefined => username

// What is refused because a session has ended waits here until the same user has signed in again, or does not want to.
let waiting: PromiseWithResolvers<boolean> | undefined
let declined = false
const listeners = new Set<() => void>()

const announce = () => {
  for (const listener of listeners) listener()
}

export const expiry = {
  subscribe(listener: () => void) {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  },
  /** `asking`: a dialog asks for the password; `declined`: it was closed, and what is asked for is refused */
  state: (): 'none' | 'asking' | 'declined' => (waiting ? 'asking' : declined ? 'declined' : 'none'),
  ask() {
    waiting ??= Promise.withResolvers<boolean>()
    declined = false
    announce()
  },
  end(signedIn: boolean) {
    waiting?.resolve(signedIn)
    waiting = undefined
    declined = !signedIn
    announce()
  },
}

/** After a 401: true where the same user is signed in now, so that the request is worth another try. */
export async function signedInAgain(): Promise<boolean> {
  if (username === undefined) return false
  const now = await refreshSession()
  if (now.user) return now.user.username === username
  if (declined) return false
  expiry.ask()
  return (await waiting?.promise) ?? false
}
