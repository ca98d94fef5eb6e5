import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import { openLog } from '#kit/log.ts'
import { EVERYTHING } from '#kit/scope.ts'
import { row, sql } from '#kit/sql.ts'
import { everyArtifactPlace } from '../../test/artifact-places.ts'
import { testDatabase } from '../../test/database.ts'
import { openHashing } from './hash-later.ts'
import { openOwners } from './owners.ts'
import type { Places } from './places.ts'
import { openPlaces } from './places.ts'
import { recordArtifact } from './record.ts'
import { openStores } from './stores.ts'

const RUN = 'a'.repeat(32)
const { log } = openLog({ level: 'silent' })
const patient = { timeout: 30_000 }

describe.each(everyArtifactPlace)('files in a $kind that did not pass through the server', ({ newPlace }) => {
  let database: Database
  let places: Places

  beforeAll(async () => {
    database = await openDatabase(await testDatabase())
    const stores = await openStores({ store: await newPlace() })
    places = openPlaces(stores, openOwners(database.reads))
    await database.query(sql`
      insert into experiments (experiment_id, name, artifact_location, creation_time, last_update_time)
      values (1, 'hashing', 'mlflow-artifacts:/1', 0, 0)`)
    await database.query(sql`
      insert into runs (run_id, experiment_id, run_name, artifact_uri) values (${RUN}, 1, 'x', '')`)
    return async () => {
      await stores.close()
      await database.close()
    }
  })

  const hashing = () => openHashing({ database, places, log, everyMs: 5 })

  /** A file in the store with a record that lacks its digest. */
  async function put(path: string, bytes: string | Buffer, etag?: string) {
    const place = await places.ofRun(EVERYTHING, RUN, path, 'write')
    const written = await place.store.write(place.path, Readable.from([Buffer.from(bytes)]))
    const stored = { ...place.records, ...written, ...(etag && { etag }), sha256: null, stored_by: '' }
    await recordArtifact(database, stored, async () => written.etag)
  }

  const recorded = (path: string) =>
    row<{ sha256: string | null; hash_after: number }>(
      database,
      sql`select sha256, hash_after from artifacts where path = ${path} and ended_time is null`,
    )
  const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')

  test('are hashed once each by several processes', async () => {
    const paths = Array.from({ length: 20 }, (_, i) => `many/${i}`)
    for (const path of paths) await put(path, path)
    const all = [hashing(), hashing(), hashing()]
    for (const path of paths) await expect.poll(() => recorded(path), patient).toMatchObject({ sha256: sha256(path) })
    for (const each of all) await each.close()
  })

  test('are left for the next process when this one stops or has died', async () => {
    await put('left', 'left')
    await database.query(sql`update artifacts set hash_after = ${Date.now() - 1} where path = 'left'`)
    const big = Buffer.alloc(64 * 1024 * 1024, 'x')
    await put('big', big)
    const first = hashing()
    await expect.poll(() => recorded('big'), patient).not.toMatchObject({ hash_after: 0 })
    await first.close()
    const { sha256: early, hash_after } = (await recorded('big')) ?? {}
    if (early === null) expect(hash_after).toBe(0)
    const next = hashing()
    await expect.poll(() => recorded('big'), patient).toMatchObject({ sha256: sha256(big) })
    await expect.poll(() => recorded('left'), patient).toMatchObject({ sha256: sha256('left') })
    await next.close()
  })

  test('are put off where they are not what was recorded, or gone', async () => {
    await put('replaced', 'other', '"of-old"')
    await put('gone', 'gone')
    const { store, path } = await places.ofRun(EVERYTHING, RUN, 'gone', 'remove')
    await store.remove(path)
    const before = Date.now()
    const running = hashing()
    for (const path of ['replaced', 'gone']) {
      await expect
        .poll(async () => Number((await recorded(path))?.hash_after), patient)
        .toBeGreaterThan(before + 120_000)
      expect(await recorded(path)).toMatchObject({ sha256: null })
    }
    await running.close()
  })
})
