import type { NextFunction, Request, Response } from 'express'
import { ApiError, stringifyJson } from '#contract'
import type { Log } from './log.ts'
import type { Answered } from './route.ts'
import { sendJson } from './route.ts'

/** JSON, so that MLflow's clients can tell an absent endpoint (and fall back) from an absent run. */
export function noEndpoint(request: Request) {
  throw new ApiError('ENDPOINT_NOT_FOUND', `There is no ${request.method} ${request.path.slice(0, 200)} on this server`)
}

/** The one place where errors become answers. */
export const answerError =
  (log: Log) => (thrown: unknown, request: Request, response: Response, _next: NextFunction) => {
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
    if ([429, 502, 503].includes(error.status))
      response.setHeader('Retry-After', String(error.details.retry_after ?? 1))
    sendJson(response, error.status, stringifyJson(error))
  }
