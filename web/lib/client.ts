import type { Call, Endpoint, Output } from '#contract'
import { ApiError, isErrorCode, parseJson, requestOf } from '#contract'

export type CallOptions = {
  /** where the server is: `http://127.0.0.1:5000`, or a static prefix; the page's own origin where absent */
  base?: string | undefined
  signal?: AbortSignal | undefined
  headers?: Record<string, string> | undefined
}

/** The URL of a GET endpoint, for links and downloads. */
export function urlOf<E extends Endpoint>(endpoint: E, input: Call<E>, base = ''): string {
  return base + requestOf(endpoint, input).path
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
  const { method, path, body } = requestOf(endpoint, input)
  const response = await fetch(`${options.base ?? ''}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
    ...(body === undefined ? {} : { body }),
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
