import type { Int64 } from '#contract'
import type { PoolDb } from '#kit/db.ts'
import type { Db, Sql } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import type { ArtifactPath } from './address.ts'
import { contentType } from './headers.ts'
import type { ArtifactStore } from './store.ts'

/** Whose artifacts these are. */
export type ArtifactOwner = { kind: 'run' | 'model'; id: string; experiment_id: Int64 }

export type StoredArtifact = {
  owner: ArtifactOwner
  /** Below the owner's artifacts. */
  path: ArtifactPath
  size: number
  /** What the store says of these very bytes. */
  etag: string
  /** Hex; null where the bytes did not pass through this server: a job hashes them later. */
  sha256: string | null
  stored_by: string
}

/**
 * Records a file that the store has made visible. Of several that overwrote one another, in whatever order they come here, the
 * one that the store has now is the current one: `etagNow` asks it, but only where there is a record already.
 */
export async function recordArtifact(
  db: PoolDb,
  artifact: StoredArtifact,
  etagNow: () => Promise<string | undefined>,
  /** found in the store, so that a record of the same bytes tells better who stored them */
  { found = false } = {},
): Promise<void> {
  if (await insertRecord(db, artifact, null)) return
  await db.transaction(async (db) => {
    const { owner, path, stored_by } = artifact
    await db.query(sql`select pg_advisory_xact_lock(hashtextextended(${`${owner.id}/${path.join('/')}`}, 0))`)
    const file = sql`${ofOwner(owner)} and path = ${path.join('/')}`
    const recorded = await row<{ etag: string }>(
      db,
      sql`select etag from artifacts where ended_time is null and ${file}`,
    )
    if (found && recorded?.etag === artifact.etag) return
    const isThere = (await etagNow()) === artifact.etag
    if (isThere) await db.query(sql`${ending(stored_by)} and ${file}`)
    await insertRecord(db, artifact, isThere ? null : Date.now())
  })
}

/** What the store has in a place now: for `recordArtifact`. */
export async function etagOf(store: ArtifactStore, path: ArtifactPath): Promise<string | undefined> {
  const found = await store.stat(path)
  return found === 'folder' ? undefined : found?.etag
}

/** A record of a file that is there, unless one is there already; or, with the time of its end, of one that was. */
async function insertRecord(db: Db, artifact: StoredArtifact, ended_time: number | null): Promise<boolean> {
  const { owner, path, size, etag, sha256, stored_by } = artifact
  const { rowCount } = await db.query(sql`
    insert into artifacts (owner_kind, owner_id, experiment_id, path, size, sha256, media_type, etag, stored_by, stored_time,
                           ended_time)
    values (${owner.kind}, ${owner.id}, ${owner.experiment_id}, ${path.join('/')}, ${size}, ${sha256},
            ${contentType(path.at(-1) ?? '')}, ${etag}, ${stored_by}, ${Date.now()}, ${ended_time})
    on conflict do nothing`)
  return rowCount === 1
}

const ending = (ended_by: string): Sql =>
  sql`update artifacts set ended_time = ${Date.now()}, ended_by = ${ended_by} where ended_time is null`

/** The records of a file or of all in a folder; or of all below the folder of an experiment, but outside of `artifacts` folders. */
export type RecordsBelow =
  | { owner: ArtifactOwner; path: ArtifactPath }
  | { experiment_id: Int64 | string; owners: readonly string[] }

/** Removes what is at a place, and ends the records of it: not of what is stored there again meanwhile. */
export async function endingRecords(db: Db, below: RecordsBelow, ended_by: string, remove: () => Promise<void>) {
  const newest = await row<{ artifact_no: Int64 | null }>(
    db,
    sql`select max(artifact_no) as artifact_no from artifacts where ended_time is null and ${areBelow(below)}`,
  )
  await remove()
  await db.query(sql`${ending(ended_by)} and ${areBelow(below)} and artifact_no <= ${newest?.artifact_no ?? 0}`)
}

const ofOwner = ({ kind, id }: Pick<ArtifactOwner, 'kind' | 'id'>): Sql =>
  sql`owner_kind = ${kind} and owner_id = ${id}`

export function areBelow(below: RecordsBelow): Sql {
  if ('owner' in below) {
    const path = below.path.join('/')
    if (path === '') return ofOwner(below.owner)
    // what begins with "path/" in the order of collate "C": 0 comes after the slash
    return sql`${ofOwner(below.owner)} and (path = ${path} or (path > ${`${path}/`} and path < ${`${path}0`}))`
  }
  const [first, second] = below.owners
  const ofExperiment = sql`experiment_id = ${below.experiment_id}`
  if (first === undefined) return ofExperiment
  if (first !== 'models') return sql`${ofExperiment} and ${ofOwner({ kind: 'run', id: first })}`
  if (second === undefined) return sql`${ofExperiment} and owner_kind = 'model'`
  return sql`${ofExperiment} and ${ofOwner({ kind: 'model', id: second })}`
}
