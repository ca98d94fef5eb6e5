import { queryOptions } from '@tanstack/react-query'
import type { Output } from '#contract'
import { getAccessFilesStatus } from '#contract'
import { ask } from '../../lib/api.ts'

export type AccessFilesStatus = Output<typeof getAccessFilesStatus>

export const accessFilesQuery = queryOptions({
  queryKey: ['access-files'],
  queryFn: ({ signal }) => ask(getAccessFilesStatus, {}, signal),
})
