import { setTimeout as pause } from 'node:timers/promises'
import type { Pool, PoolClient, QueryArrayConfig, QueryConfig, QueryResult } from 'pg'
import { ApiError } from '../contract/errors.ts'
import { asApiError, isRetriable, isReusable } from './db-errors.ts'
import { encode, rawTypes } from './db-values.ts'
import type { Db, Sql, TextRow } from './sql.ts'
import { compile } from './sql.ts'

export type TransactionOptions = {
  /** One unchanging view for all statements, which may only read. */
  snapshot?: boolean
  /** No limit on time: for changes of the schema. */
  patient?: boolean
}

/** A pool of connections as a Db: a statement borrows one, a transaction keeps it to its end. */
export type PoolDb = Db & {
  /**
   * Commits what `work` did, or nothing of it. Where the database asks for it (serialization failure, deadlock), `work`
   * runs again, up to three times: it must have no effects but those on `db`.
   */
  transaction<T>(work: (db: Db) => Promise<T>, options?: TransactionOptions): Promise<T>
}

export type PoolLimits = { timeoutMs: number; maxWaiting: number }

const RETRIES = 3

export function poolDb(pool: Pool, { timeoutMs, maxWaiting }: PoolLimits): PoolDb {
  // pg raises 'error' on a client that is lent out as well; without a listener that would end the process
  pool.on('connect', (client) => client.on('error', () => {}))

  async function lend<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    if (pool.waitingCount >= maxWaiting)
      throw new ApiError('TEMPORARILY_UNAVAILABLE', 'Too many requests wait for the database. Try again.')
    const client = await pool.connect().catch((error: unknown) => {
      throw asApiError(error)
    })
    const connection = new Connection(client, timeoutMs)
    try {
      return await work(connection)
    } finally {
      client.release(connection.doubtful)
    }
  }

  return {
    query: <T>(q: Sql) => lend((connection) => connection.query<T>(q)),
    texts: (q) => lend((connection) => connection.texts(q)),
    async transaction(work, options = {}) {
      for (let retry = 1; ; retry++) {
        try {
          return await lend((connection) => connection.transaction(work, options))
        } catch (error) {
          if (retry > RETRIES || !isRetriable(error)) throw error
          await pause(Math.random() * 10 * 2 ** retry)
        }
      }
    },
  }
}

/**
 * A transaction as its work sees it. Once it is over it takes no statement: of several that were under way together one may
 * have failed, and what the others still want to write must not reach the connection after the rollback.
 */
class Inside implements Db {
  over = false
  readonly #connection: Db

  constructor(connection: Db) {
    this.#connection = connection
  }

  async query<T>(q: Sql) {
    return this.#open().query<T>(q)
  }

  async texts(q: Sql) {
    return this.#open().texts(q)
  }

  #open(): Db {
    if (this.over) throw new Error('The transaction is over')
    return this.#connection
  }
}

class Connection implements Db {
  /** Set when an answer is overdue or the line broke: nobody may use this connection again. */
  doubtful = false
  readonly #client: PoolClient
  #timeoutMs: number

  constructor(client: PoolClient, timeoutMs: number) {
    this.#client = client
    this.#timeoutMs = timeoutMs
  }

  async query<T>(q: Sql) {
    const { rows, rowCount } = await this.#run(statement(q))
    return { rows: rows as T[], rowCount: rowCount ?? 0 }
  }

  async texts(q: Sql) {
    const { rows } = await this.#run({ ...statement(q), rowMode: 'array', types: rawTypes } as QueryArrayConfig)
    return rows as unknown as TextRow[]
  }

  async transaction<T>(work: (db: Db) => Promise<T>, options: TransactionOptions): Promise<T> {
    if (options.patient) this.#timeoutMs = 0
    // not awaited: `begin` travels together with the first statement
    const begun = this.#run({ text: begin(options) })
    begun.catch(() => {})
    const inside = new Inside(this)
    const result = await this.#undoing(inside, async () => {
      const result = await work(inside)
      await begun
      return result
    })
    inside.over = true
    const { command } = await this.#run({ text: 'commit' })
    if (command !== 'COMMIT')
      throw asApiError(new Error('An error inside the transaction was ignored: nothing is written'))
    return result
  }

  async #undoing<T>(inside: Inside, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      inside.over = true
      await this.#run({ text: 'rollback' }).catch(() => {})
      throw error
    }
  }

  async #run(query: QueryConfig): Promise<QueryResult> {
    try {
      return await this.#client.query({ ...query, query_timeout: this.#timeoutMs } as QueryConfig)
    } catch (error) {
      this.doubtful ||= !isReusable(error)
      throw asApiError(error)
    }
  }
}

function begin({ snapshot, patient }: TransactionOptions): string {
  if (snapshot) return 'begin isolation level repeatable read read only'
  return patient ? 'begin; set local statement_timeout to 0; set local lock_timeout to 0' : 'begin'
}

function statement(q: Sql): QueryConfig {
  const { text, values, name } = compile(q)
  return { text, values: values.map(encode), ...(name !== undefined && { name }) }
}
