import type { MiddlewareFunction } from 'react-router'
import { redirect } from 'react-router'
import { prefix } from '../lib/document.ts'
import { paths } from '../lib/paths.ts'
import { sessionQuery } from '../lib/session.ts'
import { queryClient } from './query-client.ts'

/** Before a page asks for anything: who is not signed in goes to the sign-in, and from there on to the page. */
export const requireSignIn: MiddlewareFunction = async ({ request }) => {
  const session = await queryClient.ensureQueryData(sessionQuery)
  if (session.auth === 'setup') throw redirect(paths.setUp())
  if (session.auth === 'off' || session.user) return
  const { pathname, search } = new URL(request.url)
  throw redirect(paths.signIn(pathname.slice(prefix.length) + search))
}
