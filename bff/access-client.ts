import type { Call, Endpoint, Output } from '#contract'
import { ApiError, allEndpoints, isErrorCode, parseJson, requestOf } from '#contract'

const PATIENCE_MS = 120_000

/** The access files of a server elsewhere. `token` is one with the scope access-files. */
export function openAccessClient(server: string, token: string) {
  const base = server.replace(/\/+$/, '')

  async function call<E extends Endpoint>(endpoint: E, input: Call<E>): Promise<Output<E>> {
    const { method, path, body = null } = requestOf(endpoint, input)
    const response = await fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
      // a token goes to the server that it was meant for, and nowhere else
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch((cause: unknown) => {
      throw new ApiError('TEMPORARILY_UNAVAILABLE', `${base} does not answer`, { cause })
    })
    const text = await response.text()
    if (!response.ok) throw errorOf(response.status, text)
    return endpoint.output.parse(parseJson(text)) as Output<E>
  }

  return {
    plan: (files: Record<string, string>) => call(allEndpoints.planAccessFiles, { files }),
    apply: (files: Record<string, string>, options: { confirm: boolean; commit_id: string | undefined }) =>
      call(allEndpoints.applyAccessFiles, { files, ...options }),
  }
}

function errorOf(status: number, text: string): ApiError {
  try {
    const { error_code, message } = parseJson(text) as { error_code?: unknown; message?: unknown }
    if (isErrorCode(error_code) && typeof message === 'string') return new ApiError(error_code, message)
  } catch {
    // a proxy's answer
  }
  return new ApiError('IO_ERROR', `The server answers ${status}: ${text.slice(0, 200)}`)
}
