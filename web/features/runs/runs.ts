import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query'
import type { Run } from '#contract'
import { countRuns, deleteRun, getRun, restoreRun, searchRuns } from '#contract'
import { ask } from '../../lib/api.ts'
import { formatCount } from '../../lib/format.ts'
import { runColor } from '../../lib/run-color.ts'
import { askIfThere } from '../../lib/server.ts'

export const runQuery = (runId: string) =>
  queryOptions({
    queryKey: ['runs', 'one', runId],
    queryFn: ({ signal }) => ask(getRun, { run_id: runId }, signal),
    select: (data) => data.run,
  })

export const NEWEST_FIRST = ['attributes.start_time DESC']

/** Pages of 100 by keyset token. `orderBy` is MLflow's: ["metrics.`loss` ASC"]. */
export const runsQuery = (
  experimentIds: readonly string[],
  filter: string,
  orderBy: readonly string[],
  pageSize = 100,
) =>
  infiniteQueryOptions({
    queryKey: ['runs', 'list', experimentIds, filter, orderBy, pageSize],
    queryFn: ({ signal, pageParam }) =>
      ask(
        searchRuns,
        {
          experiment_ids: [...experimentIds],
          filter,
          order_by: [...orderBy],
          max_results: pageSize,
          page_token: pageParam,
        },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
    placeholderData: keepPreviousData,
    // a filter that was refused is not asked again by looking at it
    retryOnMount: false,
    enabled: experimentIds.length > 0,
  })

export const runCountQuery = (experimentIds: readonly string[], filter = '') =>
  queryOptions({
    queryKey: ['runs', 'count', experimentIds, filter],
    queryFn: ({ signal }) => askIfThere(countRuns, { experiment_ids: [...experimentIds], filter }, signal),
    select: (data) => data ?? undefined,
    placeholderData: keepPreviousData,
    enabled: experimentIds.length > 0,
  })

/** `10,000+` where the server stopped counting. */
export const formatTotal = ({ total, more }: { total: number; more: boolean }): string =>
  `${formatCount(total)}${more ? '+' : ''}`

const tagOf = (run: Run, key: string): string | undefined => run.data.tags.find((tag) => tag.key === key)?.value

/** A run as tables and charts want it: values by key. */
export type RunRow = {
  run: Run
  id: string
  name: string
  /** the beginning of the id, where a run beside it has the same name */
  shortId?: string
  color: string
  metrics: ReadonlyMap<string, number>
  params: ReadonlyMap<string, string>
  tags: ReadonlyMap<string, string>
}

// MLflow's routes print ±∞ as the largest double: shown as what it was
const infinite = (value: number) => (Math.abs(value) >= Number.MAX_VALUE ? Math.sign(value) * Infinity : value)

export function toRow(run: Run): RunRow {
  return {
    run,
    id: run.info.run_id,
    name: run.info.run_name,
    color: runColor(run.info.run_id, tagOf(run, 'mlflow.runColor')),
    metrics: new Map(run.data.metrics.map(({ key, value }) => [key, infinite(value)])),
    params: new Map(run.data.params.map(({ key, value }) => [key, value])),
    tags: new Map(run.data.tags.map(({ key, value }) => [key, value])),
  }
}

/** Rows of runs that stand beside one another. */
export function toRows(runs: readonly Run[]): RunRow[] {
  const named = new Map<string, number>()
  for (const { info } of runs) named.set(info.run_name, (named.get(info.run_name) ?? 0) + 1)
  return runs.map((run) => ({
    ...toRow(run),
    ...((named.get(run.info.run_name) ?? 0) > 1 ? { shortId: run.info.run_id.slice(0, 7) } : {}),
  }))
}

/** How a run is called where a name has to do. */
export const labelOf = ({ name, shortId }: RunRow): string => (shortId ? `${name} ${shortId}` : name)

/** Deletes a run, or restores it. */
export function useMoveRun(runId: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (to: 'deleted' | 'active') => ask(to === 'deleted' ? deleteRun : restoreRun, { run_id: runId }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['runs'] }),
  })
}
