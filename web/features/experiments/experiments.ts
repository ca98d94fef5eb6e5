import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { countExperiments, getExperiment, searchExperiments, summariseExperiments } from '#contract'
import { ask } from '../../lib/api.ts'
import { askIfThere } from '../../lib/server.ts'

export const experimentQuery = (experimentId: string) =>
  queryOptions({
    queryKey: ['experiments', 'one', experimentId],
    queryFn: ({ signal }) => ask(getExperiment, { experiment_id: experimentId }, signal),
    select: (data) => data.experiment,
    staleTime: 60_000,
  })

export const EXPERIMENT_SORTS = ['name', 'creation_time', 'last_update_time'] as const
export type ExperimentSort = (typeof EXPERIMENT_SORTS)[number]
export type ExperimentOrder = { by: ExperimentSort; descending: boolean }

/** `50% done` → `name ILIKE '%50\% done%'`: what the reader typed means itself. */
const nameContains = (words: string) =>
  words && `name ILIKE '%${words.replaceAll(/[\\%_]/g, '\\$&').replaceAll("'", "''")}%'`

export const experimentsQuery = (words: string, order: ExperimentOrder, pageSize = 100) =>
  infiniteQueryOptions({
    queryKey: ['experiments', 'list', words, order, pageSize],
    queryFn: ({ signal, pageParam }) =>
      ask(
        searchExperiments,
        {
          filter: nameContains(words),
          order_by: [`${order.by} ${order.descending ? 'DESC' : 'ASC'}`],
          max_results: pageSize,
          page_token: pageParam,
        },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
    placeholderData: keepPreviousData,
  })

export const experimentCountQuery = (words = '') =>
  queryOptions({
    queryKey: ['experiments', 'count', words],
    queryFn: ({ signal }) => askIfThere(countExperiments, { filter: nameContains(words) }, signal),
    select: (data) => data?.total,
    placeholderData: keepPreviousData,
  })

export const summariesQuery = (experimentIds: readonly string[]) =>
  queryOptions({
    queryKey: ['experiments', 'summaries', experimentIds],
    queryFn: ({ signal }) => askIfThere(summariseExperiments, { experiment_ids: [...experimentIds] }, signal),
    // null where the server has none, which is not the same as not knowing yet
    select: (data) => data && new Map(data.summaries.map((summary) => [summary.experiment_id, summary])),
    enabled: experimentIds.length > 0,
    placeholderData: keepPreviousData,
  })
