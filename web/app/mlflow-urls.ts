import { paths } from '../lib/paths.ts'

const RUN_TABS: Record<string, (runId: string) => string> = {
  'model-metrics': (runId) => paths.runMetrics(runId),
  'system-metrics': (runId) => paths.runMetrics(runId, { find: 'system/' }),
}

/** ids in a compare link: a JSON list, or what is left of one after a mail program had it. */
function listIn(text: string | null): string[] {
  return text?.match(/[0-9A-Za-z_-]+/g) ?? []
}

/** orderByKey is canonical in MLflow: metrics.`rmse` → metrics.rmse */
function sortOf(search: URLSearchParams): string | undefined {
  const key = search.get('orderByKey')?.replaceAll('`', '')
  return key && `${key}:${search.get('orderByAsc') === 'true' ? 'asc' : 'desc'}`
}

function runPath(runId: string, [tab = '', ...rest]: string[], search: URLSearchParams): string {
  if (tab === 'artifacts' || tab === 'artifactPath')
    return paths.runArtifacts(runId, rest.join('/') || (search.get('selectedArtifact') ?? ''))
  return RUN_TABS[tab]?.(runId) ?? paths.run(runId)
}

/** The address in this app of a hash address of MLflow's page; undefined where the hash is not one. */
export function fromMlflowHash(hash: string): string | undefined {
  if (!hash.startsWith('#/')) return undefined
  const url = new URL(hash.slice(1), 'http://mlflow.invalid')
  const [place, id, below, ...rest] = url.pathname.split('/').filter(Boolean).map(decodeURIComponent)
  const search = url.searchParams
  if (place === undefined) return paths.home()
  if (place === 'experiments') {
    if (id === undefined) return paths.experiments()
    if (below === 'runs' && rest[0]) return runPath(rest[0], rest.slice(1), search)
    return paths.experiment(id, { filter: search.get('searchFilter') ?? undefined, sort: sortOf(search) })
  }
  if (place === 'runs' && id) return runPath(id, [below ?? '', ...rest], search)
  if (place === 'compare-runs') return paths.compare(listIn(search.get('runs')))
  if (place === 'metric') {
    const [first] = listIn(search.get('runs'))
    const key = search.get('metric')?.replaceAll('"', '')
    return first ? paths.runMetrics(first, key ? { find: key } : {}) : paths.experiments()
  }
  return paths.home()
}
