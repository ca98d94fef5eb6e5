import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type * as z from 'zod'
import type { Endpoint, Input } from '#contract'
import { ApiError, invalid, stringifyJson } from '#contract'
import { readInput } from './input.ts'
import type { Scope } from './scope.ts'

/** What a caller may see, and by which name it is recorded what they do; empty without sign-in. */
export type Caller = { scope: Scope; principal: string }

export type Context = Caller & { request: IncomingMessage }

/** An answer that is JSON text already (as Postgres, or another server, printed it). */
export class RawJson {
  readonly text: string
  readonly status: number
  constructor(text: string, status = 200) {
    this.text = text
    this.status = status
  }
}

/** An answer that is said with headers of its own, such as cookies. */
export class JsonAnswer<T> {
  readonly body: T
  readonly headers: Record<string, string | string[]>
  constructor(body: T, headers: Record<string, string | string[]>) {
    this.body = body
    this.headers = headers
  }
}

/** An answer that is bytes. `body` is absent where headers say it all (HEAD, 304, 416). */
export class StreamAnswer {
  readonly status: number
  readonly headers: Record<string, string | number>
  readonly body: Readable | undefined
  constructor(status: number, headers: Record<string, string | number>, body?: Readable) {
    this.status = status
    this.headers = headers
    this.body = body
  }
}

/** An answer that another server gives: what it says is written as it comes. Throws while nothing of it is out. */
export class RelayedAnswer {
  readonly give: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  constructor(give: RelayedAnswer['give']) {
    this.give = give
  }
}

type Answer<E extends Endpoint> =
  | z.input<E['output']>
  | JsonAnswer<z.input<E['output']>>
  | RawJson
  | StreamAnswer
  | RelayedAnswer
/** One that may have to refuse whatever it is asked does so in `refuses`, before anything of the request is read. */
type Handler<E extends Endpoint> = ((input: Input<E>, context: Context) => Promise<Answer<E>>) & {
  refuses?: () => void | Promise<void>
}
export type HandlersOf<Endpoints> = {
  [N in keyof Endpoints]: Endpoints[N] extends Endpoint ? Handler<Endpoints[N]> : never
}

/** Who may do what. `Identity` is whatever it knows of who is asking. */
export type Guard<Identity> = {
  /** Who is asking; before anything of the body is read. Throws UNAUTHENTICATED. */
  identify: (endpoint: Endpoint, request: IncomingMessage) => Identity | Promise<Identity>
  /** Is this the body that was vouched for? Throws PERMISSION_DENIED. */
  checkBody?: (identity: Identity, body: Uint8Array) => void
  /** May they do this, and what do they see? Throws PERMISSION_DENIED. */
  allow: (endpoint: Endpoint, input: unknown, identity: Identity) => Caller | Promise<Caller>
}

/** What the request log and the metrics say of a request: the route's pattern, never its address. */
export type Answered = ServerResponse & { route?: string; principal?: string }

type Route = { endpoint: Endpoint; handle: Handler<Endpoint> }
type Match = Route & { params: Record<string, string> }
type Pattern = Route & { method: string; parts: readonly string[]; rest: string | undefined }

/** The path of an endpoint as a request may spell it: `//` is one slash, and `/ajax-api/` is `/api/`. */
const spelled = (path: string) => {
  const merged = path.includes('//') ? path.replace(/\/{2,}/g, '/') : path
  return merged.startsWith('/ajax-api/') ? `/api/${merged.slice('/ajax-api/'.length)}` : merged
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid('Invalid path')
  }
}

/**
 * All endpoints as one request listener: match, parse, authorise, handle, answer. Answers false where no endpoint has the path.
 * A table and not a chain of Express routes: a hundred endpoints cost a hot call one look-up.
 */
export function serveEndpoints<Endpoints extends Record<string, Endpoint>, Identity>(
  endpoints: Endpoints,
  handlers: HandlersOf<Endpoints>,
  guard: Guard<Identity>,
) {
  const exact = new Map<string, Route>()
  const patterns: Pattern[] = []
  for (const [name, endpoint] of Object.entries(endpoints)) {
    const route: Route = { endpoint, handle: handlers[name as keyof Endpoints] as unknown as Handler<Endpoint> }
    for (const method of endpoint.also ? [endpoint.method, endpoint.also] : [endpoint.method]) {
      if (!endpoint.path.includes('{')) exact.set(`${method} ${endpoint.path}`, route)
      else patterns.push({ ...route, method, ...partsOf(endpoint.path) })
    }
  }

  const find = (method: string, path: string): Match | undefined => {
    const route = exact.get(`${method} ${path}`)
    if (route) return { ...route, params: {} }
    const parts = path.split('/')
    for (const pattern of patterns) {
      const params = pattern.method === method ? paramsOf(pattern, parts) : undefined
      if (params) return { ...pattern, params }
    }
    return undefined
  }

  const otherMethods = (path: string) =>
    ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((method) => find(method, path))

  /** `path` is without static prefix and query, still percent-encoded. */
  return async function serve(
    request: IncomingMessage,
    response: Answered,
    path: string,
    query: string,
  ): Promise<boolean> {
    const asked = spelled(path)
    const match = find(request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET'), asked)
    if (!match) {
      const allowed = otherMethods(asked)
      if (allowed.length === 0) return false
      response.setHeader('Allow', allowed.join(', '))
      throw new ApiError('ENDPOINT_NOT_FOUND', `${asked} answers ${allowed.join(', ')}, not ${request.method}`)
    }
    const { endpoint, handle, params } = match
    response.route = endpoint.path
    const known = guard.identify(endpoint, request)
    const identity = known instanceof Promise ? await known : known
    if (handle.refuses) await handle.refuses()
    const input = await readInput(endpoint, request, params, query, (body) => guard.checkBody?.(identity, body))
    const allowed = guard.allow(endpoint, input, identity)
    const { scope, principal } = allowed instanceof Promise ? await allowed : allowed
    if (principal !== '') response.principal = principal
    await send(request, response, await handle(input, { scope, principal, request }))
    return true
  }
}

function partsOf(path: string) {
  const parts = path.split('/')
  const last = parts.at(-1) ?? ''
  return last.endsWith('…}') ? { parts: parts.slice(0, -1), rest: last.slice(1, -2) } : { parts, rest: undefined }
}

function paramsOf({ parts, rest }: Pattern, asked: readonly string[]): Record<string, string> | undefined {
  if (rest === undefined ? asked.length !== parts.length : asked.length <= parts.length) return undefined
  const params: Record<string, string> = {}
  for (const [i, part] of parts.entries()) {
    const given = asked[i] ?? ''
    if (part.startsWith('{')) params[part.slice(1, -1)] = decode(given)
    else if (part !== given) return undefined
  }
  if (rest !== undefined) params[rest] = decode(asked.slice(parts.length).join('/'))
  return params
}

export async function send(request: IncomingMessage, response: ServerResponse, answer: unknown) {
  if (answer instanceof RelayedAnswer) return answer.give(request, response)
  if (answer instanceof StreamAnswer) return sendStream(request, response, answer)
  if (answer instanceof RawJson) sendJson(response, answer.status, answer.text)
  else if (answer instanceof JsonAnswer) {
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value)
    sendJson(response, 200, stringifyJson(answer.body))
  } else sendJson(response, 200, stringifyJson(answer))
}

/** As text and not as bytes: Node then sends head and body in one write. */
export function sendJson(response: ServerResponse, status: number, text: string) {
  response.statusCode = status
  response.setHeader('Content-Type', 'application/json')
  response.setHeader('Content-Length', Buffer.byteLength(text))
  response.end(text)
}

async function sendStream(request: IncomingMessage, response: ServerResponse, { status, headers, body }: StreamAnswer) {
  response.writeHead(status, headers)
  if (!body || request.method === 'HEAD') {
    body?.destroy()
    response.end()
    return
  }
  // headers are out: a failing source can only break the connection off, so that nobody takes a part for the whole
  await pipeline(body, response).catch((cause: unknown) => {
    response.destroy()
    if (!request.destroyed) throw cause
  })
}
