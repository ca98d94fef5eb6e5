import type { PoolConfig } from 'pg'
import { Pool } from 'pg'
import type { DatabaseLog, Limits, Pools } from './db-types.ts'
import { parsedTypes } from './db-values.ts'

export type PoolSizes = { writes: number; reads: number; health: number }

export type PostgresConfig = { url: string; pool?: Partial<PoolSizes> }

const SIZES: PoolSizes = { writes: 8, reads: 8, health: 2 }

/** An own pool for each kind of work: a pile of slow reads must not keep a write or a health check from a connection. */
export function openPostgres({ url, pool }: PostgresConfig, schema: string, limits: Limits, log: DatabaseLog): Pools {
  const sizes = { ...SIZES, ...pool }
  const open = (max: number, statementTimeoutMs: number) =>
    listened(
      new Pool({
        connectionString: connectionString(url),
        application_name: schema,
        max,
        pipeline: true,
        types: parsedTypes,
        keepAlive: true,
        keepAliveInitialDelayMillis: 10_000,
        connectionTimeoutMillis: limits.acquireTimeoutMs,
        idleTimeoutMillis: 60_000,
        onConnect: async (client) => {
          await client.query(sessionSettings(schema, statementTimeoutMs, limits))
        },
      } as PoolConfig),
      log,
    )
  return {
    writes: open(sizes.writes, limits.writeTimeoutMs),
    reads: open(sizes.reads, limits.readTimeoutMs),
    health: open(sizes.health, limits.readTimeoutMs),
  }
}

/** An idle connection that breaks is an event, and an event nobody hears ends the process. */
function listened(pool: Pool, log: DatabaseLog): Pool {
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection was lost'))
  return pool
}

/**
 * Said after connecting rather than in the start-up packet, which connection poolers refuse. The last one ends the work of
 * a killed process (and frees its locks) within seconds: Postgres 14 and newer can, on Linux.
 */
const sessionSettings = (schema: string, statementTimeoutMs: number, limits: Limits) => `
  set search_path to ${schema};
  set statement_timeout to ${statementTimeoutMs};
  set lock_timeout to ${limits.lockTimeoutMs};
  set idle_in_transaction_session_timeout to ${limits.idleInTransactionMs};
  set jit to off;
  set client_min_messages to warning;
  select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';
  select set_config('client_connection_check_interval', '2000', false)
    where current_setting('client_connection_check_interval', true) = '0' and version() ~ 'linux'`

/** Also MLflow's `postgresql+psycopg2://`; `sslmode` means what it means to libpq. */
export function connectionString(url: string): string {
  const parsed = new URL(url.replace(/^postgres(ql)?(\+\w+)?:/, 'postgresql:'))
  const mode = parsed.searchParams.get('sslmode')
  if (mode === 'prefer' || mode === 'allow') parsed.searchParams.delete('sslmode')
  else if (mode) parsed.searchParams.set('uselibpqcompat', 'true')
  return parsed.href
}
