/** Every address of the app is built here, so that a route is renamed in one place. */

type Search = Record<string, string | number | boolean | readonly string[] | undefined>

function withSearch(path: string, search: Search = {}): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(search)) {
    if (value === undefined || value === '' || value === false) continue
    params.set(key, Array.isArray(value) ? value.join(',') : String(value))
  }
  const text = params.toString()
  return text ? `${path}?${text}` : path
}

const segment = (value: string | number | bigint) => encodeURIComponent(String(value))
/** A path inside an artifact folder: its slashes stay. */
const segments = (path: string) => path.split('/').filter(Boolean).map(segment).join('/')

export type RunsSearch = { filter?: string | undefined; sort?: string | undefined; columns?: string | undefined }

export const paths = {
  home: () => '/',
  experiments: (search: { q?: string } = {}) => withSearch('/experiments', search),
  experiment: (experimentId: string | number | bigint, search: RunsSearch = {}) =>
    withSearch(`/experiments/${segment(experimentId)}`, search),
  run: (runId: string) => `/runs/${segment(runId)}`,
  runMetrics: (runId: string, search: { find?: string } = {}) => withSearch(`/runs/${segment(runId)}/metrics`, search),
  runArtifacts: (runId: string, path = '') => `/runs/${segment(runId)}/artifacts${path ? `/${segments(path)}` : ''}`,
  compare: (runIds: readonly string[]) => withSearch('/compare', { runs: runIds }),
  experimentAccess: (experimentId: string) => `/experiments/${segment(experimentId)}/access`,
  /** `next`: the page that one is on the way to */
  signIn: (next?: string) => withSearch('/sign-in', { next: next === '/' ? undefined : next }),
  setUp: () => '/set-up',
  forgotPassword: () => '/forgot-password',
  account: () => '/account',
  tokens: () => '/account/tokens',
  accessRequests: () => '/account/requests',
  admin: () => '/admin',
  users: (search: { q?: string } = {}) => withSearch('/admin/users', search),
  user: (username: string) => `/admin/users/${segment(username)}`,
  groups: () => '/admin/groups',
  accessFiles: () => '/admin/access-files',
  mails: () => '/admin/mail',
  audit: (search: { actor?: string; object?: string } = {}) => withSearch('/admin/audit', search),
}
