import type { Call, Endpoint } from './endpoint.ts'
import { stringifyJson } from './json.ts'

/** A call as it goes over the wire. `path` is without prefix and with its query, percent-encoded. */
export type WireRequest = { method: Endpoint['method']; path: string; body: string | undefined }

const asText = (_key: string, value: unknown) =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value

/** JSON in which NaN and infinities are the words of the wire; plain JSON has null there, which is then looked for. */
function printInput(input: object): string {
  const text = stringifyJson(input)
  return text.includes('null') ? stringifyJson(input, asText) : text
}

function asQuery(input: Record<string, unknown>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(input))
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== undefined && item !== null) query.append(name, String(item))
  const text = query.toString()
  return text && `?${text}`
}

/** A slash that begins it or follows another is encoded: servers take `//` for one. */
const encodeRest = (path: string) =>
  path
    .split('/')
    .map(encodeURIComponent)
    .join('/')
    .replace(/^\/|\/(?=\/)/g, '%2F')

/**
 * An endpoint and its input as a request. What the path has no place for goes into the query of a GET or an upload. A JSON
 * body has all of it, since MLflow looks there for what it requires.
 */
export function requestOf<E extends Endpoint>(endpoint: E, input: Call<E>): WireRequest {
  const left = { ...(input as Record<string, unknown>) }
  const path = endpoint.path.replace(/\{(\w+)(…?)\}/g, (_whole, name: string, rest: string) => {
    const value = String(left[name] ?? '')
    delete left[name]
    return rest ? encodeRest(value) : encodeURIComponent(value)
  })
  const { method, transfer } = endpoint
  return method === 'GET' || transfer === 'upload'
    ? { method, path: path + asQuery(left), body: undefined }
    : { method, path, body: printInput(input as object) }
}
