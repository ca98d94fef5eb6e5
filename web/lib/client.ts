import type { Call, Endpoint, Output } from '#contract'
import { ApiError, isErrorCode, parseJson, stringifyJson } from '#contract'

export type CallOptions = {
  /** where the server is: `http://127.0.0.1:5000`, or a static prefix; the page's own origin where absent */
  base?: string | undefined
  signal?: AbortSignal | undefined
  headers?: Record<string, string> | undefined
}

/** The address of an endpoint with its path filled in, and what of the input is left for query or body. */
function addressed(endpoint: Endpoint, input: Record<string, unknown>) {
  const left = { ...input }
  const path = endpoint.path.replace(/\{(\w+)(…?)\}/g, (_whole, name: string, rest: string) => {
    const value = String(left[name] ?? '')
    delete left[name]
    return rest ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value)
  })
  return { path, left }
}

function asQuery(input: Record<string, unknown>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(input))
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== undefined && item !== null) query.append(name, String(item))
  const text = query.toString()
  return text && `?${text}`
}

/** The URL of a GET endpoint, for links and downloads. */
export function urlOf<E extends Endpoint>(endpoint: E, input: Call<E>, base = ''): string {
  const { path, left } = addressed(endpoint, input as Record<string, unknown>)
  return `${base}${path}${asQuery(left)}`
}

/**
 * Call an endpoint of the contract and check the answer against it.
 * Throws the server's ApiError, or TEMPORARILY_UNAVAILABLE where no answer came.
 */
export async function call<E extends Endpoint>(
  endpoint: E,
  input: Call<E>,
  options: CallOptions = {},
): Promise<Output<E>> {
  const { path, left } = addressed(endpoint, input as Record<string, unknown>)
  const get = endpoint.method === 'GET'
  const response = await fetch(`${options.base ?? ''}${path}${get ? asQuery(left) : ''}`, {
    method: endpoint.method,
    headers: { ...(get ? {} : { 'content-type': 'application/json' }), ...options.headers },
    ...(get ? {} : { body: stringifyJson(left) }),
    ...(options.signal ? { signal: options.signal } : {}),
  }).catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiError('TEMPORARILY_UNAVAILABLE', 'The server did not answer', { cause })
  })
  const text = await response.text()
  if (!response.ok) throw asError(response.status, text)
  return endpoint.output.parse(text === '' ? {} : parseJson(text)) as Output<E>
}

function asError(status: number, text: string): ApiError {
  let body: { error_code?: unknown; message?: unknown } = {}
  try {
    body = parseJson(text) as typeof body
  } catch {
    // an answer that is not ours, such as a proxy's
  }
  const { error_code, message, ...details } = body
  return new ApiError(
    isErrorCode(error_code) ? error_code : 'INTERNAL_ERROR',
    typeof message === 'string' ? message : `HTTP ${status}`,
    {
      details: details as Record<string, string>,
    },
  )
}
