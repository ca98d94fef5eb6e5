import { createHash } from 'node:crypto'
import type { Database } from '#kit/db.ts'
import type { Db } from '#kit/sql.ts'
import { rows, sql } from '#kit/sql.ts'
import { artifactPath, below } from './address.ts'
import type { ListedFile } from './files-below.ts'
import { filesBelow } from './files-below.ts'
import type { OwnedPlace } from './places.ts'
import type { RecordsBelow } from './record.ts'
import { areBelow, etagOf, recordArtifact } from './record.ts'
import type { Written } from './store.ts'

/** `place` is a path within the store; sizes are in bytes. */
export type OwnersFinding =
  /** a file without a record, or another one than was recorded; it is recorded now, with its digest, unless that was not asked for */
  | { finding: 'unrecorded' | 'changed'; place: string; size: number; sha256?: string }
  /** a record whose file is not there; left as it is, since it may be the store that is wrong */
  | { finding: 'gone'; place: string; size: number; sha256: string | null }

type Recorded = Written & { path: string; sha256: string | null }

const SCAN = 'scan'

const currentRecords = (db: Db, below: RecordsBelow) =>
  rows<Recorded>(
    db,
    sql`select path, size, etag, sha256 from artifacts where ended_time is null and ${areBelow(below)}`,
  )

/** What the store has of a run or model against what is recorded of it. */
export async function* compareOwner(
  database: Database,
  place: OwnedPlace,
  keep: boolean,
): AsyncGenerator<OwnersFinding> {
  const { store, root, records } = place
  const files: ListedFile[] = []
  for await (const file of filesBelow(store, root)) files.push(file)
  const unseen = new Map((await currentRecords(database.writes, records)).map((record) => [record.path, record]))
  for (const { path, size, etag } of files) {
    const name = path.slice(root.length).join('/')
    const record = unseen.get(name)
    unseen.delete(name)
    if (record?.etag === etag && record?.size === size) continue
    const found = await settle(database, place, name, keep)
    if (found) yield { finding: record ? 'changed' : 'unrecorded', ...found }
  }
  yield* goneOf(database, place, [...unseen.values()])
}

/** Looks again at a file, since servers go on meanwhile, and records it. Nothing where all is well by now. */
async function settle(database: Database, { store, root, owner }: OwnedPlace, name: string, keep: boolean) {
  const path = artifactPath(name)
  const at = below(root, path)
  const there = await store.stat(at)
  const [record] = await currentRecords(database.writes, { owner, path })
  if (!there || there === 'folder' || there.etag === record?.etag) return undefined
  const place = at.join('/')
  if (!keep) return { place, size: there.size }
  const file = await store.open(at)
  const digest = createHash('sha256')
  for await (const chunk of await file.read()) digest.update(chunk as Buffer)
  const sha256 = digest.digest('hex')
  const { size, etag } = file
  const stored = { owner, path, size, etag, sha256, stored_by: SCAN }
  await recordArtifact(database, stored, () => etagOf(store, at), { found: true })
  return { place, size, sha256 }
}

async function* goneOf(
  database: Database,
  { store, root, owner }: OwnedPlace,
  recorded: readonly Recorded[],
): AsyncGenerator<OwnersFinding> {
  for (const { path: name, size, sha256 } of recorded) {
    const path = artifactPath(name)
    const at = below(root, path)
    const [still] =
      (await etagOf(store, at)) === undefined ? await currentRecords(database.writes, { owner, path }) : []
    if (still) yield { finding: 'gone', place: at.join('/'), size, sha256 }
  }
}
