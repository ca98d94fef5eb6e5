import { useOutletContext } from 'react-router'
import { MetricsPanel } from '../../features/metrics/metrics-panel.tsx'
import { KeyValues } from '../../features/runs/key-values.tsx'
import { RunDatasets, RunDetails, RunNotes, RunTags } from '../../features/runs/run-facts.tsx'
import type { RunRow } from '../../features/runs/runs.ts'
import c from './run-overview-page.module.css'

/** Enough to decide whether this is the right run. */
export function Component() {
  const row = useOutletContext<RunRow>()
  const params = [...row.params].sort(([a], [b]) => a.localeCompare(b))
  return (
    <div className={c.columns}>
      <div className={c.main}>
        <MetricsPanel runId={row.id} metrics={row.run.data.metrics} color={row.color} />
        <KeyValues title="Params" entries={params} nothing="None logged" />
        <RunDatasets row={row} />
      </div>
      <aside className={c.side} aria-label="Facts">
        <RunDetails row={row} />
        <RunTags row={row} />
        <RunNotes row={row} />
      </aside>
    </div>
  )
}
