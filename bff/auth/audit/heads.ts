import type { Database } from '#kit/db.ts'
import type { Log } from '#kit/log.ts'
import { repeat } from '#kit/repeat.ts'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'

const LOOK_EVERY_MS = 60_000
const ROWS_AT_MOST = 1_000
const MS_AT_MOST = 60 * 60_000

type Head = { seq: number; hash: string }

const headOf = (db: Db) =>
  row<Head>(db, sql`select seq, encode(hash, 'hex') as hash from audit order by seq desc limit 1`)

/**
 * Writes the head of the chain to the log: at the start, at the end, and in between after each 1,000 rows or hour in which
 * something was recorded. Whoever keeps the log elsewhere can then tell (`assay verify audit --head`) whether rows were cut off.
 */
export async function openAuditHeads(database: Database, log: Log): Promise<{ close(): Promise<void> }> {
  let written: Head = { seq: 0, hash: '' }
  let writtenAt = performance.now()

  const write = async (when: (head: Head) => boolean) => {
    const head = await headOf(database.health)
    if (!head || head.hash === written.hash || !when(head)) return
    written = head
    writtenAt = performance.now()
    log.info({ seq: head.seq, head: head.hash }, 'the audit goes so far')
  }
  const isDue = (head: Head) => head.seq - written.seq >= ROWS_AT_MOST || performance.now() - writtenAt >= MS_AT_MOST

  await write(() => true)
  const looking = repeat({
    everyMs: LOOK_EVERY_MS,
    work: () => write(isDue),
    failed: (err) => log.warn({ err }, 'the head of the audit could not be read'),
  })
  return {
    async close() {
      await looking.close()
      await write(() => true)
    },
  }
}
