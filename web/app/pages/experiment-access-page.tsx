import { IconFileCode } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useParams } from 'react-router'
import type { Allowed, Resource } from '../../features/access/access.ts'
import { accessQuery, allowedQuery } from '../../features/access/access.ts'
import { AccessPanel } from '../../features/access/access-panel.tsx'
import { AskForm } from '../../features/access/ask-form.tsx'
import { GiveForm } from '../../features/access/give-form.tsx'
import { experimentQuery } from '../../features/experiments/experiments.ts'
import { paths } from '../../lib/paths.ts'
import { Page } from '../../ui/page.tsx'
import { Fact, Facts, Panel } from '../../ui/panel.tsx'
import { Permission } from '../../ui/permission.tsx'
import { Failed, SkeletonRows } from '../../ui/states.tsx'
import { ExperimentTabs } from '../experiment-tabs.tsx'
import { ProblemPage } from '../problem-page.tsx'
import c from './experiment-access-page.module.css'
import t from './tabbed-layout.module.css'

/** Who can see an experiment, and through what; what one may do oneself, and asking for more. */
export function Component() {
  const { experimentId = '' } = useParams()
  const resource: Resource = { resource_type: 'experiment', resource_id: experimentId }
  const experiment = useQuery(experimentQuery(experimentId))
  const allowed = useQuery(allowedQuery(resource))
  const problem = experiment.error ?? allowed.error
  if (problem)
    return (
      <ProblemPage
        what="The access could not be read"
        error={problem}
        subject={resource}
        onRetry={() => void Promise.all([experiment.refetch(), allowed.refetch()])}
      />
    )
  const name = experiment.data?.name ?? ''
  return (
    <Page
      title={['Access', name].filter(Boolean)}
      crumbs={[
        { label: 'Experiments', to: paths.experiments() },
        { label: name || '…', to: paths.experiment(experimentId) },
        { label: 'Access' },
      ]}
    >
      <div className={t.tabs}>
        <ExperimentTabs experimentId={experimentId} />
      </div>
      <h1 className={c.heading}>{allowed.data?.may.manage ? 'Who can see this, and through what' : 'Access'}</h1>
      {allowed.data ? <Access allowed={allowed.data} resource={resource} /> : <SkeletonRows what="the access" />}
    </Page>
  )
}

function Access({ allowed, resource }: { allowed: Allowed; resource: Resource }) {
  const manages = allowed.may.manage
  // all of it at once: what comes by itself would push the rest down
  const access = useQuery({ ...accessQuery(resource), enabled: manages })
  if (manages && access.isPending) return <SkeletonRows what="the access" />
  return (
    <>
      {allowed.access_file && (
        <p className={c.managed}>
          <IconFileCode size={16} stroke={1.7} aria-hidden />
          <span>
            <b className="medium">Managed by a file.</b> <span className="mono">{allowed.access_file}</span> says who
            may do what; here it can be read, not changed.
          </span>
        </p>
      )}
      <div className={t.columns}>
        {access.isError && (
          <Failed what="The access could not be read" error={access.error} onRetry={() => void access.refetch()} />
        )}
        {access.data && <AccessPanel access={access.data} resource={resource} />}
        {!manages && <WhoToAsk allowed={allowed} />}
        <div className={t.pile}>
          {manages && !allowed.access_file && (
            <Panel title="Give access" padded>
              <GiveForm resource={resource} />
            </Panel>
          )}
          {!manages && (
            <Panel title="Ask for more" padded>
              <AskForm allowed={allowed} />
            </Panel>
          )}
        </div>
      </div>
    </>
  )
}

/** For who may see it, and not manage it. */
function WhoToAsk({ allowed }: { allowed: Allowed }) {
  return (
    <Panel title="You" padded>
      <Facts>
        <Fact name="You may">
          {allowed.permissions.length === 0
            ? 'read it, as everybody here'
            : allowed.permissions.map((permission) => <Permission key={permission} permission={permission} />)}
        </Fact>
        <Fact name="Can give more">
          {allowed.managers.map(({ username }) => username).join(', ') || 'an administrator'}
        </Fact>
      </Facts>
      <p className={c.note}>Who else may see it is shown to those who manage it.</p>
    </Panel>
  )
}
