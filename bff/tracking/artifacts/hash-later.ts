import { createHash } from 'node:crypto'
import type { Int64 } from '#contract'
import type { Database } from '#kit/db.ts'
import type { Log } from '#kit/log.ts'
import { repeat } from '#kit/repeat.ts'
import { EVERYTHING } from '#kit/scope.ts'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import type { Places } from './places.ts'

type HashingParts = { database: Database; places: Places; log: Log; everyMs?: number }

/** No other process takes a file for so long; a process that is still at it says so again and again. */
const CLAIM_MS = 60_000
/** How long a file is left alone that could not be read, or is not the recorded one any more. */
const PAUSE_MS = 600_000

type Claimed = { artifact_no: Int64; owner_kind: 'run' | 'model'; owner_id: string; path: string; etag: string }

/**
 * Reads files that did not pass through the server, one after the other, and records their SHA-256. Any number of processes
 * may do so at once; what one was reading when it died is read again a minute later.
 */
export function openHashing({ database, places, log, everyMs = 5_000 }: HashingParts) {
  async function work(closing: AbortSignal) {
    while (!closing.aborted) {
      const claimed = await claim(database)
      if (!claimed) return
      await hash(claimed, closing)
    }
  }

  async function hash(claimed: Claimed, closing: AbortSignal) {
    const claiming = setInterval(
      () => void putOff(database, claimed, Date.now() + CLAIM_MS).catch(() => {}),
      CLAIM_MS / 3,
    )
    try {
      const sha256 = await digestOf(places, claimed, closing)
      await database.query(sql`update artifacts set sha256 = ${sha256} where artifact_no = ${claimed.artifact_no}`)
    } catch (error) {
      await putOff(database, claimed, closing.aborted ? 0 : Date.now() + PAUSE_MS)
      if (!closing.aborted) log.warn({ err: error }, 'an artifact could not be hashed: tried again later')
    } finally {
      clearInterval(claiming)
    }
  }

  return repeat({
    everyMs,
    work,
    failed: (error) => log.warn({ err: error }, 'artifacts could not be hashed: tried again later'),
  })
}

const claim = (db: Db): Promise<Claimed | undefined> =>
  row<Claimed>(
    db,
    sql`
    update artifacts set hash_after = ${Date.now() + CLAIM_MS}
    where artifact_no = (
      select artifact_no from artifacts where sha256 is null and ended_time is null and hash_after <= ${Date.now()}
      order by hash_after, artifact_no limit 1 for update skip locked)
    returning artifact_no, owner_kind, owner_id, path, etag`,
  )

const putOff = (db: Db, { artifact_no }: Claimed, hash_after: number) =>
  db.query(sql`update artifacts set hash_after = ${hash_after} where artifact_no = ${artifact_no}`)

async function digestOf(places: Places, { owner_kind, owner_id, path, etag }: Claimed, signal: AbortSignal) {
  const place = await places.ofOwner(EVERYTHING, { kind: owner_kind, id: owner_id }, path, 'read')
  const file = await place.store.open(place.path)
  if (file.etag !== etag) {
    await file.close()
    throw new Error('The file is not the recorded one: it was replaced behind the back of this server')
  }
  const digest = createHash('sha256')
  for await (const chunk of await file.read()) {
    signal.throwIfAborted()
    digest.update(chunk as Buffer)
  }
  return digest.digest('hex')
}
