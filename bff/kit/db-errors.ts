import type { ErrorCode } from '../contract/errors.ts'
import { ApiError } from '../contract/errors.ts'

const busy = 'The database is busy or being restarted. Nothing is wrong with the request: send it again in a moment.'

/** SQLSTATE, or the beginning of one → what a client is told. Never the statement, nor the server's own text. */
const ANSWERS: readonly [prefix: string, ErrorCode, message: string][] = [
  ['08', 'TEMPORARILY_UNAVAILABLE', busy],
  [
    '57014',
    'BAD_REQUEST',
    'The query took too long and was stopped: narrow the query (fewer runs, metrics or clauses).',
  ],
  ['57P', 'TEMPORARILY_UNAVAILABLE', busy],
  ['55P03', 'TEMPORARILY_UNAVAILABLE', 'Another transaction holds what this request needs. Send it again in a moment.'],
  ['53100', 'TEMPORARILY_UNAVAILABLE', 'The database has no disk space left.'],
  ['53', 'TEMPORARILY_UNAVAILABLE', busy],
  ['25006', 'TEMPORARILY_UNAVAILABLE', 'The database accepts no writes at the moment.'],
  ['25P03', 'TEMPORARILY_UNAVAILABLE', busy],
  ['58', 'TEMPORARILY_UNAVAILABLE', busy],
  ['40', 'ABORTED', 'The same data was changed by other requests at the same time. Send the request again.'],
  ['22003', 'INVALID_PARAMETER_VALUE', 'A number in the request is out of range.'],
  ['22021', 'INVALID_PARAMETER_VALUE', 'A text in the request has a character that cannot be stored (such as U+0000).'],
  ['22P05', 'INVALID_PARAMETER_VALUE', 'A text in the request has a character that cannot be stored (such as U+0000).'],
  ['22', 'INVALID_PARAMETER_VALUE', 'A value in the request has the wrong form.'],
  ['54', 'INVALID_PARAMETER_VALUE', 'A value in the request is too long, or the request too complex.'],
  ['23505', 'RESOURCE_ALREADY_EXISTS', 'Such an entry exists already.'],
  ['23503', 'RESOURCE_CONFLICT', 'The request refers to an entry that does not exist or is still in use.'],
  ['23', 'INVALID_PARAMETER_VALUE', 'A value in the request is missing or not allowed.'],
]

const CONNECTION =
  /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EMFILE|ENFILE)|timeout exceeded when trying to connect|Connection terminated|connection error and is not queryable|Cannot use a pool after|Client was closed|timeout expired/

/** What the caller hears of a failed statement. The cause stays inside, for the log. */
export function asApiError(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause
  const state = sqlState(cause)
  const [, code, message] = ANSWERS.find(([prefix]) => state?.startsWith(prefix)) ?? []
  if (code && message) return new ApiError(code, message, { cause })
  if (isTimeout(cause))
    return new ApiError('TEMPORARILY_UNAVAILABLE', 'The database did not answer in time.', { cause })
  if (isLostConnection(cause)) return new ApiError('TEMPORARILY_UNAVAILABLE', busy, { cause })
  return new ApiError('INTERNAL_ERROR', 'The database could not carry out the request.', { cause })
}

type Facts = { code?: unknown; constraint?: unknown; severity?: unknown; message?: unknown; cause?: unknown }

const original = (error: unknown): Facts => {
  const facts = (error ?? {}) as Facts
  return error instanceof ApiError ? ((facts.cause ?? {}) as Facts) : facts
}

/** The SQLSTATE behind an error, also when it is an ApiError by now. */
export function sqlState(error: unknown): string | undefined {
  const { code, severity } = original(error)
  return typeof code === 'string' && severity !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** The database's own words, for whoever runs the server: not for a caller. */
export function reason(error: unknown): string {
  const { message, code } = original(error)
  return String(message || code || error)
}

/** Was this constraint (a unique index, a foreign key, a check) what the statement broke? */
export const violates = (error: unknown, constraint: string): boolean =>
  sqlState(error)?.startsWith('23') === true && original(error).constraint === constraint

export const isRetriable = (error: unknown): boolean => ['40001', '40P01'].includes(sqlState(error) ?? '')

const isTimeout = (error: unknown) => original(error).message === 'Query read timeout'

function isLostConnection(error: unknown): boolean {
  const { code, message } = original(error)
  return CONNECTION.test(String(code)) || CONNECTION.test(String(message))
}

/** May the connection be used again? After a statement's own error, yes; when the server or the line is in doubt, no. */
export const isReusable = (error: unknown): boolean => {
  const state = sqlState(error)
  return state !== undefined && !/^(08|57P|58|25006|25P0[34]|XX)/.test(state)
}
