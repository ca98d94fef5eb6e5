import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import type { Account, Call } from '#contract'
import { createUser, deleteUser, getUser, listUsers, makeLink, updateUser } from '#contract'
import { ask } from '../../lib/api.ts'

export const usersQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['users', 'list', search],
    queryFn: ({ signal, pageParam }) => ask(listUsers, { search, max_results: 100, page_token: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
    placeholderData: keepPreviousData,
  })

export const userQuery = (username: string) =>
  queryOptions({
    queryKey: ['users', 'one', username],
    queryFn: ({ signal }) => ask(getUser, { username }, signal),
    select: (data) => data.user,
  })

function useUserChange<I, O>(mutationFn: (input: I) => Promise<O>) {
  const queries = useQueryClient()
  return useMutation({ mutationFn, onSuccess: () => queries.invalidateQueries({ queryKey: ['users'] }) })
}

export const useCreateUser = () => useUserChange((input: Call<typeof createUser>) => ask(createUser, input))
export const useUpdateUser = () => useUserChange((input: Call<typeof updateUser>) => ask(updateUser, input))
export const useMakeLink = () => useUserChange((input: Call<typeof makeLink>) => ask(makeLink, input))

export function useDeleteUser() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (username: string) => ask(deleteUser, { username }),
    // the page of who is gone would ask for them again
    onSuccess: () => queries.invalidateQueries({ queryKey: ['users', 'list'] }),
  })
}

type State = 'active' | 'invited' | 'disabled'

/** Invited: a person who was never seen. */
export const stateOf = ({ disabled, kind, last_seen_at, has_password }: Account): State =>
  disabled ? 'disabled' : kind === 'person' && last_seen_at === undefined && !has_password ? 'invited' : 'active'
