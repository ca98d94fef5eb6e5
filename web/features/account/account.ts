import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Call, Output } from '#contract'
import { changePassword, changeProfile, endSession, endSessions, listSessions } from '#contract'
import { ask } from '../../lib/api.ts'

export type SignedIn = Output<typeof listSessions>['sessions'][number]

export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => ask(listSessions, {}, signal),
  select: (data) => data.sessions,
})

function useChange<I, O>(queryKey: readonly string[], mutationFn: (input: I) => Promise<O>) {
  const queries = useQueryClient()
  return useMutation({ mutationFn, onSuccess: () => queries.invalidateQueries({ queryKey }) })
}

export const useEndSession = () =>
  useChange(['sessions'], (session_id: SignedIn['session_id']) => ask(endSession, { session_id }))
export const useEndSessions = () => useChange(['sessions'], () => ask(endSessions, {}))
export const useChangePassword = () =>
  useChange(['sessions'], (input: Call<typeof changePassword>) => ask(changePassword, input))
export const useChangeProfile = () =>
  useChange(['session'], (input: Call<typeof changeProfile>) => ask(changeProfile, input))
