import type { Db } from '#kit/sql.ts'
import { named, row, sql } from '#kit/sql.ts'

const ASK_AGAIN_MS = 10_000

/**
 * Tells whether Postgres has counted params and tags yet (its autoanalyze does, up to a minute after many rows came in).
 * Until then it takes every value for a rare one, and a search that may go by values is two hundred times slower than one
 * that looks at each run of the experiment.
 */
export function openStatistics(db: Db): () => Promise<boolean> {
  let known: boolean | undefined
  let askedAt = 0
  return async () => {
    if (known === undefined || performance.now() - askedAt > ASK_AGAIN_MS) {
      askedAt = performance.now()
      const counted = await row<{ known: boolean }>(
        db,
        named(
          'statistics-known',
          sql`select coalesce(bool_and(reltuples >= 0), false) as known from pg_class
              where oid in (to_regclass('params'), to_regclass('tags'))`,
        ),
      )
      known = counted?.known ?? false
    }
    return known
  }
}
