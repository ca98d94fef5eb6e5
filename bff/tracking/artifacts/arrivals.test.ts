import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  createLoggedModel,
  createPresignedUploadUrl,
  createRun,
  listModelArtifactRecords,
  listRunArtifactRecords,
} from '#contract'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import { openLog } from '#kit/log.ts'
import { rows, sql } from '#kit/sql.ts'
import { call } from '../../../web/lib/client.ts'
import { everyArtifactPlace } from '../../test/artifact-places.ts'
import { testDatabase } from '../../test/database.ts'
import { startS3Stub } from '../../test/s3-stub.ts'
import { startServer } from '../../test/server.ts'
import { artifactPath } from './address.ts'
import { awaitArtifact, openArrivals } from './arrivals.ts'
import type { BucketConfig } from './open.ts'
import { openOwners } from './owners.ts'
import { openPlaces } from './places.ts'
import { openStores } from './stores.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const patient = { timeout: 40_000 }
const stub = await startS3Stub()
const inMemory: BucketConfig = { kind: 's3', bucket: 'bucket', prefix: 'p', endpoint: stub.endpoint, pathStyle: true }

beforeAll(() => {
  process.env.AWS_ACCESS_KEY_ID ??= 'key'
  process.env.AWS_SECRET_ACCESS_KEY ??= 'secret'
  return stub.close
})

const places = [
  { kind: 'an S3 server in memory', newPlace: async () => inMemory },
  ...everyArtifactPlace.flatMap(({ kind, newPlace }) =>
    kind === 'S3' ? [{ kind: 'a real S3 server', newPlace: async () => (await newPlace()) as BucketConfig }] : [],
  ),
]

describe.each(places)('what clients put straight into $kind', ({ newPlace }) => {
  let base: string
  beforeAll(async () => {
    const store = await newPlace()
    const server = await startServer({ artifacts: { store: { ...store, publicEndpoint: store.endpoint } } })
    base = server.base
    return server.close
  })

  const put = async (presigned_url: string, body: string) =>
    expect((await fetch(presigned_url, { method: 'PUT', body })).status).toBe(200)

  test('is recorded and hashed without a scan, each time it comes by its address', async () => {
    const run_id = (await call(createRun, {}, { base })).run.info.run_id
    const found = async () => {
      const { records } = await call(listRunArtifactRecords, { run_id, which: 'all' }, { base })
      return records.map(({ path, size, sha256, ended_time }) => [path, Number(size), sha256, ended_time === null])
    }
    const asked = { run_id, path: 'a/ünï.txt', expiration: '600' }
    const { presigned_url } = await call(createPresignedUploadUrl, asked, { base })
    expect(await found()).toEqual([])
    await put(presigned_url, 'one')
    await expect.poll(found, patient).toEqual([['a/ünï.txt', 3, sha256('one'), true]])
    await put(presigned_url, 'three')
    await expect.poll(found, patient).toEqual([
      ['a/ünï.txt', 3, sha256('one'), false],
      ['a/ünï.txt', 5, sha256('three'), true],
    ])
  }, 90_000)

  test('is recorded of a model too', async () => {
    const { model_id } = (await call(createLoggedModel, { experiment_id: '0' }, { base })).model.info
    const { presigned_url } = await call(createPresignedUploadUrl, { model_id, path: 'MLmodel' }, { base })
    await put(presigned_url, 'flavors')
    const found = async () => (await call(listModelArtifactRecords, { model_id }, { base })).records[0]?.sha256
    await expect.poll(found, patient).toBe(sha256('flavors'))
  }, 60_000)
})

describe('a file that is awaited', () => {
  const RUN = 'a'.repeat(32)
  const { log } = openLog({ level: 'silent' })
  const HOUR = 3_600_000
  let database: Database
  let stores: Awaited<ReturnType<typeof openStores>>
  const time = { now: 0 }

  beforeAll(async () => {
    database = await openDatabase(await testDatabase())
    stores = await openStores({ store: inMemory })
    await database.query(sql`
      insert into experiments (experiment_id, name, artifact_location, creation_time, last_update_time)
      values (1, 'awaiting', 'mlflow-artifacts:/1', 0, 0)`)
    await database.query(sql`
      insert into runs (run_id, experiment_id, run_name, artifact_uri) values (${RUN}, 1, 'x', '')`)
    return async () => {
      await stores.close()
      await database.close()
    }
  })

  const awaits = async (name: string) => {
    const file = { owner: { kind: 'run' as const, id: RUN, experiment_id: 1 }, path: artifactPath(name) }
    time.now = Date.now()
    await awaitArtifact(database, file, { asked_by: 'ann', asked_time: time.now, expires_time: time.now + HOUR })
  }
  const awaited = () =>
    rows<{ path: string; look_after: number }>(database, sql`select path, look_after from awaited_artifacts`)
  const recorded = () => rows(database, sql`select path, stored_by from artifacts where ended_time is null`)
  const looking = () =>
    openArrivals({
      database,
      places: openPlaces(stores, openOwners(database.reads)),
      log,
      everyMs: 5,
      now: () => time.now,
    })
  const comes = (name: string) =>
    stores.of('mlflow-artifacts:/1').store.write(artifactPath(`1/${RUN}/artifacts/${name}`), Readable.from(['x']))

  test('that came is looked for until its address has ended; that never came, for a day longer', async () => {
    await awaits('came')
    await awaits('never')
    const jobs = [looking(), looking()]
    await comes('came')
    time.now += 10_000
    await expect.poll(recorded, patient).toEqual([{ path: 'came', stored_by: 'ann' }])
    await expect
      .poll(async () => (await awaited()).every(({ look_after }) => look_after > time.now), patient)
      .toBe(true)
    expect(await awaited()).toHaveLength(2)
    time.now += HOUR
    await expect.poll(async () => (await awaited()).map(({ path }) => path), patient).toEqual(['never'])
    time.now += 23 * HOUR
    await expect
      .poll(async () => (await awaited()).every(({ look_after }) => look_after > time.now), patient)
      .toBe(true)
    expect(await awaited()).toHaveLength(1)
    time.now += 4 * HOUR
    await expect.poll(awaited, patient).toEqual([])
    expect(await recorded()).toHaveLength(1)
    await Promise.all(jobs.map((job) => job.close()))
  })
})
