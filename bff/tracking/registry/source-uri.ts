import { invalid } from '#contract'

/** What decides where a source is; scheme and segments are decoded, since some client will decode them. */
export type SourceUri = { text: string; scheme: string; host: string; absolute: boolean; segments: readonly string[] }

/** They name the host that would be connected to, which is not for a caller to choose. */
const HOST_ADDRESSED = new Set(['ftp', 'sftp', 'hdfs', 'viewfs', 'http', 'https', 'r2', 'b2', 'abfss'])
/** They name something of this server, and nothing else. */
const OURS = new Set(['runs', 'models', 'mlflow-artifacts'])

export const badSource = (source: string, why: string) =>
  invalid(`Invalid model version source: '${source.slice(0, 300)}'. ${why}`, { field: 'source' })

const relative = (source: string) =>
  badSource(
    source,
    'If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided, without relative path references, backslashes or encoded slashes.',
  )

/** No scheme, `file:`, or a drive of Windows. */
export const isLocal = ({ scheme }: SourceUri) => scheme === '' || scheme === 'file'

export function parseUri(text: string): SourceUri {
  const [, scheme = '', rest = text] = /^([a-z][a-z0-9+.-]+):(.*)$/isu.exec(text) ?? []
  const [path = ''] = rest.split(/[?#;]/u)
  const [, host = '', below = path] = /^\/\/([^/]*)(.*)$/su.exec(path) ?? []
  const segments = below.split('/').filter(Boolean).map(decodedWhole)
  return { text, scheme: scheme.toLowerCase(), host, absolute: below.startsWith('/'), segments }
}

/** A source that means the same place to everyone who reads it, however often it is decoded; throws for all others. */
export function sourceUri(source: string): SourceUri {
  const uri = parseUri(source)
  const decoded = decodedWhole(source)
  const twisted = source.trim() !== source || /\p{Cc}|\\/u.test(decoded) || decoded.split('/').includes('..')
  if (twisted || uri.host.includes('%') || uri.segments.some((segment) => segment.includes('/'))) throw relative(source)
  if (HOST_ADDRESSED.has(uri.scheme) || (uri.scheme === 'mlflow-artifacts' && uri.host))
    throw invalid(
      `'source' cannot use the '${uri.scheme}' scheme: it names a host, which this server would connect to. Use runs:/, models:/ or mlflow-artifacts:/, or the address of a bucket.`,
      { field: 'source' },
    )
  const known = isLocal(uri) || (uri.absolute && uri.segments.length > 0 && !uri.segments.includes('.'))
  if (!known || (OURS.has(uri.scheme) && /[?#;]/u.test(decoded))) throw relative(source)
  return uri
}

/** The path of a source below a root, or nothing where it is elsewhere. */
export function pathWithin(uri: SourceUri, root: string): string | undefined {
  const whole = parseUri(root)
  const { host, segments } = whole
  const same = (isLocal(uri) ? isLocal(whole) : uri.scheme === whole.scheme) && uri.host === host && uri.absolute
  if (!same || segments.length === 0 || segments.some((segment, n) => segment !== uri.segments[n])) return undefined
  return uri.segments.slice(segments.length).join('/')
}

const MOST_ROUNDS = 20

/** Percent-decoded until nothing changes; what cannot be decoded stays as it is. */
function decodedWhole(text: string): string {
  let decoded = text
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = decoded.replace(/(?:%[0-9a-f]{2})+/gi, decodedOnce)
    if (next === decoded) return decoded
    decoded = next
  }
  throw badSource(text, 'It is percent-encoded too often.')
}

function decodedOnce(escaped: string): string {
  try {
    return decodeURIComponent(escaped)
  } catch {
    return escaped
  }
}
