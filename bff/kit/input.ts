import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import getRawBody from 'raw-body'
import type * as z from 'zod'
import type { Endpoint } from '#contract'
import { ApiError, invalid, parseJson, stringifyJson } from '#contract'

const BODY_LIMIT = 16 * 1024 * 1024

/**
 * What a request asks, checked against its endpoint. GET: the query (or, where that is empty, a JSON body, as MLflow accepts);
 * a JSON body otherwise; an upload: the query, since its body is the bytes. Parts of the path win over all.
 */
export async function readInput(
  endpoint: Endpoint,
  request: IncomingMessage,
  params: Record<string, string>,
  query: string,
) {
  const get = request.method === 'GET' || request.method === 'HEAD'
  const given =
    endpoint.transfer === 'upload' || (get && (query !== '' || !hasBody(request)))
      ? fromQuery(query)
      : asObject(await readJson(request, endpoint.bodyLimit ?? BODY_LIMIT))
  const parsed = endpoint.input.safeParse(Object.assign(given, params), { reportInput: true })
  if (!parsed.success) throw asInvalid(parsed.error)
  return parsed.data
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

/** The JSON body of a request; undefined where it is empty. Its size is refused before it is read where the header tells it. */
async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  if (!hasBody(request)) return undefined
  requireJson(request)
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    throw invalid(`Content-Encoding '${encoding}' is not accepted; send plain JSON`)
  const length = request.headers['content-length']
  if (length !== undefined && Number(length) > limit) throw tooLarge(limit)
  const bytes = await getRawBody(request, { limit, ...(length === undefined ? {} : { length }) }).catch(
    (cause: unknown) => {
      throw (cause as { type?: string }).type === 'entity.too.large'
        ? tooLarge(limit)
        : invalid('The request body was cut short')
    },
  )
  if (bytes.length === 0) return undefined
  // otherwise each byte that is no text would be stored as U+FFFD
  if (!isUtf8(bytes)) throw invalid('The request body is not JSON: its bytes are not UTF-8')
  const text = bytes.toString()
  try {
    const value = parseJson(text)
    return CAMEL_CASE.test(text) ? snakeCased(value) : value
  } catch (cause) {
    if (cause instanceof ApiError) throw cause
    throw invalid(`The request body is not JSON: ${(cause as Error).message}`)
  }
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

/** MLflow takes a body that is a JSON string with JSON in it. */
function asObject(value: unknown): Record<string, unknown> {
  if (value === undefined || value === null) return {}
  if (typeof value === 'string') {
    let inner: unknown
    try {
      inner = parseJson(value)
    } catch {
      throw invalid('The request body must be a JSON object')
    }
    if (typeof inner !== 'string') return asObject(inner)
  } else if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw invalid('The request body must be a JSON object')
}

/** Some key is in lowerCamelCase, which protobuf's JSON allows beside snake_case. */
const CAMEL_CASE = /"[a-z]+[A-Z]\w*"\s*:/

function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased)
  if (typeof value !== 'object' || value === null) return value
  const fields = new Map<string, unknown>()
  for (const [key, inner] of Object.entries(value)) {
    const name = /^[a-z]+[A-Z]\w*$/.test(key) ? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : key
    if (fields.has(name)) throw invalid(`Request specifies both '${name}' and '${key}'; provide only one of them.`)
    fields.set(name, snakeCased(inner))
  }
  return Object.fromEntries(fields)
}

const SEE = 'See the API docs for more information about request parameters.'
type Problem = z.core.$ZodIssue & { params?: { missing?: boolean; calledName?: boolean } }

/** The first problem, in the words that MLflow's own tests compare (mlflow/utils/validation.py). */
function asInvalid(error: z.ZodError): ApiError {
  const issue = error.issues[0] as Problem | undefined
  if (!issue) return invalid('Invalid request')
  const path = pathOf(issue)
  if (path === '') return invalid(issue.message)
  const nothing = issue.input === undefined || issue.input === null
  const missing = issue.message === 'missing' || issue.params?.missing || (nothing && issue.code !== 'custom')
  if (nothing && !missing) return invalid(issue.message, { field: path })
  return missing
    ? invalid(`Missing value for required parameter '${path}'. ${SEE}`, { field: path })
    : invalid(`Invalid value ${shown(issue.input)} for parameter '${path}' supplied: ${hint(issue)}. ${SEE}`, {
        field: path,
      })
}

/** metrics[0].timestamp */
function pathOf({ path, params }: Problem): string {
  const names = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
  if (params?.calledName && names.length > 0) names[names.length - 1] = '.name'
  return names.join('').replace(/^\./, '')
}

const hint = ({ message }: Problem) => message.replace(/^Invalid input: /, '').replace(/\.$/, '')

const SHOWN = 200

function shown(value: unknown): string {
  const text = printed(value)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}

function printed(value: unknown): string {
  try {
    return stringifyJson(beginning(value)) ?? String(value)
  } catch {
    return '…' // nested deeper than can be printed
  }
}

/** As much of a value as can be in the part of it that is shown: one that is refused for its size is not printed whole. */
function beginning(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, SHOWN + 50)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.slice(0, SHOWN).map(beginning)
  const fields: [string, unknown][] = []
  for (const name in value) {
    if (fields.length === SHOWN) break
    fields.push([name.slice(0, SHOWN + 50), beginning((value as Record<string, unknown>)[name])])
  }
  return Object.fromEntries(fields)
}
