import type { IncomingMessage, RequestListener } from 'node:http'
import { endpoints } from '#contract'
import { listenerOf } from '#kit/answer-error.ts'
import type { Logs } from '#kit/log.ts'
import type { Metrics } from '#kit/metrics.ts'
import { HEALTH, plainPages } from '#kit/plain-pages.ts'
import type { Answered, Caller } from '#kit/route.ts'
import { serveEndpoints } from '#kit/route.ts'
import { NOTHING } from '#kit/scope.ts'
import { secureAnswer } from '#kit/security-headers.ts'
import type { VerifiedCaller } from '#kit/signed-caller.ts'
import { verifyBody, verifyCaller } from '#kit/signed-caller.ts'
import type { Upstream } from './upstream/index.ts'

export type CoreParts = { secret: string; upstream: Upstream; logs: Logs; metrics: Metrics }

/** The signed scopes of callers who may see thousands of experiments are long. */
export const CORE_HEADER_BYTES = 256 * 1024

const NOBODY: Caller = { principal: '', scope: NOTHING }

/**
 * The tracking core as a service of its own: the contract, for servers that share the secret. They have authorised each
 * call; what is checked here is that it is theirs. Probes and figures are for everyone who can reach it.
 */
export function createCoreApp({ secret, upstream, logs, metrics }: CoreParts): RequestListener {
  const callers = new WeakMap<object, VerifiedCaller>()
  const serve = serveEndpoints(endpoints, upstream.handlers, {
    identify: (_endpoint, request) => callers.get(request) ?? NOBODY,
    checkBody: verifyBody,
    allow: (_endpoint, _input, caller) => caller,
  })
  const servePlain = plainPages([HEALTH, ['/metrics', { type: metrics.contentType, text: () => metrics.text() }]])

  const answer = async (request: IncomingMessage, response: Answered): Promise<boolean> => {
    response.setHeader('X-Request-Id', logs.request(request, response))
    secureAnswer(response)
    const [path = '', query = ''] = (request.url ?? '').split('?', 2)
    if (await servePlain(request, response, path)) return true
    // before anything of the body is read, and whether or not there is such an endpoint
    if (path !== endpoints.getReady.path) callers.set(request, verifyCaller(secret, request))
    return serve(request, response, path, query)
  }
  return listenerOf(answer, logs.log)
}
