import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  createExperiment,
  createLoggedModel,
  createModelVersion,
  createRegisteredModel,
  createRun,
  deleteRun,
  getLoggedModel,
  getModelVersion,
  getModelVersionDownloadUri,
  renameRegisteredModel,
} from '#contract'
import { call } from '../../../web/lib/client.ts'
import { everyArtifactPlace, temporaryFolder } from '../../test/artifact-places.ts'
import { ask } from '../../test/ask.ts'
import { startServer } from '../../test/server.ts'
import { parseUri, sourceUri } from './source-uri.ts'

describe.each(everyArtifactPlace)('versions with files in a $kind', ({ newPlace }) => {
  const server = { base: '' }
  let run_id: string
  let model_id: string
  let runUri: string
  let modelUri: string
  let models = 0

  beforeAll(async () => {
    const started = await startServer({ artifacts: { store: await newPlace() } })
    server.base = started.base
    const { experiment_id } = await call(createExperiment, { name: 'sources' }, server)
    const { info } = (await call(createRun, { experiment_id }, server)).run
    run_id = info.run_id
    runUri = info.artifact_uri
    const logged = await call(createLoggedModel, { experiment_id, name: 'm', source_run_id: run_id }, server)
    model_id = logged.model.info.model_id
    modelUri = logged.model.info.artifact_uri
    await put(`${runUri}/model/MLmodel`, 'of the run')
    await put(`${runUri}/secret.txt`, 'beside the model')
    await put(`${modelUri}/MLmodel`, 'of the model')
    return started.close
  })

  const put = (uri: string, body: string) => {
    const path = uri.replace('mlflow-artifacts:/', '')
    return ask(`${server.base}/api/2.0/mlflow-artifacts/artifacts/${path}`, { method: 'PUT', body })
  }
  const newModel = async () =>
    (await call(createRegisteredModel, { name: `sourced ${++models}` }, server)).registered_model.name
  const register = async (name: string, source: string, ids: { run_id?: string; model_id?: string } = {}) =>
    (await call(createModelVersion, { name, source, ...ids }, server)).model_version
  const file = (name: string, path: string, asked: Parameters<typeof ask>[1] = {}, version = '1') =>
    ask(
      `${server.base}/model-versions/get-artifact?name=${encodeURIComponent(name)}&version=${version}&path=${path}`,
      asked,
    )
  const uri = async (name: string, version: string) =>
    (await call(getModelVersionDownloadUri, { name, version }, server)).artifact_uri

  test.each([
    { what: 'a folder of a run', source: () => `runs:/${run_id}/model`, ids: () => ({ run_id }), text: 'of the run' },
    { what: 'the address of a run', source: () => `${runUri}/model`, ids: () => ({ run_id }), text: 'of the run' },
    { what: 'a logged model', source: () => `models:/${model_id}`, ids: () => ({ model_id }), text: 'of the model' },
    { what: 'the address of a model', source: () => modelUri, ids: () => ({ model_id }), text: 'of the model' },
  ])('$what: its files are served, and so are those of a copy', async ({ source, ids, text }) => {
    const name = await newModel()
    await register(name, source(), ids())
    expect(await file(name, 'MLmodel')).toMatchObject({ status: 200, text })
    const copy = await newModel()
    const copied = await register(copy, `models:/${name}/1`)
    expect(copied).toMatchObject({ source: `models:/${name}/1`, run_id })
    expect(await file(copy, 'MLmodel')).toMatchObject({ status: 200, text })
    expect(await uri(copy, '1')).toBe(await uri(name, '1'))
    const renamed = `${name} renamed`
    await call(renameRegisteredModel, { name, new_name: renamed }, server)
    expect(await file(copy, 'MLmodel')).toMatchObject({ status: 200, text })
  })

  test('a file is served in parts, by its head, and as a download', async () => {
    const name = await newModel()
    await register(name, `models:/${model_id}`, { model_id })
    expect(await file(name, 'MLmodel', { headers: { range: 'bytes=0-1' } })).toMatchObject({ status: 206, text: 'of' })
    const head = await file(name, 'MLmodel', { method: 'HEAD' })
    expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': '12' } })
    expect(head.headers['content-disposition']).toContain('attachment')
  })

  test('nothing beside the source is served', async () => {
    const name = await newModel()
    await register(name, `runs:/${run_id}/model`, { run_id })
    for (const path of [
      '../secret.txt',
      '..%2Fsecret.txt',
      '%252e%252e%2Fsecret.txt',
      '/secret.txt',
      'MLmodel/../../secret.txt',
    ])
      expect(await file(name, path)).toMatchObject({ status: 400, json: { message: 'Invalid path' } })
    expect(await file(name, 'secret.txt')).toMatchObject({ status: 404 })
  })

  test('a deleted run still serves the versions that were made of it', async () => {
    const { info } = (await call(createRun, {}, server)).run
    await put(`${info.artifact_uri}/m/MLmodel`, 'kept')
    const name = await newModel()
    await register(name, `runs:/${info.run_id}/m`, { run_id: info.run_id })
    await call(deleteRun, { run_id: info.run_id }, server)
    expect(await file(name, 'MLmodel')).toMatchObject({ status: 200, text: 'kept' })
  })

  test('a logged model says as which versions it is registered, also when they are made at once', async () => {
    const name = await newModel()
    const made = await Promise.all(Array.from({ length: 5 }, () => register(name, `models:/${model_id}`, { model_id })))
    expect(made.map((version) => version.model_id)).toEqual(Array(5).fill(model_id))
    const { tags } = (await call(getLoggedModel, { model_id }, server)).model.info
    const noted = JSON.parse(tags.find(({ key }) => key === 'mlflow.modelVersions')?.value ?? '[]') as {
      name: string
      version: number
    }[]
    const ours = noted.filter((version) => version.name === name).map(({ version }) => version)
    expect(ours.sort()).toEqual([1, 2, 3, 4, 5])
  })

  test('an address that was accepted reads the same afterwards', async () => {
    const name = await newModel()
    const { source } = await register(name, 's3://bucket/größe/a%20b/..../c')
    expect(source).toBe('s3://bucket/größe/a%20b/..../c')
    expect((await call(getModelVersion, { name, version: '1' }, server)).model_version.source).toBe(source)
  })
})

test('where clients go to the store themselves, a path is taken from below the run alone', async () => {
  const folder = await temporaryFolder()
  const server = await startServer({ mode: 'tracking-only', artifacts: { store: { kind: 'folder', folder } } })
  onTestFinished(server.close)
  const { artifact_uri, run_id } = (await call(createRun, {}, server)).run.info
  const path = artifact_uri.replace('file://', '')
  await mkdir(join(path, 'model'), { recursive: true })
  await writeFile(join(path, 'model/MLmodel'), 'on disk')
  await call(createRegisteredModel, { name: 'local' }, server)
  const register = (source: string, id?: string) =>
    call(createModelVersion, { name: 'local', source, run_id: id }, server)
  for (const source of [`${path}/model`, `${artifact_uri}/model`]) {
    const { version } = (await register(source, run_id)).model_version
    const file = `${server.base}/model-versions/get-artifact?name=local&version=${version}&path=MLmodel`
    expect(await ask(file)).toMatchObject({ status: 200, text: 'on disk' })
    await expect(register(source)).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
  }
  for (const source of [folder, `file://${folder}`, `${path}/../x`, path.slice(1), `file://host${path}`, `${path}x`])
    await expect(register(source, run_id)).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
})

const accepted = (source: string) => {
  try {
    sourceUri(source)
    return true
  } catch {
    return false
  }
}

test('a source that is accepted is still accepted when it is decoded, and leads nowhere else', async () => {
  const piece = fc.constantFrom(
    'a',
    '..',
    '.',
    '/',
    '//',
    '%2f',
    '%2e',
    '%252e',
    '%5c',
    '\\',
    '%00',
    '?',
    '#',
    ';',
    '%25',
    '%',
    'ä',
    ' ',
  )
  const scheme = fc.constantFrom('s3://bucket/', 'runs:/', 'models:/', 'mlflow-artifacts:/', 'dbfs:/', 'file:///', '')
  await fc.assert(
    fc.property(scheme, fc.array(piece, { maxLength: 8 }), (begin, pieces) => {
      const source = begin + pieces.join('')
      if (!accepted(source)) return
      let decoded = source
      for (let round = 0; round < 10; round++) {
        expect(decoded.split(/[\\/]/)).not.toContain('..')
        expect(parseUri(decoded).segments).toEqual(parseUri(source).segments)
        try {
          decoded = decodeURIComponent(decoded)
        } catch {
          return
        }
      }
    }),
    { numRuns: 2_000 },
  )
})
