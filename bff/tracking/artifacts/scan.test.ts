import { createHash } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ArtifactRecord } from '#contract'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import { EVERYTHING } from '#kit/scope.ts'
import { rows, sql } from '#kit/sql.ts'
import { everyArtifactPlace, temporaryFolder } from '../../test/artifact-places.ts'
import { testDatabase } from '../../test/database.ts'
import { startAssay } from '../../test/process.ts'
import type { ArtifactPath } from './address.ts'
import { artifactPath, below } from './address.ts'
import { openOwners } from './owners.ts'
import type { OwnedPlace, Places } from './places.ts'
import { openPlaces } from './places.ts'
import { etagOf, recordArtifact } from './record.ts'
import type { Finding } from './scan.ts'
import { scanArtifacts } from './scan.ts'
import type { Stores } from './stores.ts'
import { openStores } from './stores.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const textOf = (text: string) => Readable.from([Buffer.from(text)])

describe.each(everyArtifactPlace)('a scan of a $kind', ({ newPlace }) => {
  let database: Database
  let stores: Stores
  let places: Places
  let place: OwnedPlace

  beforeAll(async () => {
    database = await openDatabase(await testDatabase())
    stores = await openStores({ store: await newPlace() })
    places = openPlaces(stores, openOwners(database.reads))
    await database.query(sql`
      insert into experiments (experiment_id, name, artifact_location, creation_time, last_update_time)
      values (1, 'ours', 'mlflow-artifacts:/1', 0, 0), (2, 'elsewhere', 's3://closed/away', 0, 0)`)
    await database.query(
      sql`insert into runs (run_id, experiment_id, run_name, artifact_uri) values ('known', 1, 'x', '')`,
    )
    place = await places.ofRun(EVERYTHING, 'known', '', 'read')
    return async () => {
      await stores.close()
      await database.close()
    }
  })

  const at = (name: string): ArtifactPath => below(place.root, artifactPath(name))
  async function upload(name: string, text: string) {
    const written = await stores.main.write(at(name), textOf(text))
    const stored = { owner: place.owner, path: artifactPath(name), ...written, sha256: sha256(text), stored_by: 'ann' }
    await recordArtifact(database, stored, () => etagOf(stores.main, at(name)))
  }
  async function scanned(keep: boolean) {
    const found: Finding[] = []
    for await (const finding of scanArtifacts({ database, stores, places, keep })) found.push(finding)
    return found
  }
  const records = () =>
    rows<ArtifactRecord>(database, sql`select path, sha256, stored_by, ended_time from artifacts order by artifact_no`)

  test('finds and records what came behind the back of the server, and tells what has no owner and what is gone', async () => {
    await upload('good', 'good')
    await upload('replaced', 'was')
    await upload('lost', 'lost')
    const elsewhere = { finding: 'unreachable', place: 's3://closed/away' }
    expect(await scanned(true)).toEqual([elsewhere])

    await stores.main.write(at('replaced'), textOf('is'))
    await stores.main.write(at('model/new'), textOf('new'))
    await stores.main.remove(at('lost'))
    for (const path of ['1/nobody/artifacts/x', '1/known/beside', '1/models/m-0/artifacts/x', '77/x', 'shared/x'])
      await stores.main.write(artifactPath(path), textOf(path))
    const found = [
      elsewhere,
      { finding: 'unrecorded', place: '1/known/artifacts/model/new', size: 3 },
      { finding: 'changed', place: '1/known/artifacts/replaced', size: 2 },
      { finding: 'gone', place: '1/known/artifacts/lost', size: 4, sha256: sha256('lost') },
      ...['1/known/beside', '1/models/m-0', '1/nobody', '77', 'shared'].map((place) => ({
        finding: 'ownerless',
        place,
      })),
    ]
    const before = await records()
    expect(await scanned(false)).toEqual(expect.arrayContaining(found))
    expect(await records()).toEqual(before)

    const kept = found.map((finding) => ({
      ...finding,
      ...(finding.place.endsWith('new') && { sha256: sha256('new') }),
      ...(finding.place.endsWith('replaced') && { sha256: sha256('is') }),
    }))
    const told = await scanned(true)
    expect(told).toEqual(expect.arrayContaining(kept))
    expect(told).toHaveLength(kept.length)
    const scan = { stored_by: 'scan', ended_time: null }
    expect(await records()).toMatchObject([
      { path: 'good', ended_time: null },
      { path: 'replaced', sha256: sha256('was'), ended_time: expect.any(Number) },
      { path: 'lost', ended_time: null },
      { path: 'model/new', sha256: sha256('new'), ...scan },
      { path: 'replaced', sha256: sha256('is'), ...scan },
    ])
    const left = found.filter(({ finding }) => finding !== 'unrecorded' && finding !== 'changed')
    expect(await scanned(true)).toHaveLength(left.length)
  })

  test('beside servers that write and delete finds nothing', async () => {
    await stores.main.write(at('lost'), textOf('lost'))
    await scanned(true)
    const settled = (await scanned(true)).length
    let writing = true
    const writer = (async () => {
      for (let i = 0; i < 40; i++) {
        await upload(`busy/${i % 7}`, `${i}`)
        await upload('replaced', `${i}`)
      }
      writing = false
    })()
    while (writing) await scanned(true)
    await writer
    expect(await scanned(true)).toHaveLength(settled)
    const current = (await records()).filter(({ ended_time }) => ended_time === null)
    expect(current.filter(({ path }) => path.startsWith('busy')).map(({ stored_by }) => stored_by)).toEqual(
      Array.from({ length: 7 }, () => 'ann'),
    )
  })
})

test('the command prints a line for each finding, and its exit code says whether there was one', async () => {
  const data = await temporaryFolder()
  const scan = async (...flags: string[]) => {
    const assay = startAssay(['artifacts', 'scan', `--data=${data}`, ...flags])
    return { code: await assay.exited, printed: assay.printed(), said: assay.said() }
  }
  expect(await scan()).toMatchObject({
    code: 0,
    printed: '',
    said: expect.stringContaining('All that is in the store'),
  })
  await writeFile(join(data, 'artifacts', 'stray'), 'x')
  expect(await scan('--dry-run')).toEqual({
    code: 3,
    printed: 'stray: belongs to no run or model',
    said: 'Found: 1 ownerless; nothing was changed.',
  })
  expect(await scan('--json')).toMatchObject({ code: 3, printed: '{"finding":"ownerless","place":"stray"}' })
  await rm(join(data, 'artifacts', 'stray'))
  expect(await scan('--artifacts-only')).toMatchObject({ code: 1, said: expect.stringContaining('Leave it out') })
  expect(await scan('--jsn')).toMatchObject({ code: 2 })
})
