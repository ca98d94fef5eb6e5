import { IconFlask } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { Link } from 'react-router'
import { requestsQuery } from '../../features/access/access.ts'
import { RequestsToDecide } from '../../features/access/requests-panel.tsx'
import { experimentsQuery, summariesQuery } from '../../features/experiments/experiments.ts'
import { RunLines } from '../../features/runs/run-lines.tsx'
import { formatTotal, NEWEST_FIRST, runCountQuery, runsQuery, toRows } from '../../features/runs/runs.ts'
import { formatCount, plural } from '../../lib/format.ts'
import { paths } from '../../lib/paths.ts'
import { sessionQuery } from '../../lib/session.ts'
import { snippets } from '../../lib/snippets.ts'
import { Page } from '../../ui/page.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Empty, Failed, SkeletonRows } from '../../ui/states.tsx'
import { resourceName } from '../resource-name.tsx'
import c from './home-page.module.css'

const RECENT = { by: 'last_update_time', descending: true } as const
const RUNNING = "attributes.status = 'RUNNING'"

/** Where one left off: what runs now, the latest runs, the experiments that changed last. */
export function Component() {
  const experiments = useInfiniteQuery(experimentsQuery('', RECENT, 50))
  const list = useMemo(() => experiments.data?.pages[0]?.experiments ?? [], [experiments.data])
  const ids = useMemo(() => list.map((experiment) => experiment.experiment_id), [list])
  const summaries = useQuery(summariesQuery(ids))
  const signedIn = useQuery(sessionQuery).data?.user !== undefined
  const waiting = useQuery({ ...requestsQuery, enabled: signedIn }).data?.to_decide ?? []
  const running = useInfiniteQuery({ ...runsQuery(ids, RUNNING, NEWEST_FIRST, 5), refetchInterval: 15_000 })
  const runningTotal = useQuery(runCountQuery(ids, RUNNING))
  const latest = useInfiniteQuery(runsQuery(ids, '', NEWEST_FIRST, 10))
  const names = new Map(list.map((experiment) => [experiment.experiment_id, experiment.name]))
  const nameOf = (id: string) => names.get(id) ?? ''
  const rowsOf = (query: typeof latest) => toRows(query.data?.pages[0]?.runs ?? [])
  const runningRows = rowsOf(running)
  const latestRows = rowsOf(latest)
  const failed = [experiments, running, latest].find((query) => query.isError)
  // all of it at once: what comes by itself would push the rest down
  const ready = experiments.isSuccess && (ids.length === 0 || (running.isSuccess && latest.isSuccess))

  return (
    <Page title={['Home']} crumbs={[{ label: 'Home' }]}>
      <h1 className="vh">Home</h1>
      {failed && (
        <Failed what="The runs could not be read" error={failed.error} onRetry={() => void failed.refetch()} />
      )}
      {!failed && !ready && <SkeletonRows what="runs" rows={12} />}
      {ready && latestRows.length === 0 && (
        <Empty icon={<IconFlask size={20} aria-hidden />} title="No runs yet" code={snippets.firstRun()}>
          <p>Point a client at this server and the first run shows up here.</p>
        </Empty>
      )}
      {ready && latestRows.length > 0 && (
        <div className={c.columns}>
          <div className={c.pile}>
            {runningRows.length > 0 && (
              <Panel
                title="Running now"
                note={`${formatCount(runningRows.length)} of ${formatTotal(runningTotal.data ?? { total: runningRows.length, more: running.hasNextPage })}`}
              >
                <RunLines rows={runningRows} nameOf={nameOf} now={running.dataUpdatedAt} />
              </Panel>
            )}
            <Panel title="Latest runs">
              <RunLines rows={latestRows} nameOf={nameOf} now={latest.dataUpdatedAt} />
            </Panel>
          </div>
          <div className={c.pile}>
            {waiting.length > 0 && <RequestsToDecide requests={waiting} nameOf={resourceName} />}
            <Panel title="Experiments" action={<Link to={paths.experiments()}>All</Link>}>
              <ul className={c.experiments}>
                {list.slice(0, 10).map(({ experiment_id, name }) => {
                  const summary = summaries.data?.get(experiment_id)
                  return (
                    <li key={experiment_id}>
                      <IconFlask size={16} stroke={1.7} aria-hidden />
                      <Link className="plain medium ell" to={paths.experiment(experiment_id)} title={name}>
                        {name}
                      </Link>
                      <Note runs={summary?.runs} running={summary?.running} failed={summary?.failed} />
                    </li>
                  )
                })}
              </ul>
            </Panel>
          </div>
        </div>
      )}
    </Page>
  )
}

type NoteProps = { runs: number | undefined; running: number | undefined; failed: number | undefined }

/** The one thing worth saying of an experiment: that it runs, that something failed, or how many runs it has. */
function Note({ runs, running, failed }: NoteProps) {
  if (running) return <span className={`${c.note} ${c.running}`}>{`${formatCount(running)} running`}</span>
  if (failed) return <span className={`${c.note} ${c.failed}`}>{`${formatCount(failed)} failed`}</span>
  return <span className={`${c.note} t3`}>{runs === undefined ? '' : plural(runs, 'run')}</span>
}
