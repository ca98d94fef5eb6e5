/**
 * One line of the compatibility table: a request, and what MLflow's clients count on in the answer. Rows know nothing of one
 * another and may run in any order. In `path` and `body` these words stand for ids that the runner makes:
 * RUN, DELETED_RUN, EXPERIMENT, DELETED_EXPERIMENT, MODEL and DELETED_MODEL have known contents (seed.ts), and so have REGISTERED, a
 * registered model, and PROMPT; FILES_RUN and FILES_MODEL have files, and TICKET shows one of that run's; NEW_RUN is an empty run and NEW_MODEL an empty logged model of the row's own, both in the
 * experiment FRESH; NEW_REGISTERED is a registered model of the row's own with one version; UNIQUE is a word that no other row
 * gets; ABSENT is an id that no run has.
 */
export type Row = {
  why: string
  method: string
  /** As on the wire. A path below /api/ is asked below /ajax-api/ too, unless the row changes something. */
  path: string
  /** A value to print as JSON, or the text itself where `raw` is given. */
  body?: unknown
  raw?: string
  /** Content type; application/json where nothing is said, none where null. */
  type?: string | null
  headers?: Record<string, string>
  status: number
  code?: string
  /** Content type of the answer, where it is no JSON. */
  gives?: string
  /** What the message must contain. */
  message?: string | readonly string[]
  /** What the answer must contain. */
  shape?: object
  /** Members that the answer must not have. */
  without?: readonly string[]
  /** What a reader finds afterwards. */
  after?: { path: string; shape: object; without?: readonly string[] }
}

export type Table = { about: string; rows: readonly Row[] }

/** Whether a path is one that MLflow does not have. */
export const isOurs = (path: string) => /^\/((ajax-)?api\/assay|preview)\//.test(path)

type Request = Pick<Row, 'method' | 'path' | 'body'>

const full = (path: string) => (path.startsWith('/') ? path : `/api/2.0/mlflow/${path}`)
export const get = (path: string): Request => ({ method: 'GET', path: full(path) })
export const post = (path: string, body: unknown = {}): Request => ({ method: 'POST', path: full(path), body })
export const patch = (path: string, body: unknown = {}): Request => ({ method: 'PATCH', path: full(path), body })
export const remove = (path: string, body: unknown = {}): Request => ({ method: 'DELETE', path: full(path), body })
export const rawPost = (path: string, raw: string) => ({ method: 'POST', path: full(path), raw })

export const answers = (shape: object = {}) => ({ status: 200, shape })
export const refused = (...message: string[]) => ({ status: 400, code: 'INVALID_PARAMETER_VALUE', message })
export const missing = (field: string) => refused(`Missing value for required parameter '${field}'`)
/** `value` as JSON. */
export const wrong = (field: string, value: string) =>
  refused(`Invalid value ${value} for parameter '${field}' supplied`)
export const absent = (...message: string[]) => ({ status: 404, code: 'RESOURCE_DOES_NOT_EXIST', message })
export const exists = (...message: string[]) => ({ status: 400, code: 'RESOURCE_ALREADY_EXISTS', message })
export const noEndpoint = { status: 404, code: 'ENDPOINT_NOT_FOUND' }

/** What logged-models/get says of a model afterwards. */
export const thenModel = (model: string, shape: object) => ({
  after: { path: full(`logged-models/${model}`), shape: { model: shape } },
})

/** What runs/get says of a run afterwards. */
export const thenRun = (run: string, shape: object) => ({
  after: { path: full(`runs/get?run_id=${run}`), shape: { run: shape } },
})
