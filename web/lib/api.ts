import type { Call, Endpoint, Output } from '#contract'
import { ApiError } from '#contract'
import { call, urlOf } from './client.ts'
import { prefix } from './document.ts'

/** `call` from where the app is mounted. */
export const ask = <E extends Endpoint>(endpoint: E, input: Call<E>, signal?: AbortSignal): Promise<Output<E>> =>
  call(endpoint, input, { base: prefix, signal })

export const addressOf = <E extends Endpoint>(endpoint: E, input: Call<E>): string => urlOf(endpoint, input, prefix)

/** What the reader can do about an error decides which state a page shows. */
export function kindOfProblem(error: unknown): 'absent' | 'forbidden' | 'signed-out' | 'refused' | 'failed' {
  if (!(error instanceof ApiError)) return 'failed'
  if (error.status === 404) return 'absent'
  if (error.status === 403) return 'forbidden'
  if (error.status === 401) return 'signed-out'
  return error.status < 500 ? 'refused' : 'failed'
}
