import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Call, Output } from '#contract'
import { followLink, getLink } from '#contract'
import { call } from '../../lib/client.ts'
import { prefix } from '../../lib/document.ts'
import { refreshSession, sessionQuery } from '../../lib/session.ts'
import { CookieLost } from './session.ts'

export type Link = Output<typeof getLink>

export const linkQuery = (secret: string) =>
  queryOptions({
    queryKey: ['link', secret],
    queryFn: ({ signal }) => call(getLink, { secret }, { base: prefix, signal }),
    // what was asked once holds until the link is used
    staleTime: Number.POSITIVE_INFINITY,
  })

/** Sets the password, and with it begins a session in this browser. */
export function useFollowLink() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async (input: Call<typeof followLink>) => {
      const answer = await call(followLink, input, { base: prefix })
      const session = await refreshSession()
      queries.setQueryData(sessionQuery.queryKey, session)
      // the token is shown all the same: it is in this answer only
      if (!session.user && !answer.token) throw new CookieLost()
      return answer
    },
  })
}
