import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { beforeAll, expect, test } from 'vitest'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import type { Context } from '#kit/route.ts'
import { RawJson } from '#kit/route.ts'
import type { Scope } from '#kit/scope.ts'
import { EVERYTHING } from '#kit/scope.ts'
import { sql } from '#kit/sql.ts'
import { temporaryFolder } from '../../test/artifact-places.ts'
import { testDatabase } from '../../test/database.ts'
import { openOwners } from '../artifacts/owners.ts'
import type { Places } from '../artifacts/places.ts'
import { openPlaces } from '../artifacts/places.ts'
import { openStores } from '../artifacts/stores.ts'
import { registryHandlers } from './handlers.ts'

// Who may ask at all is decided before; what a caller cannot see does not exist for the handlers either.

const MINE = 'a'.repeat(32)
const THEIRS = 'b'.repeat(32)
let database: Database
let places: Places
let handlers: ReturnType<typeof registryHandlers>

const as = (scope: Scope): Context => ({
  scope,
  principal: 'ann',
  request: Object.assign(new IncomingMessage(new Socket()), { method: 'GET' }),
})
const limited = as({ experiments: [1], registeredModels: ['mine'] })

beforeAll(async () => {
  database = await openDatabase(await testDatabase())
  const stores = await openStores({ store: { kind: 'folder', folder: await temporaryFolder() } })
  places = openPlaces(stores, openOwners(database.reads))
  handlers = registryHandlers(database, Buffer.alloc(32), places)
  for (const [experiment, run_id] of [
    [1, MINE],
    [2, THEIRS],
  ] as const) {
    await database.query(sql`
      insert into experiments (experiment_id, name, artifact_location, creation_time, last_update_time)
      values (${experiment}, ${run_id}, ${`mlflow-artifacts:/${experiment}`}, 0, 0)`)
    await database.query(sql`
      insert into runs (run_id, experiment_id, run_name, artifact_uri)
      values (${run_id}, ${experiment}, 'x', ${`mlflow-artifacts:/${experiment}/${run_id}/artifacts`})`)
    await database.query(sql`
      insert into logged_models (model_id, experiment_id, name, model_type, source_run_id, creation_timestamp_ms, last_updated_timestamp_ms, artifact_uri)
      values (${`m-${run_id}`}, ${experiment}, 'x', '', ${run_id}, 0, 0, ${`mlflow-artifacts:/${experiment}/models/m-${run_id}/artifacts`})`)
    const { store, path } = await places.ofRun(EVERYTHING, run_id, 'm/MLmodel', 'write')
    await store.write(path, Readable.from([Buffer.from(run_id)]))
  }
  for (const name of ['mine', 'theirs']) {
    await handlers.createRegisteredModel({ name, tags: [], description: '' }, as(EVERYTHING))
    const run_id = name === 'mine' ? MINE : THEIRS
    await register(name, `runs:/${run_id}/m`, { run_id }, as(EVERYTHING))
  }
  return async () => {
    await stores.close()
    await database.close()
  }
})

const register = (name: string, source: string, ids: { run_id?: string; model_id?: string }, context: Context) =>
  handlers.createModelVersion(
    { name, source, run_id: undefined, model_id: undefined, ...ids, tags: [], run_link: '', description: '' },
    context,
  )
const nothing = { filter: undefined, order_by: [], page_token: undefined }
const namesIn = (answer: unknown) => [...(answer as RawJson).text.matchAll(/"name":"(\w+)"/g)].map(([, name]) => name)

test('a search finds the models in scope and their versions', async () => {
  const models = await handlers.searchRegisteredModels({ ...nothing, max_results: 100 }, limited)
  const versions = await handlers.searchModelVersions({ ...nothing, max_results: 100 }, limited)
  expect(models).toBeInstanceOf(RawJson)
  expect([new Set(namesIn(models)), namesIn(versions)]).toEqual([new Set(['mine']), ['mine']])
  expect(namesIn(await handlers.searchModelVersions({ ...nothing, max_results: 100 }, as(EVERYTHING)))).toHaveLength(2)
})

test('a version is made of runs, logged models and versions in scope, and of no others', async () => {
  const refused = { code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining('must identify the resource') }
  await expect(register('mine', `runs:/${MINE}/m`, { run_id: MINE }, limited)).resolves.toBeInstanceOf(RawJson)
  await expect(register('mine', `runs:/${THEIRS}/m`, { run_id: THEIRS }, limited)).rejects.toMatchObject(refused)
  await expect(
    register('mine', `mlflow-artifacts:/2/${THEIRS}/artifacts/m`, { run_id: THEIRS }, limited),
  ).rejects.toMatchObject(refused)
  const absent = { code: 'RESOURCE_DOES_NOT_EXIST' }
  const model_id = `m-${THEIRS}`
  await expect(register('mine', `models:/${model_id}`, { model_id }, limited)).rejects.toMatchObject(absent)
  await expect(register('mine', 'models:/theirs/1', {}, limited)).rejects.toMatchObject(absent)
})

test.each([
  { what: 'a run in scope', says: MINE, context: limited, run_id: MINE },
  { what: 'a run out of scope', says: THEIRS, context: limited, run_id: '' },
  { what: 'no run that there is', says: 'c'.repeat(32), context: as(EVERYTHING), run_id: '' },
])('a version of a logged model that names $what as its own', async ({ says, context, run_id }) => {
  const model_id = `m-${MINE}`
  await database.query(sql`update logged_models set source_run_id = ${says} where model_id = ${model_id}`)
  const made = await register('mine', `models:/${model_id}`, { model_id }, context)
  expect(JSON.parse((made as RawJson).text)).toMatchObject({ model_version: { model_id } })
  expect(JSON.parse((made as RawJson).text).model_version.run_id ?? '').toBe(run_id)
})

test.each([
  { what: 'a local path', location: 'file:///etc' },
  { what: 'another run', location: `mlflow-artifacts:/2/${THEIRS}/artifacts/m` },
  { what: 'another run by its id', location: `runs:/${THEIRS}/m` },
  { what: 'a path out of the run', location: `mlflow-artifacts:/1/${MINE}/artifacts/../../../2/${THEIRS}/artifacts/m` },
  { what: 'a host', location: 'http://127.0.0.1:1/m' },
])('a row that says $what serves nothing', async ({ location }) => {
  await database.query(sql`
    update model_versions v set storage_location = ${location} from registered_models m
    where m.model_no = v.model_no and m.name = 'mine' and v.version = 1`)
  const asked = { name: 'mine', version: '1', path: 'MLmodel' }
  await expect(handlers.getModelVersionArtifact(asked, as(EVERYTHING))).rejects.toMatchObject({
    code: expect.stringMatching(/^(RESOURCE_DOES_NOT_EXIST|INVALID_PARAMETER_VALUE)$/),
  })
})
