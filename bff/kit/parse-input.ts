import { isUtf8 } from 'node:buffer'
import * as z from 'zod'
import type { Endpoint } from '#contract'
import { ApiError, invalid, parseJson, stringifyJson } from '#contract'

/** A JSON body checked against its endpoint; parts of the path win over what it says. No bytes: an empty body. */
export const inputOfBody = (endpoint: Endpoint, bytes: Uint8Array, params: Record<string, string>) =>
  checkInput(endpoint, Object.assign(asObject(bytes.length === 0 ? undefined : parseBody(bytes)), params))

const compiled = new WeakMap<Endpoint, z.ZodType>()

/** An endpoint's input as a function that zod generates at the first request: what is refused goes the ordinary way again. */
function inputOf(endpoint: Endpoint): z.ZodType {
  const known = compiled.get(endpoint)
  if (known) return known
  const input = z.compile(endpoint.input)
  compiled.set(endpoint, input)
  return input
}

export function checkInput(endpoint: Endpoint, given: Record<string, unknown>) {
  const parsed = inputOf(endpoint).safeParse(given, { reportInput: true })
  if (!parsed.success) throw asInvalid(parsed.error)
  return parsed.data
}

function parseBody(bytes: Uint8Array): unknown {
  // otherwise each byte that is no text would be stored as U+FFFD
  if (!isUtf8(bytes)) throw invalid('The request body is not JSON: its bytes are not UTF-8')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  try {
    const value = parseJson(text)
    return CAMEL_CASE.test(text) ? snakeCased(value) : value
  } catch (cause) {
    if (cause instanceof ApiError) throw cause
    throw invalid(`The request body is not JSON: ${(cause as Error).message}`)
  }
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
