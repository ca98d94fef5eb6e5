import type { Pool } from 'pg'
import { reason } from './db-errors.ts'
import type { PostgresConfig } from './db-pg.ts'
import { connectionString, openPostgres } from './db-pg.ts'
import type { EmbeddedConfig } from './db-pglite.ts'
import { openEmbedded } from './db-pglite.ts'
import type { PoolDb } from './db-pool.ts'
import { poolDb } from './db-pool.ts'
import type { DatabaseLog, Limits, Pools } from './db-types.ts'
import { rows, sql } from './sql.ts'

export { asApiError, sqlState, violates } from './db-errors.ts'
export type { PoolSizes, PostgresConfig } from './db-pg.ts'
export type { EmbeddedConfig } from './db-pglite.ts'
export type { PoolDb, TransactionOptions } from './db-pool.ts'
export type { DatabaseLog, Limits } from './db-types.ts'

export type DatabaseConfig = (PostgresConfig | EmbeddedConfig) & { schema?: string; limits?: Partial<Limits> }

export type PoolStats = { total: number; idle: number; waiting: number }

/** The database. Itself it is `writes`. */
export type Database = PoolDb & {
  dialect: 'postgres' | 'pglite'
  schema: string
  writes: PoolDb
  reads: PoolDb
  /** Two connections of their own, so that a busy database still answers who is asking and whether it lives. */
  health: PoolDb
  ping(): Promise<void>
  stats(): Record<keyof Pools, PoolStats>
  close(): Promise<void>
}

const LIMITS: Limits = {
  readTimeoutMs: 15_000,
  writeTimeoutMs: 30_000,
  lockTimeoutMs: 5_000,
  idleInTransactionMs: 30_000,
  acquireTimeoutMs: 4_000,
  maxWaiting: 256,
}

const silent: DatabaseLog = { info: () => {}, warn: () => {}, error: () => {} }

export async function openDatabase(config: DatabaseConfig, log: DatabaseLog = silent): Promise<Database> {
  const { schema = 'assay' } = config
  const limits = { ...LIMITS, ...config.limits }
  const embedded = 'url' in config ? undefined : await openEmbedded(config, schema, limits, log)
  const pools = 'url' in config ? openPostgres(config, schema, limits, log) : embedded!.pools
  // the server ends an overlong statement itself; the second limit is for a server that does not answer any more
  const grace = embedded ? 0 : 2_000
  const maxWaiting = embedded ? limits.maxWaiting * 3 : limits.maxWaiting
  const writes = poolDb(pools.writes, { timeoutMs: limits.writeTimeoutMs + grace, maxWaiting })
  const reads = poolDb(pools.reads, { timeoutMs: limits.readTimeoutMs + grace, maxWaiting })
  const health = poolDb(pools.health, { timeoutMs: 5_000, maxWaiting })

  let closed: Promise<unknown> | undefined
  const close = () => (embedded ? embedded.close() : Promise.all(Object.values(pools).map((pool) => pool.end())))

  const database: Database = {
    ...writes,
    dialect: embedded ? 'pglite' : 'postgres',
    schema,
    writes,
    reads,
    health,
    ping: async () => void (await health.texts(sql`select 1`)),
    stats: () => ({ writes: poolStats(pools.writes), reads: poolStats(pools.reads), health: poolStats(pools.health) }),
    async close() {
      closed ??= close()
      await closed
    },
  }
  try {
    await database.ping()
    if (!embedded) await warnAboutDurability(database, log)
    return database
  } catch (error) {
    await database.close()
    throw new Error(`The database${'url' in config ? place(config.url) : ''} cannot be opened: ${reason(error)}`, {
      cause: error,
    })
  }
}

function place(url: string): string {
  const { host, pathname } = new URL(connectionString(url))
  return ` ${host}${pathname}`
}

const poolStats = (pool: Pool): PoolStats => ({
  total: pool.totalCount,
  idle: pool.idleCount,
  waiting: pool.waitingCount,
})

async function warnAboutDurability({ health }: Database, log: DatabaseLog): Promise<void> {
  const off = await rows<{ name: string }>(
    health,
    sql`select name from pg_settings where name in ('fsync', 'full_page_writes') and setting = 'off'`,
  )
  for (const { name } of off)
    log.warn(
      { setting: name },
      `${name} is off on the database server: what was acknowledged may be lost when it crashes`,
    )
}
