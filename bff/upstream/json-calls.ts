import { Pool } from 'undici'
import type { WireRequest } from '#contract'
import type { ServerAnswer } from './answers.ts'
import { unreachable } from './answers.ts'
import type { Limits, Target } from './target.ts'
import { authoritiesOf, CONNECT_MS, STALL_MS } from './target.ts'

const CONNECTIONS = 256
/** Unless the server says how long it keeps a quiet connection, it is not used again after this: MLflow's close after 2 s. */
const QUIET_MS = 1_000

export type JsonCalls = {
  /** Follows no redirect. Throws TEMPORARILY_UNAVAILABLE where no answer came in time. */
  send: (request: WireRequest, headers: Record<string, string>) => Promise<ServerAnswer>
  /** Requests under way, and those that wait for a connection. */
  stats: () => Record<'running' | 'queued', number>
  close: () => Promise<void>
}

export function openJsonCalls(target: Target, { answerMs }: Limits): JsonCalls {
  const { origin, prefix, socketPath } = target
  const pool = new Pool(origin, {
    connections: CONNECTIONS,
    connect: { timeout: CONNECT_MS, ...authoritiesOf(target), ...(socketPath === undefined ? {} : { socketPath }) },
    headersTimeout: answerMs,
    bodyTimeout: STALL_MS,
    keepAliveTimeout: QUIET_MS,
  })
  return {
    async send({ method, path, body }, headers) {
      const asked = {
        method,
        path: prefix + path,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        body: body ?? null,
      }
      const answer = await pool.request(asked).catch((cause: unknown) => {
        throw unreachable(cause)
      })
      // a body that is given up ends in an error, which is nobody's
      answer.body.on('error', () => {})
      return { status: answer.statusCode, headers: answer.headers, body: answer.body }
    },
    stats: () => ({ running: pool.stats.running, queued: pool.stats.queued }),
    close: () => pool.close(),
  }
}
