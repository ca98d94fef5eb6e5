import type { IncomingMessage } from 'node:http'
import { isIPv4 } from 'node:net'
import { ApiError } from '#contract'

export type HostRules = {
  /** Names beside localhost and private addresses: `name`, `name:port`, `*.name`, or `*` for all. */
  allowed: readonly string[]
  /** The address listened on, if it is a name or a public address. */
  listening?: string
  /** Origin that browsers use where a proxy stands in front: `https://assay.example.com`. */
  publicUrl?: string | undefined
}

/**
 * Refuses requests that name another server, and writes from other sites' pages.
 *
 * The first is against DNS rebinding: a page on evil.example, whose name suddenly points here, would be same-origin with us.
 * The second is against forged requests: browsers send `Origin` with every write, and other clients send none.
 */
export function openHostCheck(rules: HostRules): (request: IncomingMessage, path: string) => void {
  const isAllowed = hostMatcher(rules)
  const verdicts = new Map<string, boolean>()
  const allows = (host: string) => {
    let verdict = verdicts.get(host)
    if (verdict === undefined) {
      verdict = isAllowed(host)
      // Hosts are few unless someone makes them up.
      if (verdicts.size < 1000) verdicts.set(host, verdict)
    }
    return verdict
  }
  const ownOrigin = originMatcher(rules.publicUrl)

  return (request, path) => {
    const host = theHost(request)
    if (!exempt.has(path) && !allows(host)) {
      const { hostname } = splitHost(host)
      throw new ApiError(
        'PERMISSION_DENIED',
        `Invalid Host header - possible DNS rebinding attack detected: '${hostname}' is not a name of this server. ` +
          `Start it with --allowed-hosts=${hostname} if it is.`,
      )
    }
    const { origin } = request.headers
    if (origin === undefined || request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS')
      return
    if (!ownOrigin(origin, host)) {
      throw new ApiError(
        'PERMISSION_DENIED',
        'Cross-origin request blocked: only pages of this server may change anything here.',
      )
    }
  }
}

/** Asked by probes and load balancers, by whatever address they know. */
const exempt = new Set(['/health', '/ready', '/version'])

const shape = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)\.?)(?::(\d{1,5}))?$/

/** The one Host header, in lower case. */
function theHost({ rawHeaders, headers }: IncomingMessage): string {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length === 4 && name.toLowerCase() === 'host') count++
  }
  const host = headers.host?.toLowerCase() ?? ''
  if (count !== 1) throw new ApiError('BAD_REQUEST', 'A request needs exactly one Host header.')
  if (!verdictOfShape(host))
    throw new ApiError('BAD_REQUEST', 'The Host header is not a host name with an optional port.')
  return host
}

const verdictOfShape = (host: string) => host.length <= 270 && shape.test(host)

function splitHost(host: string): { hostname: string; port: string | undefined } {
  const [, v6, name, port] = shape.exec(host) ?? []
  return { hostname: v6 ? `[${v6}]` : (name ?? ''), port }
}

function hostMatcher({ allowed, listening, publicUrl }: HostRules): (host: string) => boolean {
  const exact = new Set(allowed.filter((p) => !p.startsWith('*')))
  const endings = allowed.filter((p) => p.startsWith('*.')).map((p) => p.slice(1))
  const all = allowed.includes('*')
  if (publicUrl) exact.add(new URL(publicUrl).host)
  if (listening) exact.add(listening.includes(':') ? `[${listening}]` : listening)
  return (host) => {
    const { hostname, port } = splitHost(host)
    if (all || isNear(hostname)) return true
    const spellings = port ? [hostname, `${hostname}:${port}`] : [hostname]
    return spellings.some((name) => exact.has(name) || endings.some((ending) => name.endsWith(ending)))
  }
}

/** This machine, or an address that only a private network has. An address cannot be pointed elsewhere, as a name can. */
function isNear(hostname: string): boolean {
  if (hostname === 'localhost') return true
  if (isIPv4(hostname)) return /^(0\.0\.0\.0$|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(hostname)
  return hostname === '[::1]' || hostname === '[::]' || /^\[f[cd][0-9a-f]{2}:/.test(hostname)
}

function originMatcher(publicUrl: string | undefined) {
  const publicHost = publicUrl && new URL(publicUrl).host
  return (origin: string, host: string): boolean => {
    const given = origin.toLowerCase()
    if (given === publicUrl) return true
    // Behind a proxy with TLS we see http; so without a public address, the scheme cannot be compared.
    const scheme = /^https?:\/\//.exec(given)?.[0]
    return scheme !== undefined && given.slice(scheme.length) === host && host !== publicHost
  }
}
