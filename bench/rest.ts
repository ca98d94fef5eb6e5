/** A plain client of MLflow's REST API: what the benchmarks and the demo need, against any server that speaks it. */
export type Rest = {
  base: string
  /** What each request carries: the authorization, where the address has one. */
  headers: Record<string, string>
  get<T>(path: string, query?: Query): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
  put(path: string, body: BodyInit, type?: string): Promise<void>
}

type Query = Record<string, string | number | string[]>

export class RestError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The server has nothing of the kind. */
export class NotServed extends Error {}

const api = '/api/2.0/mlflow'

/**
 * `http://user:password@host` is sent as basic authentication: fetch itself refuses such addresses. MLFLOW_TRACKING_TOKEN is sent as MLflow's clients send it. With `patient`, what
 * found its connection closed is sent once more, whatever it was: a busy server may close one just as it is used again.
 */
export function rest(address: string, { patient = false } = {}): Rest {
  const url = new URL(address)
  const headers: Record<string, string> = {}
  if (url.username) {
    const plain = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers.authorization = `Basic ${Buffer.from(plain).toString('base64')}`
  } else if (process.env.MLFLOW_TRACKING_TOKEN) headers.authorization = `Bearer ${process.env.MLFLOW_TRACKING_TOKEN}`
  const base = url.origin + url.pathname.replace(/\/$/, '')

  const send = async (method: string, path: string, init: RequestInit = {}) => {
    const target = base + (path.startsWith('/') ? path : `${api}/${path}`)
    const whole = { ...init, method, headers: { ...headers, ...init.headers } }
    const response = await fetch(target, whole).catch((error: unknown) => {
      if (patient) return fetch(target, whole)
      throw error
    })
    if (!response.ok)
      throw new RestError(response.status, `${method} ${target}: ${response.status} ${await response.text()}`)
    return response
  }
  return {
    base,
    headers,
    get: async <T>(path: string, query: Query = {}) =>
      (await (await send('GET', path + printQuery(query))).json()) as T,
    post: async <T>(path: string, body: unknown) => {
      const init = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      return (await (await send('POST', path, init)).json()) as T
    },
    put: async (path, body, type = 'application/octet-stream') => {
      await (await send('PUT', path, { body, headers: { 'content-type': type } })).arrayBuffer()
    },
  }
}

function printQuery(query: Query): string {
  const pairs = Object.entries(query).flatMap(([key, value]) => [value].flat().map((one) => [key, String(one)]))
  return pairs.length ? `?${new URLSearchParams(pairs)}` : ''
}

/** The address of an artifact of a run behind the server's proxy. */
export function artifactPath(run: { artifact_uri: string }, path: string): string {
  const root = run.artifact_uri.replace(/^mlflow-artifacts:\/*/, '')
  if (root === run.artifact_uri) throw new NotServed(`The server does not proxy artifacts: ${run.artifact_uri}`)
  return `/api/2.0/mlflow-artifacts/artifacts/${[...root.split('/'), ...path.split('/')].map(encodeURIComponent).join('/')}`
}

export type RunInfo = { run_id: string; artifact_uri: string; experiment_id: string }

export async function createRun(server: Rest, run: Record<string, unknown>): Promise<RunInfo> {
  const answer = await server.post<{ run: { info: RunInfo } }>('runs/create', run)
  return answer.run.info
}
