import type { Express, NextFunction, Request, Response } from 'express'
import express from 'express'
import type { Endpoint } from '#contract'
import { ApiError, endpoints, stringifyJson } from '#contract'
import { openHostCheck } from '#kit/hosts.ts'
import type { Log, Logs } from '#kit/log.ts'
import type { Metrics } from '#kit/metrics.ts'
import type { Answered, Authorise, Caller } from '#kit/route.ts'
import { EVERYTHING, sendJson, serveEndpoints } from '#kit/route.ts'
import { secureAnswer } from '#kit/security-headers.ts'
import type { Spa } from '#kit/spa.ts'
import type { Config } from './config.ts'
import { openApi } from './contract/openapi.ts'
import type { Upstream } from './upstream/index.ts'
import { MLFLOW_VERSION, VERSION } from './version.ts'

export type Parts = { config: Config['server']; upstream: Upstream; logs: Logs; metrics: Metrics; spa: Spa }

const ANYONE: Caller = { scope: EVERYTHING, principal: '' }

/** Without sign-in everyone who can reach the server may do everything: `--auth=off`. */
const authoriseAnyone: Authorise = (endpoint: Endpoint) => {
  if (!endpoint.permission) throw new ApiError('PERMISSION_DENIED', 'This endpoint says no permission')
  return ANYONE
}

/** The order in which a request passes through the server. */
export function createApp({ config, upstream, logs, metrics, spa }: Parts): Express {
  const checkHost = openHostCheck({ allowed: config.allowedHosts, listening: config.host, publicUrl: config.publicUrl })
  const serve = serveEndpoints(endpoints, upstream.handlers, authoriseAnyone)
  const servePlain = plainPages(metrics)

  const app = express()
  app.disable('x-powered-by').disable('etag')
  app.use(async (request: Request, response: Response, next: NextFunction) => {
    response.setHeader('X-Request-Id', logs.request(request, response))
    secureAnswer(response)
    const { path, query } = split(request.url, config.staticPrefix)
    checkHost(request, path)
    if (await servePlain(request, response, path)) return
    if (await serve(request, response, path, query)) return
    if (await spa(request, response, path)) return
    next()
  })
  app.use(noEndpoint)
  app.use(answerError(logs.log))
  return app
}

/** The path without the prefix. Outside of it there is nothing, but probes may not know it. */
function split(url: string, prefix: string) {
  const mark = url.indexOf('?')
  const full = mark < 0 ? url : url.slice(0, mark)
  const path = prefix && (full === prefix || full.startsWith(`${prefix}/`)) ? full.slice(prefix.length) || '/' : full
  return { path, query: mark < 0 ? '' : url.slice(mark + 1) }
}

type Page = { type: string; text: () => string | Promise<string> }

/** Answers that are no JSON endpoint: for probes, for MLflow's clients, for Prometheus, for people who write clients. */
function plainPages(metrics: Metrics) {
  let description: string | undefined
  // Made when first asked for: a start should not wait for it.
  const describe = () => {
    description ??= stringifyJson(openApi(VERSION))
    return description
  }
  const pages = new Map<string, Page>([
    ['/health', { type: 'text/plain', text: () => 'OK' }],
    ['/version', { type: 'text/plain', text: () => MLFLOW_VERSION }],
    ['/metrics', { type: metrics.contentType, text: () => metrics.text() }],
    ['/openapi.json', { type: 'application/json', text: describe }],
  ])
  return async (request: Request, response: Answered, path: string) => {
    const page = request.method === 'GET' || request.method === 'HEAD' ? pages.get(path) : undefined
    if (!page) return false
    response.route = path
    response.setHeader('Content-Type', page.type)
    response.end(await page.text())
    return true
  }
}

/** JSON, so that MLflow's clients can tell an absent endpoint (and fall back) from an absent run. */
function noEndpoint(request: Request) {
  throw new ApiError('ENDPOINT_NOT_FOUND', `There is no ${request.method} ${request.path.slice(0, 200)} on this server`)
}

const answerError = (log: Log) => (thrown: unknown, request: Request, response: Response, _next: NextFunction) => {
  const error =
    thrown instanceof ApiError
      ? thrown
      : new ApiError('INTERNAL_ERROR', 'The server failed; its log says why', { cause: thrown })
  // what a mode or a version does not have is nobody's failure
  if (error.status >= 500 && error.code !== 'NOT_IMPLEMENTED')
    log.error(
      {
        err: error.cause ?? error,
        id: response.getHeader('x-request-id'),
        route: (response as Answered).route,
        method: request.method,
      },
      'request failed',
    )
  if (response.headersSent) {
    response.destroy()
    return
  }
  if (error.status === 503 || error.status === 429) response.setHeader('Retry-After', '1')
  sendJson(response, error.status, stringifyJson(error))
}
