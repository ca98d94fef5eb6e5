import { Button, Switch } from '@mantine/core'
import { useHotkeys, useMediaQuery } from '@mantine/hooks'
import { IconFilter, IconFlask } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { RowSelectionState } from '@tanstack/react-table'
import { useCallback, useMemo, useState } from 'react'
import type { LoaderFunctionArgs } from 'react-router'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { experimentQuery } from '../../features/experiments/experiments.ts'
import { ColumnPicker } from '../../features/runs/column-picker.tsx'
import { columnsOf, sameValues, shownColumns } from '../../features/runs/columns.ts'
import { FilterBox, focusFilter } from '../../features/runs/filter-box.tsx'
import { formatTotal, runCountQuery, runsQuery, toRows } from '../../features/runs/runs.ts'
import { RunsList } from '../../features/runs/runs-list.tsx'
import { RunsTable } from '../../features/runs/runs-table.tsx'
import { SameLine } from '../../features/runs/same-line.tsx'
import { SelectionBar } from '../../features/runs/selection-bar.tsx'
import { SortMenu } from '../../features/runs/sort-menu.tsx'
import type { RunsView } from '../../features/runs/view.ts'
import { asFilter, orderBy, readView, writeView } from '../../features/runs/view.ts'
import { vocabularyOf } from '../../features/runs/vocabulary.ts'
import { kindOfProblem } from '../../lib/api.ts'
import { formatCount, plural } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import { snippets } from '../../lib/snippets.ts'
import { useLastDefined } from '../../lib/use-last-defined.ts'
import { Page } from '../../ui/page.tsx'
import { Empty, Failed, SkeletonRows, State } from '../../ui/states.tsx'
import { ExperimentTabs } from '../experiment-tabs.tsx'
import { ProblemPage } from '../problem-page.tsx'
import { queryClient } from '../query-client.ts'
import c from './experiment-page.module.css'

export function loader({ params: { experimentId = '' }, request }: LoaderFunctionArgs) {
  const view = readView(new URL(request.url).searchParams)
  void queryClient.prefetchQuery(experimentQuery(experimentId))
  void queryClient.prefetchInfiniteQuery(runsQuery([experimentId], asFilter(view.filter), orderBy(view)))
  return null
}

export function Component() {
  const { experimentId = '' } = useParams()
  const experiment = useQuery(experimentQuery(experimentId))
  if (experiment.isError)
    return (
      <ProblemPage
        what="The experiment could not be read"
        error={experiment.error}
        subject={{ resource_type: 'experiment', resource_id: experimentId }}
        onRetry={() => void experiment.refetch()}
      />
    )
  return <Runs key={experimentId} experimentId={experimentId} name={experiment.data?.name ?? ''} />
}

function Runs({ experimentId, name }: { experimentId: string; name: string }) {
  const navigate = useNavigate()
  const phone = useMediaQuery('(max-width: 640px)', undefined, { getInitialValueInEffect: false })
  const [search, setSearch] = useSearchParams()
  const view = useMemo(() => readView(search), [search])
  const change = (next: Partial<RunsView>) =>
    setSearch((now) => writeView(now, next), { preventScrollReset: true, replace: next.filter === undefined })

  const filter = asFilter(view.filter)
  const ids = useMemo(() => [experimentId], [experimentId])
  const list = useInfiniteQuery(runsQuery(ids, filter, orderBy(view)))
  // a filter that is wrong leaves the old rows where they are
  const pages = useLastDefined(list.data)?.pages
  const rows = useMemo(() => toRows(pages?.flatMap((page) => page.runs) ?? []), [pages])
  const all = useQuery(runCountQuery(ids))
  const matching = useQuery({ ...runCountQuery(ids, filter), enabled: list.isSuccess && !list.isPlaceholderData })
  const matched = matching.data ?? { total: rows.length, more: list.hasNextPage }

  const columns = useMemo(() => columnsOf(rows), [rows])
  const shown = useMemo(() => shownColumns(columns, view, rows.length), [columns, view, rows.length])
  const same = useMemo(() => sameValues(columns, rows), [columns, rows])
  const vocabulary = useMemo(() => vocabularyOf(columns, rows), [columns, rows])

  const [selection, setSelection] = useState<RowSelectionState>({})
  const selected = Object.keys(selection)
  const [active, setActive] = useState(-1)
  const [visible, setVisible] = useState<[number, number]>([0, 0])
  const onVisible = useCallback((first: number, last: number) => setVisible([first, last]), [])
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const onNearEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])

  const move = (by: number) => setActive((now) => Math.max(0, Math.min(rows.length - 1, now + by)))
  const activeRow = rows[active]
  useHotkeys([
    ['/', focusFilter],
    ['J', () => move(1)],
    ['K', () => move(-1)],
    ['D', () => change({ showEqual: !view.showEqual })],
    ['X', () => activeRow && setSelection((now) => toggled(now, activeRow.id))],
    ['O', () => activeRow && void navigate(paths.run(activeRow.id))],
    ['C', () => selected.length > 1 && void navigate(paths.compare(selected))],
  ])

  const refused = list.isError && kindOfProblem(list.error) === 'refused'
  const none = list.isSuccess && rows.length === 0
  return (
    <Page
      layout="full"
      title={['Runs', name].filter(Boolean)}
      crumbs={[{ label: 'Experiments', to: paths.experiments() }, { label: name || '…' }]}
    >
      <h1 className="vh">{`Runs of ${name}`}</h1>
      <div className={c.tabs}>
        <ExperimentTabs experimentId={experimentId} runs={all.data?.more ? undefined : all.data?.total} />
      </div>
      <div className={c.bar}>
        <FilterBox
          value={view.filter}
          onApply={(text) => change({ filter: text })}
          error={refused ? list.error : undefined}
          vocabulary={vocabulary}
          oldStays={rows.length > 0}
        />
      </div>
      <div className={c.tools} role="toolbar" aria-label="Table">
        <span className={c.count} role="status">
          {all.data === undefined ? (
            matching.isSuccess && <b>{`${formatTotal(matched)} ${matched.total === 1 ? 'run' : 'runs'}`}</b>
          ) : (
            <>
              <b>{formatTotal(matched)}</b>
              {` of ${formatTotal(all.data)} ${all.data.total === 1 ? 'run' : 'runs'}`}
            </>
          )}
        </span>
        <Switch
          label={same.length > 0 ? `Hide ${plural(same.length, 'equal column')}` : 'Hide equal columns'}
          checked={!view.showEqual}
          onChange={(event) => change({ showEqual: !event.currentTarget.checked })}
        />
        <span className={c.rule} />
        <SortMenu
          columns={shown}
          sort={{ by: view.sort, descending: view.descending }}
          onSort={({ by, descending }) => change({ sort: by, descending })}
        />
        <ColumnPicker
          all={columns}
          shown={shown}
          chosen={view.columns !== undefined}
          onChange={(ids) => change({ columns: ids })}
        />
      </div>
      <div className={c.body} data-stale={list.isPlaceholderData || undefined}>
        {!view.showEqual && (
          <SameLine values={same} rows={rows.length} complete={!matched.more && rows.length >= matched.total} />
        )}
        {list.isPending && <SkeletonRows what="runs" rows={12} />}
        {list.isError && !refused && (
          <Failed what="The runs could not be read" error={list.error} onRetry={() => void list.refetch()} />
        )}
        {refused && rows.length === 0 && (
          <State
            icon={<IconFilter size={20} aria-hidden />}
            title="The filter cannot be read"
            actions={
              <Button size="xs" onClick={() => change({ filter: '' })}>
                Clear filter
              </Button>
            }
          >
            <p>Runs show up here once it is right.</p>
          </State>
        )}
        {none && filter === '' && (
          <Empty icon={<IconFlask size={20} aria-hidden />} title="No runs yet" code={snippets.run(name)}>
            <p>Point a client at this server and the first run shows up here.</p>
          </Empty>
        )}
        {none && filter !== '' && (
          <State
            icon={<IconFilter size={20} aria-hidden />}
            title="No run matches"
            actions={
              <Button size="xs" onClick={() => change({ filter: '' })}>
                Clear filter
              </Button>
            }
          >
            <p>
              {all.data
                ? `${formatTotal(all.data)} ${all.data.total === 1 ? 'run is' : 'runs are'} here, none with `
                : 'None is with '}
              <span className="mono">{view.filter}</span>
            </p>
          </State>
        )}
        {rows.length > 0 &&
          (phone ? (
            <RunsList
              rows={rows}
              columns={shown}
              sortedBy={view.sort}
              selection={selection}
              onSelection={setSelection}
              onNearEnd={onNearEnd}
            />
          ) : (
            <RunsTable
              rows={rows}
              columns={shown}
              total={matched.more ? undefined : matched.total}
              sort={{ by: view.sort, descending: view.descending }}
              onSort={({ by, descending }) => change({ sort: by, descending })}
              selection={selection}
              onSelection={setSelection}
              active={active}
              onNearEnd={onNearEnd}
              onVisible={onVisible}
            />
          ))}
      </div>
      <SelectionBar runIds={selected} onClear={() => setSelection({})} />
      {rows.length > 0 && !phone && (
        <footer className={c.foot}>
          <span>{`Rows ${formatCount(visible[0] + 1)} to ${formatCount(Math.min(visible[1] + 1, rows.length))} of ${formatTotal(matched)}`}</span>
          <span className="t3">{isFetchingNextPage ? 'Loading more…' : `${formatCount(rows.length)} loaded`}</span>
          <span className={`${c.keys} t3`}>
            <kbd>J</kbd> <kbd>K</kbd> rows <kbd>O</kbd> open <kbd>X</kbd> select <kbd>C</kbd> compare <kbd>D</kbd>{' '}
            differences <kbd>/</kbd> filter
          </span>
        </footer>
      )}
    </Page>
  )
}

function toggled(selection: RowSelectionState, id: string): RowSelectionState {
  const { [id]: was, ...others } = selection
  return was ? others : { ...others, [id]: true }
}
