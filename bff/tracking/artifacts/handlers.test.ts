import { beforeAll, describe, expect, test } from 'vitest'
import { createExperiment, createRun, deleteRun } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { everyArtifactPlace } from '../../test/artifact-places.ts'
import { ask } from '../../test/ask.ts'
import { startServer } from '../../test/server.ts'

const UNKNOWN = 'e'.repeat(32)
const MIB = 1024 * 1024
const PROXY = '/api/2.0/mlflow-artifacts/artifacts'
const LIST = '/api/2.0/mlflow/artifacts/list'

describe.each(everyArtifactPlace)('artifacts in a $kind', ({ newPlace }) => {
  let base: string
  let experiment: string
  let run: string
  let deleted: string
  /** The folder of the run, as the proxy addresses it. */
  let here: string

  const newRun = async () => (await call(createRun, { experiment_id: experiment }, { base })).run.info.run_id
  const put = (path: string, body: string | Uint8Array = path, headers = {}) =>
    ask(`${base}${PROXY}/${path}`, { method: 'PUT', body, headers })
  const get = (path: string, headers = {}) => ask(`${base}${path}`, { headers })
  const remove = (path: string) => ask(`${base}${PROXY}/${path}`, { method: 'DELETE' })

  beforeAll(async () => {
    const server = await startServer({ artifacts: { store: await newPlace(), maxBytes: 12 * MIB } })
    base = server.base
    experiment = (await call(createExperiment, { name: 'artifacts' }, { base })).experiment_id
    run = await newRun()
    deleted = await newRun()
    here = `${experiment}/${run}/artifacts`
    await put(`${experiment}/${deleted}/artifacts/old.txt`, 'old')
    await call(deleteRun, { run_id: deleted }, { base })
    await put(`${here}/model/MLmodel`, 'flavors: {}')
    await put(`${here}/notes.txt`, 'hello')
    return server.close
  })

  test('a run lists its artifacts by paths relative to it', async () => {
    expect(await get(`${LIST}?run_id=${run}`)).toMatchObject({
      status: 200,
      json: {
        root_uri: `mlflow-artifacts:/${here}`,
        files: [
          { path: 'model', is_dir: true },
          { path: 'notes.txt', is_dir: false, file_size: 5 },
        ],
      },
    })
    const inside = await get(`${LIST}?run_uuid=${run}&path=model/`)
    expect(inside.json).toMatchObject({ files: [{ path: 'model/MLmodel', is_dir: false, file_size: 11 }] })
  })

  test.each(['notes.txt', 'nowhere'])('listing %s, which is no folder, finds nothing', async (path) => {
    expect((await get(`${LIST}?run_id=${run}&path=${path}`)).json).toEqual({ root_uri: `mlflow-artifacts:/${here}` })
  })

  test('the proxy lists by base names', async () => {
    const { json } = await get(`${PROXY}?path=${here}/model`)
    expect(json).toEqual({ files: [{ path: 'MLmodel', is_dir: false, file_size: 11 }] })
    expect((await get(`${PROXY}?path=${here}/nowhere`)).json).toEqual({})
  })

  test.each([
    { route: 'get-artifact', path: () => `/get-artifact?run_id=${run}&path=notes.txt` },
    { route: 'the proxy', path: () => `${PROXY}/${here}/notes.txt` },
  ])('$route sends a file, in part where asked and not at all where unchanged', async ({ path }) => {
    const whole = await get(path())
    expect(whole).toMatchObject({
      status: 200,
      text: 'hello',
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'content-disposition': 'attachment; filename=notes.txt',
        'content-security-policy': "sandbox; default-src 'none'",
        'x-content-type-options': 'nosniff',
        'content-length': '5',
      },
    })
    const head = await ask(base + path(), { method: 'HEAD' })
    expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': '5' } })
    expect(await get(path(), { range: 'bytes=1-3' })).toMatchObject({ status: 206, text: 'ell' })
    expect(await get(path(), { 'if-none-match': whole.headers.etag })).toMatchObject({ status: 304, text: '' })
    expect(await get(path(), { range: 'bytes=9-' })).toMatchObject({
      status: 416,
      headers: { 'content-range': 'bytes */5' },
      json: { error_code: 'INVALID_PARAMETER_VALUE' },
    })
  })

  test.each([
    { why: 'an absent file', path: () => `${PROXY}/${here}/no`, status: 404, code: 'RESOURCE_DOES_NOT_EXIST' },
    {
      why: 'a folder',
      path: () => `/get-artifact?run_id=${run}&path=model`,
      status: 400,
      code: 'INVALID_PARAMETER_VALUE',
    },
    { why: 'no path', path: () => `/get-artifact?run_id=${run}`, status: 400, code: 'INVALID_PARAMETER_VALUE' },
    {
      why: 'no run',
      path: () => `/get-artifact?run_id=${UNKNOWN}&path=x`,
      status: 404,
      code: 'RESOURCE_DOES_NOT_EXIST',
    },
  ])('downloading $why is refused', async ({ path, status, code }) => {
    expect(await get(path())).toMatchObject({ status, json: { error_code: code } })
  })

  test.each(['ünï "x" 🚀.txt', '100% & more+.txt', "it's;=.csv"])('%s comes back byte by byte', async (name) => {
    const path = `${here}/names/${encodeURIComponent(name)}`
    expect(await put(path, name)).toMatchObject({ status: 200, json: {} })
    expect((await get(`${PROXY}/${path}`)).text).toBe(name)
    await remove(`${here}/names`)
  })

  test('a .json file is stored as it came, whatever its content type says', async () => {
    const sent = await put(`${here}/x.json`, '{not json', { 'content-type': 'application/json' })
    expect(sent).toMatchObject({ status: 200, json: {} })
    expect((await get(`${PROXY}/${here}/x.json`)).text).toBe('{not json')
    expect(await remove(`${here}/x.json`)).toMatchObject({ status: 200, json: {} })
    expect((await get(`${PROXY}/${here}/x.json`)).status).toBe(404)
  })

  test('deleting a folder takes all that is in it', async () => {
    for (const name of ['a', 'b/c']) await put(`${here}/old/${name}`)
    await remove(`${here}/old`)
    expect((await get(`${PROXY}?path=${here}/old`)).json).toEqual({})
  })

  test.each([
    {
      why: 'an unknown run',
      path: () => `${experiment}/${UNKNOWN}/artifacts/x`,
      status: 404,
      words: `Run with id=${UNKNOWN} not found`,
    },
    {
      why: 'a deleted run',
      path: () => `${experiment}/${deleted}/artifacts/x`,
      status: 400,
      words: "must be in the 'active' state",
    },
    { why: "another experiment's run", path: () => `0/${run}/artifacts/x`, status: 404, words: 'not found' },
    {
      why: 'an unknown model',
      path: () => `${experiment}/models/m-1/artifacts/x`,
      status: 404,
      words: "Logged model with ID 'm-1' not found",
    },
    { why: 'a folder of that name', path: () => `${here}/model`, status: 400, words: 'folder' },
    { why: 'a path that names no file', path: () => `${here}/x/`, status: 400, words: 'slash' },
    { why: "the run's root itself", path: () => here, status: 400, words: '' },
    { why: 'more than the limit', path: () => `${here}/big`, status: 413, words: 'larger', size: 13 * MIB },
  ])('an upload to $why is refused', async ({ path, status, words, size = 1 }) => {
    const before = await get(`${PROXY}?path=${here}`)
    const answer = await put(path(), new Uint8Array(size))
    expect(answer).toMatchObject({ status, json: { message: expect.stringContaining(words) } })
    expect((await get(`${PROXY}?path=${here}`)).json).toEqual(before.json)
  })

  test('a deleted run can still be read and cleared', async () => {
    expect((await get(`/get-artifact?run_id=${deleted}&path=old.txt`)).text).toBe('old')
    expect((await remove(`${experiment}/${deleted}/artifacts`)).status).toBe(200)
    expect((await get(`${LIST}?run_id=${deleted}`)).json).not.toHaveProperty('files')
  })

  test('an administrator reaches other places below the root', async () => {
    expect((await put('shared/place.txt', 'shared')).status).toBe(200)
    expect((await get(`${PROXY}/shared/place.txt`)).text).toBe('shared')
    expect((await get(PROXY)).json).toMatchObject({ files: expect.arrayContaining([{ path: 'shared', is_dir: true }]) })
  })

  test.each(['create', 'complete', 'abort'])(
    'multipart %s says in the words of clients that there is none',
    async (verb) => {
      const answer = await ask(`${base}/api/2.0/mlflow-artifacts/mpu/${verb}/${here}/model`, {
        method: 'POST',
        body: JSON.stringify({ path: 'x', num_parts: 1, upload_id: 'u', parts: [] }),
        headers: { 'content-type': 'application/json' },
      })
      const words = /^Multipart upload is not supported for the current artifact repository/
      expect(answer).toMatchObject({ status: 501, json: { message: expect.stringMatching(words) } })
    },
  )

  describe("the page's upload", () => {
    const upload = (query: string, body: string | Uint8Array = 'x', headers = {}) =>
      ask(`${base}/ajax-api/2.0/mlflow/upload-artifact?${query}`, { method: 'POST', body, headers })

    test('stores a file', async () => {
      expect((await upload(`run_uuid=${run}&path=page/x.txt`)).status).toBe(200)
      expect((await get(`/get-artifact?run_id=${run}&path=page/x.txt`)).text).toBe('x')
      await remove(`${here}/page`)
    })

    test.each([
      { why: 'no run', query: () => 'path=x', words: "'run_id'" },
      { why: 'no path', query: () => `run_uuid=${run}`, words: 'Request must specify path.' },
      { why: 'no data', query: () => `run_uuid=${run}&path=x`, body: '', words: 'Request must specify data.' },
      { why: 'two runs', query: () => `run_uuid=${run}&run_id=${deleted}&path=x`, words: 'run_uuid' },
      { why: 'a deleted run', query: () => `run_uuid=${deleted}&path=x`, words: "must be in the 'active' state" },
      {
        why: '11 MiB',
        query: () => `run_uuid=${run}&path=x`,
        body: new Uint8Array(11 * MIB),
        words: 'Max size is 10MB.',
      },
      {
        why: '11 MiB of unknown length',
        query: () => `run_uuid=${run}&path=x`,
        body: new Uint8Array(11 * MIB),
        headers: { 'transfer-encoding': 'chunked' },
        words: 'Max size is 10MB.',
      },
    ])('with $why is refused', async ({ query, body, headers, words }) => {
      expect(await upload(query(), body, headers)).toMatchObject({
        status: 400,
        json: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining(words) },
      })
      expect(await get(`/get-artifact?run_id=${run}&path=x`)).toMatchObject({ status: 404 })
    })
  })
})

test('a server of artifacts only serves every place, and knows no runs', async () => {
  const server = await startServer({ mode: 'artifacts-only' })
  const path = `${server.base}${PROXY}/1/${UNKNOWN}/artifacts/x`
  expect(await ask(path, { method: 'PUT', body: 'x' })).toMatchObject({ status: 200 })
  expect(await ask(path)).toMatchObject({ text: 'x' })
  expect(await ask(`${server.base}${PROXY}/1/${UNKNOWN}`, { method: 'DELETE' })).toMatchObject({ status: 200 })
  expect(await ask(`${server.base}${LIST}?run_id=${UNKNOWN}`)).toMatchObject({ status: 501 })
  await server.close()
})
