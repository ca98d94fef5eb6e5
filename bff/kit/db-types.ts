import type { Pool } from 'pg'

export type Limits = {
  readTimeoutMs: number
  writeTimeoutMs: number
  lockTimeoutMs: number
  idleInTransactionMs: number
  /** How long a request may wait for a connection, and how many may wait at all: past either the answer is 503. */
  acquireTimeoutMs: number
  maxWaiting: number
}

export type Pools = { writes: Pool; reads: Pool; health: Pool }

/** What the database has to say (a pino logger has these). */
export type DatabaseLog = Record<'info' | 'warn' | 'error', (facts: object, message: string) => void>
