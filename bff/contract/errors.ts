/** MLflow's error codes and the HTTP status each is answered with (mlflow/protos/databricks.proto, mlflow/exceptions.py). */
export const ERROR_STATUS = {
  INVALID_PARAMETER_VALUE: 400,
  BAD_REQUEST: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  UNAUTHENTICATED: 401,
  CUSTOMER_UNAUTHORIZED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  NOT_FOUND: 404,
  ENDPOINT_NOT_FOUND: 404,
  ABORTED: 409,
  RESOURCE_CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  REQUEST_LIMIT_EXCEEDED: 429,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  INTERNAL_ERROR: 500,
  NOT_IMPLEMENTED: 501,
  /** a server behind this one answers what makes no sense */
  IO_ERROR: 502,
  TEMPORARILY_UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
} as const

export type ErrorCode = keyof typeof ERROR_STATUS

/** More about an error than MLflow's two members: where in a filter it is (characters from 0), whom to ask, and so on. */
export type ErrorDetails = Record<string, string | number | boolean | string[]>

/**
 * The one error of the program, on both sides of the wire. Thrown where the fact is known, rendered once.
 * `message` names the field and the way out; `cause` goes to the log and never to a caller.
 */
export class ApiError extends Error {
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'ApiError'
    this.code = code
    this.details = options.details ?? {}
  }

  get status(): number {
    return ERROR_STATUS[this.code]
  }

  /** MLflow's error body, with our details beside it. */
  toJSON() {
    return { ...this.details, error_code: this.code, message: this.message }
  }
}

export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ERROR_STATUS, code)

export const invalid = (message: string, details?: ErrorDetails) =>
  new ApiError('INVALID_PARAMETER_VALUE', message, details ? { details } : {})
export const absent = (message: string) => new ApiError('RESOURCE_DOES_NOT_EXIST', message)
