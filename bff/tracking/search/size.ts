import type { Db } from '#kit/sql.ts'
import { named, row, sql } from '#kit/sql.ts'

const ASK_AGAIN_MS = 10_000
/** Said of a table that Postgres has not counted yet (its autoanalyze does, up to a minute after many rows came in). */
const UNCOUNTED = 10_000

/** Tells about how many runs there are, in all experiments. */
export function openSize(db: Db): () => Promise<number> {
  let size: number | undefined
  let askedAt = 0
  return async () => {
    if (size === undefined || performance.now() - askedAt > ASK_AGAIN_MS) {
      askedAt = performance.now()
      const counted = await row<{ runs: number }>(
        db,
        named(
          'about-how-many-runs',
          sql`select reltuples::float8 as runs from pg_class where oid = to_regclass('runs')`,
        ),
      )
      size = counted && counted.runs >= 0 ? counted.runs : UNCOUNTED
    }
    return size
  }
}
