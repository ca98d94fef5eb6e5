import type { IncomingMessage } from 'node:http'
import type { WireRequest } from '#contract'
import type { Context } from '#kit/route.ts'
import { NOTHING } from '#kit/scope.ts'
import type { ServerAnswer } from './answers.ts'

/** Asks the server behind this one, for a caller. */
export type Ask = (request: WireRequest, context: Context) => Promise<ServerAnswer>

/** Nobody's request: the server asks for itself. */
export const ITSELF: Context = {
  principal: '',
  scope: NOTHING,
  request: { headers: {} } as IncomingMessage,
}
