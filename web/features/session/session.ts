import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Call } from '#contract'
import { requestPasswordReset, signIn, signOut } from '#contract'
import { ask } from '../../lib/api.ts'
import { call } from '../../lib/client.ts'
import { prefix } from '../../lib/document.ts'
import { refreshSession, sessionQuery } from '../../lib/session.ts'

/** The server took the password, and the browser did not keep what it answered: asked again, it is nobody's. */
export class CookieLost extends Error {
  constructor() {
    super('Your browser did not keep the cookie of the sign-in.')
  }
}

/** Not by `ask`: a wrong password is no session that has ended. */
export function useSignIn() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (input: Call<typeof signIn>) => {
      await call(signIn, input, { base: prefix })
      const session = await refreshSession()
      if (!session.user) throw new CookieLost()
      return session
    },
    onSuccess: (session) => queries.setQueryData(sessionQuery.queryKey, session),
  })
}

/** Ends the session, and leaves the page: nothing that was read stays in memory. */
export function useSignOut() {
  return useMutation({
    mutationFn: () => ask(signOut, {}),
    onSuccess: ({ sign_out_at }) => location.assign(sign_out_at ?? `${prefix}/sign-in`),
  })
}

/** Answered alike whether there is such a user or not. */
export const useForgotPassword = () =>
  useMutation({ mutationFn: (username: string) => call(requestPasswordReset, { username }, { base: prefix }) })
