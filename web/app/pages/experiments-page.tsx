import { Button } from '@mantine/core'
import { IconFilter, IconFlask } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useSearchParams } from 'react-router'
import { ExperimentTable } from '../../features/experiments/experiment-table.tsx'
import type { ExperimentOrder, ExperimentSort } from '../../features/experiments/experiments.ts'
import {
  EXPERIMENT_SORTS,
  experimentCountQuery,
  experimentsQuery,
  summariesQuery,
} from '../../features/experiments/experiments.ts'
import { formatCount, plural } from '../../lib/format.ts'
import { snippets } from '../../lib/snippets.ts'
import { Page } from '../../ui/page.tsx'
import { SearchBox } from '../../ui/search-box.tsx'
import { Empty, Failed, SkeletonRows, State } from '../../ui/states.tsx'
import c from './experiments-page.module.css'

const isSort = (by: string | undefined): by is ExperimentSort => EXPERIMENT_SORTS.some((sort) => sort === by)

function readOrder(text: string | null): ExperimentOrder {
  const [by, direction] = text?.split(':') ?? []
  return isSort(by) ? { by, descending: direction !== 'asc' } : { by: 'last_update_time', descending: true }
}

export function Component() {
  const [search, setSearch] = useSearchParams()
  const words = search.get('q') ?? ''
  const order = readOrder(search.get('sort'))
  const set = (name: string, value: string) =>
    setSearch(
      (now) => {
        const next = new URLSearchParams(now)
        if (value) next.set(name, value)
        else next.delete(name)
        return next
      },
      { replace: true, preventScrollReset: true },
    )

  const list = useInfiniteQuery(experimentsQuery(words, order))
  const total = useQuery(experimentCountQuery(words))
  const all = useQuery(experimentCountQuery())
  const experiments = useMemo(() => list.data?.pages.flatMap((page) => page.experiments) ?? [], [list.data])
  const ids = useMemo(() => experiments.map((experiment) => experiment.experiment_id), [experiments])
  const summaries = useQuery(summariesQuery(ids))

  return (
    <Page title={['Experiments']} crumbs={[{ label: 'Experiments' }]}>
      <div className={c.heading}>
        <h1>Experiments</h1>
        <span className="t3" role="status">
          {total.data === undefined || all.data === undefined
            ? ''
            : words
              ? `${formatCount(total.data)} of ${formatCount(all.data)}`
              : `${formatCount(all.data)} you may see`}
        </span>
      </div>
      <div className={c.filters}>
        <SearchBox
          className={c.search}
          label="Find an experiment"
          placeholder="Part of a name"
          value={words}
          onChange={(text) => set('q', text.trim())}
        />
      </div>
      {list.isPending && <SkeletonRows what="experiments" />}
      {list.isError && (
        <Failed what="The experiments could not be read" error={list.error} onRetry={() => void list.refetch()} />
      )}
      {list.isSuccess && experiments.length === 0 && words === '' && (
        <Empty icon={<IconFlask size={20} aria-hidden />} title="No experiments yet" code={snippets.firstRun()}>
          <p>Point a client at this server and the first one shows up here.</p>
        </Empty>
      )}
      {list.isSuccess && experiments.length === 0 && words !== '' && (
        <State
          icon={<IconFilter size={20} aria-hidden />}
          title="No experiment matches"
          actions={
            <Button size="xs" onClick={() => set('q', '')}>
              Clear search
            </Button>
          }
        >
          <p>
            {all.data === undefined
              ? `None has “${words}” in its name.`
              : `${plural(all.data, 'experiment is', 'experiments are')} here, none with “${words}” in its name.`}
          </p>
        </State>
      )}
      {experiments.length > 0 && (
        <div className={list.isPlaceholderData ? c.stale : undefined}>
          <ExperimentTable
            experiments={experiments}
            summaries={summaries.data}
            order={order}
            onOrder={({ by, descending }) => set('sort', `${by}:${descending ? 'desc' : 'asc'}`)}
          />
          <div className={c.foot}>
            <span>
              {total.data === undefined
                ? `${plural(experiments.length, 'experiment')}${list.hasNextPage ? ', and there are more' : ''}`
                : `${formatCount(experiments.length)} of ${plural(total.data, 'experiment')}`}
            </span>
            {list.hasNextPage && (
              <Button size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                Show more
              </Button>
            )}
          </div>
        </div>
      )}
    </Page>
  )
}
