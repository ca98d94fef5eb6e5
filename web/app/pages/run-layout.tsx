import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { LoaderFunctionArgs } from 'react-router'
import { Outlet, useMatch, useParams } from 'react-router'
import { useMay } from '../../features/access/access.ts'
import { experimentQuery } from '../../features/experiments/experiments.ts'
import { RunHeader } from '../../features/runs/run-header.tsx'
import type { RunRow } from '../../features/runs/runs.ts'
import { runQuery, toRow } from '../../features/runs/runs.ts'
import { kindOfProblem } from '../../lib/api.ts'
import { paths } from '../../lib/paths.ts'
import { Page } from '../../ui/page.tsx'
import { SkeletonRows } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { ProblemPage } from '../problem-page.tsx'
import { queryClient } from '../query-client.ts'
import c from './run-layout.module.css'

export function loader({ params: { runId = '' } }: LoaderFunctionArgs) {
  void queryClient.prefetchQuery(runQuery(runId))
  return null
}

/** A run still running is read again now and then; its charts follow. */
const RUNNING_REFRESH = 10_000

/** What every page of a run shares: breadcrumbs, name, status, tabs. The page below gets the run as outlet context. */
export function Component() {
  const { runId = '' } = useParams()
  const run = useQuery({
    ...runQuery(runId),
    refetchInterval: (query) => (query.state.data?.run.info.status === 'RUNNING' ? RUNNING_REFRESH : false),
  })
  const experiment = useQuery({
    ...experimentQuery(run.data?.info.experiment_id ?? ''),
    enabled: run.data !== undefined,
  })
  const subject = { resource_type: 'run', resource_id: runId } as const
  const may = useMay(subject)
  const row = useMemo(() => run.data && toRow(run.data), [run.data])
  const onMetrics = useMatch('/runs/:runId/metrics')
  const onArtifacts = useMatch('/runs/:runId/artifacts/*')

  if (run.isError && (!row || kindOfProblem(run.error) === 'forbidden'))
    return (
      <ProblemPage
        what="The run could not be read"
        error={run.error}
        subject={subject}
        onRetry={() => void run.refetch()}
      />
    )
  const experimentName = experiment.data?.name ?? '…'
  const title = [
    onMetrics ? 'Metrics' : '',
    onArtifacts ? 'Artifacts' : '',
    row?.name ?? 'Run',
    experiment.data?.name ?? '',
  ]
  return (
    <Page
      layout={onArtifacts ? 'full' : 'flow'}
      title={title.filter(Boolean)}
      crumbs={[
        { label: 'Experiments', to: paths.experiments() },
        { label: experimentName, to: row ? paths.experiment(row.run.info.experiment_id) : paths.experiments() },
        { label: row?.name ?? '…' },
      ]}
    >
      <div className={onArtifacts ? c.full : c.flow}>
        {row ? <RunHeader row={row} mayEdit={may.edit} /> : <div className={c.waiting} />}
        <div className={c.tabs}>
          <Tabs
            label="Run"
            tabs={[
              { label: 'Overview', to: paths.run(runId), end: true },
              { label: 'Metrics', to: paths.runMetrics(runId), count: row?.metrics.size },
              { label: 'Artifacts', to: paths.runArtifacts(runId) },
            ]}
          />
        </div>
        {row ? <Outlet context={row satisfies RunRow} /> : <SkeletonRows what="the run" />}
      </div>
    </Page>
  )
}
