import type { Int64 } from '#contract'
import type { Database } from '#kit/db.ts'
import type { Log } from '#kit/log.ts'
import { repeat } from '#kit/repeat.ts'
import { EVERYTHING } from '#kit/scope.ts'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import type { ArtifactPath } from './address.ts'
import { artifactPath } from './address.ts'
import type { Places } from './places.ts'
import type { ArtifactOwner } from './record.ts'
import { etagOf, recordArtifact } from './record.ts'

type OwnedFile = { owner: ArtifactOwner; path: ArtifactPath }
type Asked = { asked_by: string; asked_time: number; expires_time: number }

type ArrivalsParts = { database: Database; places: Places; log: Log; everyMs?: number; now?: () => number }

const EVERY_MS = 5_000
/** An upload may go on for long after its address has ended: S3 looks at the time when it begins. */
const STILL_COMING_MS = 24 * 3_600_000

/** A client is about to be given an address by which this file can be put into the store. */
export const awaitArtifact = (db: Db, { owner, path }: OwnedFile, { asked_by, asked_time, expires_time }: Asked) =>
  db.query(sql`
    insert into awaited_artifacts as known (owner_kind, owner_id, path, asked_by, asked_time, expires_time, look_after)
    values (${owner.kind}, ${owner.id}, ${path.join('/')}, ${asked_by}, ${asked_time}, ${expires_time}, ${asked_time + EVERY_MS})
    on conflict (owner_kind, owner_id, path) do update set asked_by = excluded.asked_by, asked_time = excluded.asked_time,
      expires_time = greatest(known.expires_time, excluded.expires_time), look_after = excluded.look_after`)

type Awaited = {
  owner_kind: 'run' | 'model'
  owner_id: string
  path: string
  asked_by: string
  asked_time: Int64
  expires_time: Int64
}

/**
 * Looks whether awaited files have come, and records them; another job hashes them then. Any number of processes may look at once.
 * The longer a file has been awaited, the longer is the time until the next look: a tenth of it.
 */
export function openArrivals({ database, places, log, everyMs = EVERY_MS, now = Date.now }: ArrivalsParts) {
  async function work(closing: AbortSignal) {
    while (!closing.aborted) {
      const awaited = await claim(database, now())
      if (!awaited) return
      await look(awaited).catch((error: unknown) =>
        log.warn({ err: error }, 'it could not be seen whether an upload has come: looked at again later'),
      )
    }
  }

  async function look(awaited: Awaited) {
    const { owner_kind, owner_id, path, asked_by, expires_time } = awaited
    if (now() > Number(expires_time) + STILL_COMING_MS) return forget(database, awaited)
    const {
      store,
      path: at,
      owner,
    } = await places.ofOwner(EVERYTHING, { kind: owner_kind, id: owner_id }, path, 'read')
    const there = await store.stat(at)
    if (!there || there === 'folder') return
    const { size, etag } = there
    const stored = { owner, path: artifactPath(path), size, etag, sha256: null, stored_by: asked_by }
    await recordArtifact(database, stored, () => etagOf(store, at), { found: true })
    if (now() > Number(expires_time)) await forget(database, awaited, sql`and ${hasCome}`)
  }

  return repeat({
    everyMs,
    work,
    failed: (error) => log.warn({ err: error }, 'uploads could not be looked for: tried again later'),
  })
}

const claim = (db: Db, now: number) =>
  row<Awaited>(
    db,
    sql`
    update awaited_artifacts set look_after = ${now} + greatest(${EVERY_MS}, (${now} - asked_time) / 10)
    where (owner_kind, owner_id, path) = (
      select owner_kind, owner_id, path from awaited_artifacts where look_after <= ${now}
      order by look_after limit 1 for update skip locked)
    returning owner_kind, owner_id, path, asked_by, asked_time, expires_time`,
  )

/** A record of the file is younger than the address. */
const hasCome = sql`exists (
  select from artifacts there where there.owner_kind = awaited_artifacts.owner_kind and there.owner_id = awaited_artifacts.owner_id
    and there.path = awaited_artifacts.path and there.stored_time >= awaited_artifacts.asked_time)`

/** Unless an address for the file was given meanwhile. */
const forget = (db: Db, { owner_kind, owner_id, path, asked_time }: Awaited, where = sql``) =>
  db.query(sql`
    delete from awaited_artifacts
    where owner_kind = ${owner_kind} and owner_id = ${owner_id} and path = ${path} and asked_time = ${asked_time} ${where}`)
