import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Call, Output, TokenScope } from '#contract'
import { createToken, listTokens, revokeToken } from '#contract'
import { ask } from '../../lib/api.ts'

export type Token = Output<typeof listTokens>['tokens'][number]
export type NewToken = Output<typeof createToken>

/** Of the reader; of another user where one is named. */
export const tokensQuery = (username?: string) =>
  queryOptions({
    queryKey: ['tokens', username ?? ''],
    queryFn: ({ signal }) => ask(listTokens, { username }, signal),
    select: (data) => data.tokens,
  })

function useTokenChange<I, O>(mutationFn: (input: I) => Promise<O>) {
  const queries = useQueryClient()
  return useMutation({ mutationFn, onSuccess: () => queries.invalidateQueries({ queryKey: ['tokens'] }) })
}

export const useCreateToken = () => useTokenChange((input: Call<typeof createToken>) => ask(createToken, input))
export const useRevokeToken = () => useTokenChange((token_id: Token['token_id']) => ask(revokeToken, { token_id }))

/** What a token may be held to, in words; the empty one is no scope at all. */
export const SCOPES: readonly { scope: TokenScope | ''; label: string; administrators?: boolean }[] = [
  { scope: '', label: 'All that its owner may' },
  { scope: 'read', label: 'Read only' },
  { scope: 'write', label: 'Read and log' },
  { scope: 'registry', label: 'Read, log and registry' },
  { scope: 'access-files', label: 'Apply access files only', administrators: true },
]

export const scopeWords = ({ scopes }: Pick<Token, 'scopes'>): string =>
  scopes.length === 0
    ? 'All that its owner may'
    : scopes.map((scope) => SCOPES.find((known) => known.scope === scope)?.label ?? scope).join(', ')

/** What cannot be used any more stays in the list, in grey. */
export const isOver = ({ expires_at, revoked_at }: Token, now = Date.now()): boolean =>
  revoked_at !== undefined || Number(expires_at) <= now
