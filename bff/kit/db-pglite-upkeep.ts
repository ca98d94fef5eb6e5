import type { Pool } from 'pg'
import type { DatabaseLog } from './db-types.ts'
import { repeat } from './repeat.ts'

const WAL_LIMIT = 32 * 1024 * 1024

/** Autovacuum's own rule (50 rows and a fifth, or a tenth, of the table), since the engine has no autovacuum process. */
const worn = `
  select format('%I.%I', schemaname, relname) as name
  from pg_stat_user_tables
  where n_dead_tup > 50 + 0.2 * n_live_tup or n_ins_since_vacuum > 1000 + 0.2 * n_live_tup
    or n_mod_since_analyze > 50 + 0.1 * n_live_tup`

const wal = `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), redo_lsn)::float8 as size from pg_control_checkpoint()`

/**
 * What Postgres does in the background, a single process has to do in turn: a checkpoint before the log grows, and vacuum
 * and statistics for tables that changed. Without it the log alone grew by 90 MB for each 200,000 updated rows.
 */
export const openUpkeep = (pool: Pool, everyMs: number, log: DatabaseLog) =>
  repeat({
    everyMs,
    work: (closing) => upkeep(pool, closing),
    failed: (error) => log.warn({ err: error }, 'upkeep of the embedded database failed'),
  })

async function upkeep(pool: Pool, closing: AbortSignal): Promise<void> {
  const tables = await pool.query<{ name: string }>(worn)
  // each on its own, so that waiting requests come in between
  for (const { name } of tables.rows) {
    if (closing.aborted) return
    await pool.query(`vacuum (analyze) ${name}`)
  }
  const { rows } = await pool.query<{ size: number }>(wal)
  if ((rows[0]?.size ?? 0) > WAL_LIMIT) await pool.query('checkpoint')
}
