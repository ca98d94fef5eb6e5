import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { findPeople } from '#contract'
import { ask } from './api.ts'

/** Users and groups by part of their name, for fields that one types a name into. */
export const peopleQuery = (search: string) =>
  queryOptions({
    queryKey: ['people', search],
    queryFn: ({ signal }) => ask(findPeople, { search }, signal),
    placeholderData: keepPreviousData,
  })
