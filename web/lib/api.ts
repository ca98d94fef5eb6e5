import type { Call, Endpoint, Output } from '#contract'
import { ApiError } from '#contract'
import { call, urlOf } from './client.ts'
import { prefix } from './document.ts'
import { refreshSession, session, signedInAgain } from './session.ts'

/**
 * `call` from where the app is mounted, as whoever is signed in. Where the session has ended it waits until the reader has
 * signed in again, and goes on.
 */
export async function ask<E extends Endpoint>(endpoint: E, input: Call<E>, signal?: AbortSignal): Promise<Output<E>> {
  const sent = await csrfToken(endpoint)
  const send = (token: string | undefined) =>
    call(endpoint, input, { base: prefix, signal, ...(token ? { headers: { 'X-Assay-CSRF': token } } : {}) })
  try {
    return await send(sent)
  } catch (error) {
    if (!(await isWorthAnother(error, sent))) throw error
    return send(await csrfToken(endpoint))
  }
}

const csrfToken = async ({ method }: Endpoint) => (method === 'GET' ? undefined : (await session()).csrf_token)

/** Signed out meanwhile and in again; or signed in again in another window, which has another token. */
async function isWorthAnother(error: unknown, sent: string | undefined): Promise<boolean> {
  const kind = kindOfProblem(error)
  if (kind === 'signed-out') return signedInAgain()
  return kind === 'forbidden' && sent !== undefined && (await refreshSession()).csrf_token !== sent
}

export const addressOf = <E extends Endpoint>(endpoint: E, input: Call<E>): string => urlOf(endpoint, input, prefix)

/** What the reader can do about an error decides which state a page shows. */
export function kindOfProblem(error: unknown): 'absent' | 'forbidden' | 'signed-out' | 'refused' | 'failed' {
  if (!(error instanceof ApiError)) return 'failed'
  if (error.status === 404) return 'absent'
  if (error.status === 403) return 'forbidden'
  if (error.status === 401) return 'signed-out'
  return error.status < 500 ? 'refused' : 'failed'
}
