import { beforeAll, describe, expect, test } from 'vitest'
import type { ArtifactRun } from './handlers.ts'
import { ask, serveArtifacts } from './server-for-tests.ts'
import type { ArtifactStore } from './store.ts'
import { everyStore } from './stores-for-tests.ts'

const RUN = '0123456789abcdef0123456789abcdef'
const OTHERS = 'fedcba9876543210fedcba9876543210'
const DELETED = 'dddddddddddddddddddddddddddddddd'
const UNKNOWN = 'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee'
const MIB = 1024 * 1024

const run = (experiment_id: number, id: string, lifecycle_stage = 'active'): [string, ArtifactRun] => [
  id,
  { experiment_id, artifact_uri: `mlflow-artifacts:/${experiment_id}/${id}/artifacts`, lifecycle_stage },
]
const runs = new Map([run(1, RUN), run(2, OTHERS), run(1, DELETED, 'deleted')])
const findRun = async (id: string) => runs.get(id)

const PROXY = '/api/2.0/mlflow-artifacts/artifacts'
const LIST = '/api/2.0/mlflow/artifacts/list'
const PAGE_UPLOAD = '/ajax-api/2.0/mlflow/upload-artifact'

describe.each(everyStore)('artifacts in a $kind', ({ openStore }) => {
  let store: ArtifactStore
  let base: string
  let scoped: string
  let artifactsOnly: string

  beforeAll(async () => {
    store = await openStore()
    const servers = [
      await serveArtifacts({ store, findRun, maxBytes: 12 * MIB }),
      await serveArtifacts({ store, findRun }, { experiments: [1] }),
      await serveArtifacts({ store }),
    ]
    ;[base = '', scoped = '', artifactsOnly = ''] = servers.map((server) => server.base)
    const put = (path: string, text: string) => ask(`${base}${PROXY}/1/${RUN}/artifacts/${path}`, 'PUT', text)
    await put('model/MLmodel', 'flavors: {}')
    await put('notes.txt', 'hello')
    await ask(`${base}${PROXY}/2/${OTHERS}/artifacts/secret.txt`, 'PUT', 'secret')
    await ask(`${artifactsOnly}${PROXY}/shared/place.txt`, 'PUT', 'shared')
    return async () => {
      await Promise.all(servers.map((server) => server.close()))
      await store.close()
    }
  })

  test('a run lists its artifacts by paths relative to it', async () => {
    expect(await ask(`${base}${LIST}?run_id=${RUN}`)).toMatchObject({
      status: 200,
      json: {
        root_uri: `mlflow-artifacts:/1/${RUN}/artifacts`,
        files: [
          { path: 'model', is_dir: true },
          { path: 'notes.txt', is_dir: false, file_size: 5 },
        ],
      },
    })
    const inside = await ask(`${base}${LIST}?run_uuid=${RUN}&path=model/`)
    expect(inside.json).toMatchObject({ files: [{ path: 'model/MLmodel', is_dir: false, file_size: 11 }] })
  })

  test.each(['notes.txt', 'nowhere'])('listing %s, which is no folder, finds nothing', async (path) => {
    const { json } = await ask(`${base}${LIST}?run_id=${RUN}&path=${path}`)
    expect(json).toEqual({ root_uri: `mlflow-artifacts:/1/${RUN}/artifacts` })
  })

  test('the proxy lists by base names', async () => {
    const { json } = await ask(`${base}${PROXY}?path=1/${RUN}/artifacts/model`)
    expect(json).toEqual({ files: [{ path: 'MLmodel', is_dir: false, file_size: 11 }] })
    expect((await ask(`${base}${PROXY}?path=1/${RUN}/artifacts/nowhere`)).json).toEqual({})
  })

  test.each([`/get-artifact?run_id=${RUN}&path=notes.txt`, `${PROXY}/1/${RUN}/artifacts/notes.txt`])(
    '%s downloads the file, in part where asked and not at all where unchanged',
    async (path) => {
      const whole = await ask(base + path)
      expect(whole).toMatchObject({
        status: 200,
        text: 'hello',
        headers: {
          'content-type': 'text/plain; charset=utf-8',
          'content-disposition': 'attachment; filename=notes.txt',
          'x-content-type-options': 'nosniff',
          'content-length': '5',
        },
      })
      const etag = whole.headers.etag ?? ''
      expect(await ask(base + path, 'HEAD')).toMatchObject({
        status: 200,
        text: '',
        headers: { 'content-length': '5' },
      })
      expect(await ask(base + path, 'GET', '', { range: 'bytes=1-3' })).toMatchObject({ status: 206, text: 'ell' })
      expect(await ask(base + path, 'GET', '', { 'if-none-match': etag })).toMatchObject({ status: 304, text: '' })
      expect(await ask(base + path, 'GET', '', { range: 'bytes=9-' })).toMatchObject({
        status: 416,
        headers: { 'content-range': 'bytes */5' },
        json: { error_code: 'INVALID_PARAMETER_VALUE' },
      })
    },
  )

  test.each([
    { why: 'an absent file', path: `${PROXY}/1/${RUN}/artifacts/no`, status: 404, code: 'RESOURCE_DOES_NOT_EXIST' },
    { why: 'a folder', path: `/get-artifact?run_id=${RUN}&path=model`, status: 400, code: 'INVALID_PARAMETER_VALUE' },
    { why: 'no path', path: `/get-artifact?run_id=${RUN}`, status: 400, code: 'INVALID_PARAMETER_VALUE' },
    {
      why: 'an unknown run',
      path: `/get-artifact?run_id=${UNKNOWN}&path=x`,
      status: 404,
      code: 'RESOURCE_DOES_NOT_EXIST',
    },
  ])('downloading $why is refused', async ({ path, status, code }) => {
    expect(await ask(base + path)).toMatchObject({ status, json: { error_code: code } })
  })

  test.each(['ünï "x" 🚀.txt', '100% & more+.txt', "it's;=.csv"])('%s comes back byte by byte', async (name) => {
    const path = `${PROXY}/1/${RUN}/artifacts/names/${encodeURIComponent(name)}`
    expect(await ask(base + path, 'PUT', name)).toMatchObject({ status: 200, json: {} })
    expect((await ask(base + path)).text).toBe(name)
    await ask(`${base}${PROXY}/1/${RUN}/artifacts/names`, 'DELETE')
  })

  test('a .json file is stored as it came, whatever its content type says', async () => {
    const path = `${base}${PROXY}/1/${RUN}/artifacts/x.json`
    const sent = await ask(path, 'PUT', '{not json', { 'content-type': 'application/json' })
    expect(sent).toMatchObject({ status: 200, json: {} })
    expect((await ask(path)).text).toBe('{not json')
    expect(await ask(path, 'DELETE')).toMatchObject({ status: 200, json: {} })
    expect((await ask(path)).status).toBe(404)
  })

  test('deleting a folder takes all that is in it', async () => {
    for (const name of ['a', 'b/c']) await ask(`${base}${PROXY}/1/${RUN}/artifacts/old/${name}`, 'PUT', name)
    await ask(`${base}${PROXY}/1/${RUN}/artifacts/old`, 'DELETE')
    expect((await ask(`${base}${PROXY}?path=1/${RUN}/artifacts/old`)).json).toEqual({})
  })

  test.each([
    { why: 'an unknown run', path: `1/${UNKNOWN}/artifacts/x`, status: 404, words: `Run with id=${UNKNOWN} not found` },
    {
      why: 'a deleted run',
      path: `1/${DELETED}/artifacts/x`,
      status: 400,
      words: `The run ${DELETED} must be in the 'active' state`,
    },
    { why: "another experiment's run", path: `2/${RUN}/artifacts/x`, status: 404, words: 'not found' },
    {
      why: 'an unknown model',
      path: '1/models/m-1/artifacts/x',
      status: 404,
      words: "Logged model with ID 'm-1' not found",
    },
    { why: 'a folder of that name', path: `1/${RUN}/artifacts/model`, status: 400, words: 'folder' },
    { why: 'a path that names no file', path: `1/${RUN}/artifacts/x/`, status: 400, words: 'slash' },
    { why: "the run's root itself", path: `1/${RUN}/artifacts`, status: 400, words: '' },
    { why: 'more than the limit', path: `1/${RUN}/artifacts/big`, status: 413, words: 'larger', size: 13 * MIB },
  ])('an upload to $why is refused', async ({ path, status, words, size = 1 }) => {
    const before = await ask(`${base}${PROXY}?path=1/${RUN}/artifacts`)
    const { json, ...answer } = await ask(`${base}${PROXY}/${path}`, 'PUT', new Uint8Array(size))
    expect(answer.status).toBe(status)
    expect(json).toMatchObject({ message: expect.stringContaining(words) })
    expect((await ask(`${base}${PROXY}?path=1/${RUN}/artifacts`)).json).toEqual(before.json)
  })

  test('a deleted run can still be read and cleared', async () => {
    expect((await ask(`${base}${LIST}?run_id=${DELETED}`)).status).toBe(200)
    expect((await ask(`${base}${PROXY}/1/${DELETED}/artifacts`, 'DELETE')).status).toBe(200)
  })

  test('who sees one experiment finds nothing of another, nor any other place', async () => {
    expect((await ask(`${scoped}${PROXY}/1/${RUN}/artifacts/notes.txt`)).text).toBe('hello')
    expect((await ask(`${scoped}/get-artifact?run_id=${OTHERS}&path=secret.txt`)).status).toBe(404)
    for (const method of ['GET', 'PUT', 'DELETE'])
      expect((await ask(`${scoped}${PROXY}/2/${OTHERS}/artifacts/secret.txt`, method)).status).toBe(404)
    for (const path of ['/shared/place.txt', '?path=shared', '?path=1', ''])
      expect((await ask(scoped + PROXY + path)).status).toBe(403)
    expect((await ask(`${base}${PROXY}/2/${OTHERS}/artifacts/secret.txt`)).text).toBe('secret')
    expect((await ask(`${base}${PROXY}/shared/place.txt`)).text).toBe('shared')
  })

  test('with artifacts only, every place is served and runs are not known', async () => {
    const path = `${artifactsOnly}${PROXY}/1/${UNKNOWN}/artifacts/x`
    expect(await ask(path, 'PUT', 'x')).toMatchObject({ status: 200 })
    expect(await ask(path)).toMatchObject({ text: 'x' })
    expect(await ask(`${artifactsOnly}${PROXY}/1/${UNKNOWN}`, 'DELETE')).toMatchObject({ status: 200 })
    expect(await ask(`${artifactsOnly}${LIST}?run_id=${RUN}`)).toMatchObject({ status: 501 })
  })

  test.each(['create', 'complete', 'abort'])(
    'multipart %s says in the words of clients that there is none',
    async (verb) => {
      const body = JSON.stringify({ path: 'x', num_parts: 1, upload_id: 'u', parts: [] })
      const path = `/api/2.0/mlflow-artifacts/mpu/${verb}/1/${RUN}/artifacts/model`
      const { status, json } = await ask(base + path, 'POST', body, { 'content-type': 'application/json' })
      expect(status).toBe(501)
      expect(json).toMatchObject({
        message: expect.stringMatching(/^Multipart upload is not supported for the current artifact repository/),
      })
    },
  )

  describe("the page's upload", () => {
    const upload = (query: string, body: string | Uint8Array, headers = {}) =>
      ask(`${base}${PAGE_UPLOAD}?${query}`, 'POST', body, headers)

    test('stores a file', async () => {
      expect((await upload(`run_uuid=${RUN}&path=page/x.txt`, 'x')).status).toBe(200)
      expect((await ask(`${base}/get-artifact?run_id=${RUN}&path=page/x.txt`)).text).toBe('x')
      await ask(`${base}${PROXY}/1/${RUN}/artifacts/page`, 'DELETE')
    })

    test.each([
      { why: 'no run', query: 'path=x', words: "'run_id'" },
      { why: 'no path', query: `run_uuid=${RUN}`, words: 'Request must specify path.' },
      { why: 'no data', query: `run_uuid=${RUN}&path=x`, body: '', words: 'Request must specify data.' },
      { why: 'two runs', query: `run_uuid=${RUN}&run_id=${OTHERS}&path=x`, words: 'run_uuid' },
      { why: 'a deleted run', query: `run_uuid=${DELETED}&path=x`, words: "must be in the 'active' state" },
      {
        why: '11 MiB',
        query: `run_uuid=${RUN}&path=x`,
        body: new Uint8Array(11 * MIB),
        words: 'Artifact size is too large. Max size is 10MB.',
      },
      {
        why: '11 MiB of unknown length',
        query: `run_uuid=${RUN}&path=x`,
        body: new Uint8Array(11 * MIB),
        headers: { 'transfer-encoding': 'chunked' },
        words: 'Artifact size is too large. Max size is 10MB.',
      },
    ])('with $why is refused', async ({ query, body = 'x', headers, words }) => {
      const { status, json } = await upload(query, body, headers)
      expect({ status, json }).toMatchObject({
        status: 400,
        json: { error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining(words) },
      })
      expect(await ask(`${base}/get-artifact?run_id=${RUN}&path=x`)).toMatchObject({ status: 404 })
    })
  })
})
