import { useOutletContext, useParams } from 'react-router'
import { ArtifactBrowser } from '../../features/artifacts/artifact-browser.tsx'
import type { RunRow } from '../../features/runs/runs.ts'

export function Component() {
  const row = useOutletContext<RunRow>()
  const path = (useParams()['*'] ?? '').replace(/\/+$/, '')
  return <ArtifactBrowser runId={row.id} path={path} />
}
