import type { IncomingMessage, RequestListener } from 'node:http'
import { allEndpoints, stringifyJson } from '#contract'
import { listenerOf } from '#kit/answer-error.ts'
import { openClientAddress } from '#kit/client-address.ts'
import { openHostCheck } from '#kit/hosts.ts'
import type { Logs } from '#kit/log.ts'
import type { Metrics } from '#kit/metrics.ts'
import { HEALTH, plainPages } from '#kit/plain-pages.ts'
import type { Answered } from '#kit/route.ts'
import { serveEndpoints } from '#kit/route.ts'
import { secureAnswer } from '#kit/security-headers.ts'
import type { Spa } from '#kit/spa.ts'
import type { Auth } from './auth/index.ts'
import type { Config } from './config.ts'
import { openApi } from './contract/openapi.ts'
import type { Upstream } from './upstream/index.ts'
import { MLFLOW_VERSION, VERSION } from './version.ts'

export type Parts = { config: Config['server']; upstream: Upstream; auth: Auth; logs: Logs; metrics: Metrics; spa: Spa }

/** The order in which a request passes through the server. */
export function createApp({ config, upstream, auth, logs, metrics, spa }: Parts): RequestListener {
  const checkHost = openHostCheck({ allowed: config.allowedHosts, listening: config.host, publicUrl: config.publicUrl })
  const settleAddress = openClientAddress(config.trustedProxies)
  const serve = serveEndpoints(allEndpoints, { ...auth.hooked(upstream.handlers), ...auth.handlers }, auth.guard)
  const servePlain = plainPages([
    HEALTH,
    ['/version', { type: 'text/plain', text: upstream.mlflowVersion ?? (() => MLFLOW_VERSION) }],
    ['/metrics', { type: metrics.contentType, text: () => metrics.text() }],
    ['/openapi.json', { type: 'application/json', text: describe }],
  ])

  const answer = async (request: IncomingMessage, response: Answered): Promise<boolean> => {
    settleAddress(request)
    const id = logs.request(request, response)
    response.setHeader('X-Request-Id', id)
    // a server behind this one logs it under the same id
    request.headers['x-request-id'] = id
    secureAnswer(response)
    const { path, query } = split(request.url ?? '', config.staticPrefix)
    checkHost(request, path)
    if (await servePlain(request, response, path)) return true
    if (await auth.plain(request, response, path, query)) return true
    if (await serve(request, response, path, query)) return true
    return spa(request, response, path)
  }
  return listenerOf(answer, logs.log)
}

/** The path without the prefix. Outside of it there is nothing, but probes may not know it. */
function split(url: string, prefix: string) {
  const mark = url.indexOf('?')
  const full = mark < 0 ? url : url.slice(0, mark)
  const path = prefix && (full === prefix || full.startsWith(`${prefix}/`)) ? full.slice(prefix.length) || '/' : full
  return { path, query: mark < 0 ? '' : url.slice(mark + 1) }
}

/** Made when first asked for: a start should not wait for it. */
let description: string | undefined
function describe() {
  description ??= stringifyJson(openApi(VERSION))
  return description
}
