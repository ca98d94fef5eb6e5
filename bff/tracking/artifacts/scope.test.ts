import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { beforeAll, expect, test } from 'vitest'
import type { Context } from '#kit/route.ts'
import { StreamAnswer } from '#kit/route.ts'
import { temporaryFolder } from '../../test/artifact-places.ts'
import { artifactPath } from './address.ts'
import type { ArtifactHandlers } from './handlers.ts'
import { artifactHandlers } from './handlers.ts'
import type { Owners } from './owners.ts'
import { openPlaces } from './places.ts'
import { openStores } from './stores.ts'

// Who may ask at all is decided before; what a caller cannot see does not exist for the handlers either.

const MINE = 'a'.repeat(32)
const THEIRS = 'b'.repeat(32)
const notFound = { code: 'RESOURCE_DOES_NOT_EXIST', message: `Run with id=${THEIRS} not found` }
const owners: Owners = {
  run: async (id) => {
    const experiment_id = id === MINE ? 1 : 2
    const artifact_location = `mlflow-artifacts:/${experiment_id}`
    return {
      experiment_id,
      artifact_location,
      artifact_uri: `${artifact_location}/${id}/artifacts`,
      lifecycle_stage: 'active',
    }
  },
  model: async () => undefined,
  experiment: async () => undefined,
}

let handlers: ArtifactHandlers
const asked = (method: string): Context => ({
  scope: { experiments: [1], registeredModels: [] },
  principal: 'ann',
  request: Object.assign(new IncomingMessage(new Socket()), { method }),
})

beforeAll(async () => {
  const stores = await openStores({ store: { kind: 'folder', folder: await temporaryFolder() } })
  for (const path of [`1/${MINE}/artifacts/x`, `2/${THEIRS}/artifacts/x`, 'shared/x'])
    await stores.main.write(artifactPath(path), Readable.from([Buffer.from(path)]))
  handlers = artifactHandlers({ places: openPlaces(stores, owners) })
  return () => stores.close()
})

test('a caller reaches the runs of the experiments in its scope', async () => {
  const answer = await handlers.downloadArtifact({ path: `1/${MINE}/artifacts/x` }, asked('HEAD'))
  expect(answer).toBeInstanceOf(StreamAnswer)
  expect(await handlers.listArtifacts({ run_id: MINE, path: '', page_token: '' }, asked('GET'))).toHaveProperty('files')
})

test('a run of another experiment is not found, by none of its names', async () => {
  for (const experiment of ['2', '1']) {
    const path = `${experiment}/${THEIRS}/artifacts/x`
    await expect(handlers.downloadArtifact({ path }, asked('GET'))).rejects.toMatchObject(notFound)
    await expect(handlers.uploadArtifact({ path }, asked('PUT'))).rejects.toMatchObject(notFound)
    await expect(handlers.deleteArtifact({ path }, asked('DELETE'))).rejects.toMatchObject(notFound)
    await expect(handlers.listProxiedArtifacts({ path }, asked('GET'))).rejects.toMatchObject(notFound)
  }
  const run = { run_id: THEIRS, path: 'x' }
  await expect(handlers.getArtifact(run, asked('GET'))).rejects.toMatchObject(notFound)
  await expect(handlers.uploadRunArtifact(run, asked('POST'))).rejects.toMatchObject(notFound)
  await expect(handlers.listArtifacts({ ...run, page_token: '' }, asked('GET'))).rejects.toMatchObject(notFound)
})

test.each(['shared/x', 'shared', '1', '2', `1/${MINE}`, `01/${MINE}/artifacts/x`])(
  '%s is for administrators',
  async (path) => {
    const refused = { code: 'PERMISSION_DENIED' }
    await expect(handlers.downloadArtifact({ path }, asked('GET'))).rejects.toMatchObject(refused)
    await expect(handlers.uploadArtifact({ path }, asked('PUT'))).rejects.toMatchObject(refused)
    await expect(handlers.deleteArtifact({ path }, asked('DELETE'))).rejects.toMatchObject(refused)
    await expect(handlers.listProxiedArtifacts({ path }, asked('GET'))).rejects.toMatchObject(refused)
  },
)
