import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Call, Output } from '#contract'
import { addGroupMember, createGroup, deleteGroup, listGroups, removeGroupMember } from '#contract'
import { ask } from '../../lib/api.ts'

export type Group = Output<typeof listGroups>['groups'][number]
export type Member = Group['members'][number]

export const groupsQuery = queryOptions({
  queryKey: ['groups'],
  queryFn: ({ signal }) => ask(listGroups, {}, signal),
  select: (data) => data.groups,
})

function useGroupChange<I, O>(mutationFn: (input: I) => Promise<O>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn,
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['groups'] }),
        queries.invalidateQueries({ queryKey: ['users'] }),
      ]),
  })
}

export const useCreateGroup = () => useGroupChange((input: Call<typeof createGroup>) => ask(createGroup, input))
export const useDeleteGroup = () => useGroupChange((name: string) => ask(deleteGroup, { name }))
export const useAddMember = () => useGroupChange((input: Call<typeof addGroupMember>) => ask(addGroupMember, input))
export const useRemoveMember = () =>
  useGroupChange((input: Call<typeof removeGroupMember>) => ask(removeGroupMember, input))
