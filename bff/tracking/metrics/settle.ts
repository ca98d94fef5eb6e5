import type { Log } from '#kit/log.ts'
import { repeat } from '#kit/repeat.ts'
import type { Db } from '#kit/sql.ts'
import { named, sql } from '#kit/sql.ts'

const EVERY_MS = 60_000
const SILENT_MS = 10 * 60_000
const AT_ONCE = 5_000

/**
 * Settles series that nobody has written to for a while: those of runs whose process died. By the clock of the client: a wrong
 * one costs a write to the indexes, never a wrong answer. Rows that somebody holds are left for the next time.
 */
export const settleSilent = (db: Db, now = Date.now()) =>
  db.query(
    named(
      'settle-silent',
      sql`
      update series set settled_value = last_value where series_id = any(array(
        select series_id from series where settled_value is null and last_timestamp < ${now - SILENT_MS}
        order by series_id limit ${AT_ONCE} for update skip locked))`,
    ),
  )

/** Looks for silent series every minute. */
export const openSettling = (db: Db, log: Log) =>
  repeat({
    everyMs: EVERY_MS,
    work: () => settleSilent(db),
    failed: (error) => log.warn({ err: error }, 'silent series could not be settled'),
  })
