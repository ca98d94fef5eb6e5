import { useQuery } from '@tanstack/react-query'
import { paths } from '../lib/paths.ts'
import { sessionQuery } from '../lib/session.ts'
import type { Tab } from '../ui/tabs.tsx'
import { Tabs } from '../ui/tabs.tsx'

/** What an experiment has pages for. */
export function ExperimentTabs({ experimentId, runs }: { experimentId: string; runs?: number | undefined }) {
  const signedIn = useQuery(sessionQuery).data?.user !== undefined
  const tabs: Tab[] = [{ label: 'Runs', to: paths.experiment(experimentId), count: runs, end: true }]
  if (signedIn) tabs.push({ label: 'Access', to: paths.experimentAccess(experimentId) })
  return <Tabs label="Experiment" tabs={tabs} />
}
