import type { IncomingMessage } from 'node:http'
import getRawBody from 'raw-body'
import type { Endpoint } from '#contract'
import { ApiError, invalid } from '#contract'
import { inputOfLargeBody, LARGE } from './large-bodies.ts'
import { checkInput, inputOfBody } from './parse-input.ts'

const BODY_LIMIT = 16 * 1024 * 1024
/** Of what anybody may ask: nobody who is not known makes the server keep more. */
const PUBLIC_BODY_LIMIT = 16 * 1024

const limitOf = ({ permission }: Endpoint) => (permission.ask === 'public' ? PUBLIC_BODY_LIMIT : BODY_LIMIT)

/**
 * What a request asks, checked against its endpoint. GET: the query (or, where that is empty, a JSON body, as MLflow accepts);
 * a JSON body otherwise; an upload: the query, since its body is the bytes. Parts of the path win over all.
 */
export async function readInput(
  endpoint: Endpoint,
  request: IncomingMessage,
  params: Record<string, string>,
  query: string,
  /** Sees the body before anything is made of it. */
  check: (body: Uint8Array) => void = () => {},
) {
  const get = request.method === 'GET' || request.method === 'HEAD'
  if (endpoint.transfer === 'upload' || (get && (query !== '' || !hasBody(request))))
    return checkInput(endpoint, Object.assign(fromQuery(query), params))
  const bytes = await readBody(request, endpoint.bodyLimit ?? limitOf(endpoint))
  check(bytes)
  return bytes.length < LARGE ? inputOfBody(endpoint, bytes, params) : inputOfLargeBody(endpoint, bytes, params)
}

const hasBody = (request: IncomingMessage) =>
  Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'] !== undefined

/** A repeated name becomes a list, which a scalar field then refuses. */
function fromQuery(query: string): Record<string, unknown> {
  const given = new Map<string, string | string[]>()
  for (const [name, value] of new URLSearchParams(query)) {
    const before = given.get(name)
    if (Array.isArray(before)) before.push(value)
    else given.set(name, before === undefined ? value : [before, value])
  }
  return Object.fromEntries(given)
}

/** The JSON body of a request; no bytes where it is empty. Its size is refused before it is read where the header tells it. */
async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  if (!hasBody(request)) return Buffer.alloc(0)
  requireJson(request)
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    throw invalid(`Content-Encoding '${encoding}' is not accepted; send plain JSON`)
  const length = request.headers['content-length']
  if (length !== undefined && Number(length) > limit) throw tooLarge(limit)
  return getRawBody(request, { limit, ...(length === undefined ? {} : { length }) }).catch((cause: unknown) => {
    throw (cause as { type?: string }).type === 'entity.too.large'
      ? tooLarge(limit)
      : invalid('The request body was cut short')
  })
}

const tooLarge = (limit: number) =>
  new ApiError('PAYLOAD_TOO_LARGE', `The request body is over the limit of ${limit} bytes; send it in parts`)

/** MLflow checks the content type of POST and PUT alone: a web page cannot send this one without being asked. */
function requireJson(request: IncomingMessage) {
  if (request.method !== 'POST' && request.method !== 'PUT') return
  const type = request.headers['content-type']
  if (type?.split(';')[0]?.trim().toLowerCase() !== 'application/json')
    throw invalid(`Bad Request. Content-Type should be one of ['application/json'], got '${type ?? ''}'`)
}
