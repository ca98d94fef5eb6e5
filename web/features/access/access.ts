import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { Call, Output, PermissionName, Resource } from '#contract'
import {
  decideAccessRequest,
  getAccess,
  getAllowed,
  giveAccess,
  listAccessRequests,
  requestAccess,
  takeAccess,
} from '#contract'
import { ask } from '../../lib/api.ts'
import { sessionQuery } from '../../lib/session.ts'

export type { Resource }
export type Allowed = Output<typeof getAllowed>
export type May = Allowed['may']
export type Access = Output<typeof getAccess>
export type Grant = Access['grants'][number]
export type AccessRequest = Output<typeof listAccessRequests>['own'][number]
/** What a page is about, as it knows it: a run goes by its experiment. */
export type Subject = Call<typeof getAllowed>

export const allowedQuery = (subject: Subject) =>
  queryOptions({
    queryKey: ['access', 'allowed', subject.resource_type, subject.resource_id],
    queryFn: ({ signal }) => ask(getAllowed, subject, signal),
    staleTime: 60_000,
  })

const EVERYTHING: May = { read: true, use: true, edit: true, manage: true, review: true, approve: true }
const NOTHING: May = { read: false, use: false, edit: false, manage: false, review: false, approve: false }

/** What the reader may do: nothing while that is not known, everything where nobody signs in. */
export function useMay(subject: Subject): May {
  const auth = useQuery(sessionQuery).data?.auth
  const allowed = useQuery({ ...allowedQuery(subject), enabled: auth === 'on' && subject.resource_id !== '' })
  return auth === 'off' ? EVERYTHING : (allowed.data?.may ?? NOTHING)
}

export const accessQuery = (resource: Resource) =>
  queryOptions({
    queryKey: ['access', 'grants', resource.resource_type, resource.resource_id],
    queryFn: ({ signal }) => ask(getAccess, resource, signal),
  })

export const requestsQuery = queryOptions({
  queryKey: ['access', 'requests'],
  queryFn: ({ signal }) => ask(listAccessRequests, {}, signal),
})

function useAccessChange<I, O>(mutationFn: (input: I) => Promise<O>) {
  const queries = useQueryClient()
  return useMutation({ mutationFn, onSuccess: () => queries.invalidateQueries({ queryKey: ['access'] }) })
}

export const useGiveAccess = () => useAccessChange((input: Call<typeof giveAccess>) => ask(giveAccess, input))
export const useTakeAccess = () => useAccessChange((input: Call<typeof takeAccess>) => ask(takeAccess, input))
export const useRequestAccess = () => useAccessChange((input: Call<typeof requestAccess>) => ask(requestAccess, input))
export const useDecide = () =>
  useAccessChange((input: Call<typeof decideAccessRequest>) => ask(decideAccessRequest, input))

/** What can be given and asked for, with what it is for. */
export const GIVEN: readonly { permission: Exclude<PermissionName, 'NO_PERMISSIONS'>; meaning: string }[] = [
  { permission: 'READ', meaning: 'Read: see everything' },
  { permission: 'USE', meaning: 'Use: read, and use its models' },
  { permission: 'EDIT', meaning: 'Edit: log runs, change tags and notes' },
  { permission: 'MANAGE', meaning: 'Manage: rename, delete, give access' },
  { permission: 'REVIEW', meaning: 'Review: read, and review' },
  { permission: 'APPROVE', meaning: 'Approve: read, and sign off' },
]
