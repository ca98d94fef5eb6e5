import type { IncomingMessage, RequestListener } from 'node:http'
import type { NextFunction, Request, Response } from 'express'
import express from 'express'
import { ApiError, stringifyJson } from '#contract'
import type { Log } from './log.ts'
import type { Answered } from './route.ts'
import { sendJson } from './route.ts'

/** JSON, so that MLflow's clients can tell an absent endpoint (and fall back) from an absent run. */
function noEndpoint(request: Request) {
  throw new ApiError('ENDPOINT_NOT_FOUND', `There is no ${request.method} ${request.path.slice(0, 200)} on this server`)
}

/** The one place where errors become answers. */
const answerError =
  (log: Log) =>
  (thrown: unknown, request: IncomingMessage, response: Answered): void => {
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
          route: response.route,
          method: request.method,
        },
        'request failed',
      )
    if (response.headersSent) {
      response.destroy()
      return
    }
    if ([429, 502, 503].includes(error.status))
      response.setHeader('Retry-After', String(error.details.retry_after ?? 1))
    if (error.code === 'UNAUTHENTICATED' && isOfClient(request))
      response.setHeader('WWW-Authenticate', 'Basic realm="mlflow"')
    sendJson(response, error.status, stringifyJson(error))
  }

/** Told to a browser, it would ask for the password itself, keep it, and send it with whatever any site makes it ask. */
const isOfClient = ({ url = '', headers }: IncomingMessage) =>
  headers['sec-fetch-mode'] === undefined && url.includes('/api/') && !url.includes('/ajax-api/')

/**
 * A listener that answers by `answer`, errors included. What that leaves alone (it says false) is for Express: the layers and
 * prototypes that it puts around each request cost a hot call more than reading its body does.
 */
export function listenerOf(
  answer: (request: IncomingMessage, response: Answered) => Promise<boolean>,
  log: Log,
): RequestListener {
  const fail = answerError(log)
  const app = express()
  app.disable('x-powered-by').disable('etag')
  app.use(noEndpoint)
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => fail(error, request, response))
  return (request, response) => {
    answer(request, response).then(
      (answered) => void (answered || app(request, response)),
      (error: unknown) => fail(error, request, response),
    )
  }
}
