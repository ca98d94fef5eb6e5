import { createHash, randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createExperiment,
  createMultipartUpload,
  createRun,
  deleteRun,
  getPresignedArtifact,
  getServerInfo,
} from '#contract'
import { call } from '../../../web/lib/client.ts'
import { everyArtifactPlace, temporaryFolder } from '../../test/artifact-places.ts'
import { ask } from '../../test/ask.ts'
import { startS3Stub } from '../../test/s3-stub.ts'
import { startServer } from '../../test/server.ts'
import { artifactPath } from './address.ts'
import type { BucketConfig } from './open.ts'
import { openStore } from './open.ts'

const MIB = 1024 * 1024
const API = '/api/2.0/mlflow-artifacts'
const stub = await startS3Stub()
const inMemory = {
  kind: 's3' as const,
  bucket: 'bucket',
  prefix: 'some/prefix',
  endpoint: stub.endpoint,
  pathStyle: true,
}

const places = [
  { kind: 'an S3 server in memory', newPlace: async () => inMemory },
  ...everyArtifactPlace.flatMap(({ kind, newPlace }) =>
    kind === 'S3' ? [{ kind: 'a real S3 server', newPlace: async () => (await newPlace()) as BucketConfig }] : [],
  ),
]

beforeAll(() => {
  process.env.AWS_ACCESS_KEY_ID ??= 'key'
  process.env.AWS_SECRET_ACCESS_KEY ??= 'secret'
  return stub.close
})

type Begun = { upload_id: string; credentials: { url: string; part_number: number }[] }

describe.each(places)('past the server, to $kind', ({ newPlace }) => {
  let base: string
  let run: string
  let here: string
  let place: BucketConfig

  const post = async (path: string, body: object) =>
    ask(base + path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  const verbs = { create: createMultipartUpload, complete: completeMultipartUpload, abort: abortMultipartUpload }
  const mpu = (verb: keyof typeof verbs, body: object, folder = here) =>
    post(verbs[verb].path.replace('{folder…}', folder), body)

  async function send({ credentials }: Begun, parts: readonly Buffer[]) {
    const sent = credentials.map(async ({ url, part_number }, i) => {
      const answer = await fetch(url, { method: 'PUT', body: new Uint8Array(parts[i] ?? Buffer.alloc(0)) })
      expect(answer.status).toBe(200)
      return { part_number, etag: answer.headers.get('etag'), url }
    })
    return Promise.all(sent)
  }

  beforeAll(async () => {
    place = await newPlace()
    place.publicEndpoint = place.endpoint
    const server = await startServer({ artifacts: { store: place, maxBytes: 24 * MIB } })
    base = server.base
    const { experiment_id } = await call(createExperiment, { name: 'direct' }, { base })
    run = (await call(createRun, { experiment_id }, { base })).run.info.run_id
    here = `${experiment_id}/${run}/artifacts`
    return server.close
  })

  test('the server says so', async () => {
    expect(await call(getServerInfo, {}, { base })).toMatchObject({
      multipart_uploads_enabled: true,
      multipart_downloads_enabled: true,
      presigned_upload_run_id_supported: true,
    })
  })

  test.each(['/home/me/big.bin', 'C:\\Users\\me\\big.bin', 'big.bin'])(
    '%s goes up in parts and comes down whole',
    async (path) => {
      const parts = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(17)]
      const begun = (await mpu('create', { path, num_parts: 3 }, `${here}/model`)).json as Begun
      expect(begun.credentials.map(({ part_number }) => part_number)).toEqual([1, 2, 3])
      const sent = await send(begun, parts)
      expect((await ask(`${base}${API}/artifacts/${here}/model/big.bin`)).status).toBe(404)
      const completed = await mpu(
        'complete',
        { path, upload_id: begun.upload_id, parts: sent.reverse() },
        `${here}/model`,
      )
      expect(completed).toMatchObject({ status: 200, json: {} })

      const { url, file_size } = await call(getPresignedArtifact, { path: `${here}/model/big.bin` }, { base })
      expect(file_size).toBe(10 * MIB + 17)
      const down = await fetch(url, { headers: { range: 'bytes=0-10485776' } })
      const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
      expect(down.headers.get('content-disposition')).toBe('attachment; filename=big.bin')
      expect(sha256(new Uint8Array(await down.arrayBuffer()))).toBe(sha256(Buffer.concat(parts)))
      await ask(`${base}${API}/artifacts/${here}/model`, { method: 'DELETE' })
    },
  )

  test('what was completed is recorded, and hashed later', async () => {
    const begun = (await mpu('create', { path: 'recorded.bin', num_parts: 1 })).json as Begun
    const parts = await send(begun, [Buffer.from('hello')])
    await mpu('complete', { path: 'recorded.bin', upload_id: begun.upload_id, parts })
    expect((await ask(`${base}/api/assay/runs/${run}/artifacts/records?path=recorded.bin`)).json).toMatchObject({
      records: [{ size: 5, etag: expect.any(String), ended_time: null }],
    })
  })

  test('an upload is ended by its own id and path only', async () => {
    const begun = (await mpu('create', { path: 'mine.bin', num_parts: 1 })).json as Begun
    const parts = await send(begun, [Buffer.from('mine')])
    const absent = { status: 404, json: { error_code: 'RESOURCE_DOES_NOT_EXIST' } }
    for (const verb of ['complete', 'abort'] as const) {
      for (const change of [
        { path: 'other.bin' },
        { upload_id: begun.upload_id.slice(22) },
        { upload_id: `${begun.upload_id}x` },
        { upload_id: 'x' },
      ])
        expect(await mpu(verb, { path: 'mine.bin', upload_id: begun.upload_id, parts, ...change })).toMatchObject(
          absent,
        )
    }
    expect(await mpu('abort', { path: 'mine.bin', upload_id: begun.upload_id })).toMatchObject({ status: 200 })
    for (const verb of ['complete', 'abort'] as const)
      expect(await mpu(verb, { path: 'mine.bin', upload_id: begun.upload_id, parts })).toMatchObject(absent)
    expect((await ask(`${base}${API}/artifacts/${here}/mine.bin`)).status).toBe(404)
  })

  test.each([
    { why: 'no parts', parts: [] },
    { why: 'a part that never came', parts: [{ part_number: 2, etag: '"00000000000000000000000000000000"', url: '' }] },
  ])('completing with $why is refused, and stores nothing', async ({ parts }) => {
    const begun = (await mpu('create', { path: 'never.bin', num_parts: 2 })).json as Begun
    const answer = await mpu('complete', { path: 'never.bin', upload_id: begun.upload_id, parts })
    expect(answer).toMatchObject({ status: 400, json: { error_code: 'INVALID_PARAMETER_VALUE' } })
    expect((await ask(`${base}${API}/artifacts/${here}/never.bin`)).status).toBe(404)
  })

  test('an upload beyond the limit is given up when it should be completed', async () => {
    const begun = (await mpu('create', { path: 'big.bin', num_parts: 3 })).json as Begun
    const parts = await send(begun, Array(3).fill(Buffer.alloc(9 * MIB)))
    const complete = () => mpu('complete', { path: 'big.bin', upload_id: begun.upload_id, parts })
    expect(await complete()).toMatchObject({ status: 413 })
    expect(await complete()).toMatchObject({ status: 404 })
  })

  test.each([
    { why: 'no parts', body: { path: 'x', num_parts: 0 }, status: 400 },
    { why: 'too many', body: { path: 'x', num_parts: 10_001 }, status: 400 },
    { why: 'a path that climbs', body: { path: 'a/..', num_parts: 1 }, status: 400 },
    { why: 'a path that is a folder', body: { path: 'a/', num_parts: 1 }, status: 400 },
  ])('$why cannot be begun', async ({ body, status }) => {
    expect(await mpu('create', body)).toMatchObject({ status })
  })

  test('a deleted run takes no upload, also none that was begun before', async () => {
    const { experiment_id } = await call(createExperiment, { name: 'gone' }, { base })
    const gone = (await call(createRun, { experiment_id }, { base })).run.info.run_id
    const folder = `${experiment_id}/${gone}/artifacts`
    const begun = (await mpu('create', { path: 'x', num_parts: 1 }, folder)).json as Begun
    const parts = await send(begun, [Buffer.from('x')])
    await call(deleteRun, { run_id: gone }, { base })
    expect(await mpu('create', { path: 'x', num_parts: 1 }, folder)).toMatchObject({ status: 400 })
    expect(await mpu('complete', { path: 'x', upload_id: begun.upload_id, parts }, folder)).toMatchObject({
      status: 400,
    })
    expect(await mpu('abort', { path: 'x', upload_id: begun.upload_id }, folder)).toMatchObject({ status: 200 })
  })

  test('an artifact of a run is read by an address of its own', async () => {
    await ask(`${base}${API}/artifacts/${here}/a.txt`, { method: 'PUT', body: 'hello' })
    const url = (body: object) =>
      post('/api/2.0/mlflow/artifacts/presigned-download-url', { run_id: run, path: 'a.txt', ...body })
    const { json } = await url({})
    const { presigned_url, file_size } = json as { presigned_url: string; file_size: number }
    expect([file_size, await (await fetch(presigned_url)).text()]).toEqual([5, 'hello'])
    expect(new URL(presigned_url).searchParams.get('X-Amz-Expires')).toBe('300')
    const week = (await url({ expiration: 604_800 })).json as { presigned_url: string }
    expect(new URL(week.presigned_url).searchParams.get('X-Amz-Expires')).toBe('3600')
    expect(await url({ path: 'no.txt' })).toMatchObject({ status: 404 })
    for (const expiration of [0, 604_801]) expect(await url({ expiration })).toMatchObject({ status: 400 })
  })

  test('an address to put a file is not given where files have a limit, and needs one owner', async () => {
    const url = (body: object) => post('/api/2.0/mlflow/artifacts/presigned-upload-url', { path: 'a.txt', ...body })
    expect(await url({ run_id: run })).toMatchObject({ status: 501 })
    const one = { json: { message: expect.stringContaining('Exactly one of run_id and model_id must be provided.') } }
    expect(await url({})).toMatchObject({ status: 400, ...one })
    expect(await url({ run_id: run, model_id: 'm-1' })).toMatchObject({ status: 400, ...one })
  })

  test('what nobody ended is given up after a while, and nothing else', async () => {
    await mpu('create', { path: 'abandoned.bin', num_parts: 1 })
    const store = await openStore(place)
    const signal = AbortSignal.timeout(60_000)
    expect(await store.sweep?.(new Date(Date.now() - 3_600_000), signal)).toBe(0)
    expect(await store.sweep?.(new Date(Date.now() + 3_600_000), signal)).toBeGreaterThan(0)
    expect(await store.sweep?.(new Date(Date.now() + 3_600_000), signal)).toBe(0)
    // a place that is not ours to clean
    const elsewhere = await store.direct?.begin(artifactPath('not/ours.bin'), 1, 60)
    expect(await store.sweep?.(new Date(Date.now() + 3_600_000), signal)).toBe(0)
    await store.direct?.abort(artifactPath('not/ours.bin'), elsewhere?.uploadId ?? '')
    await store.close()
  })
})

test('an address to put a file carries the encryption that is asked for', async () => {
  const encryption = { algorithm: 'aws:kms' as const, keyId: 'a-key' }
  const place: BucketConfig = { ...inMemory, publicEndpoint: stub.endpoint, encryption }
  const { base, close } = await startServer({ artifacts: { store: place } })
  const { run } = await call(createRun, { experiment_id: '0' }, { base })
  const body = JSON.stringify({ run_id: run.info.run_id, path: 'a.txt' })
  const asked = { method: 'POST', body, headers: { 'content-type': 'application/json' } }
  const { json } = await ask(`${base}/api/2.0/mlflow/artifacts/presigned-upload-url`, asked)
  const { presigned_url, headers } = json as { presigned_url: string; headers: Record<string, string> }
  expect((await fetch(presigned_url, { method: 'PUT', body: 'hello', headers })).status).toBe(200)
  expect([...stub.objects.values()].at(-1)?.headers).toEqual({
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': 'a-key',
  })
  await close()
})

test('where clients cannot reach the store, the server says so in their words', async () => {
  const { base, close } = await startServer({
    artifacts: { store: { kind: 'folder', folder: await temporaryFolder() } },
  })
  expect(await call(getServerInfo, {}, { base })).toMatchObject({
    multipart_uploads_enabled: false,
    multipart_downloads_enabled: false,
    presigned_upload_run_id_supported: false,
  })
  const { run } = await call(createRun, { experiment_id: '0' }, { base })
  const { run_id } = run.info
  const refused = (what: string) => ({
    status: 501,
    json: {
      error_code: 'NOT_IMPLEMENTED',
      message: expect.stringMatching(`^${what} is not supported for the current artifact repository`),
    },
  })
  const post = (path: string, body: object) =>
    ask(base + path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  const folder = `0/${run_id}/artifacts`
  for (const verb of ['create', 'complete', 'abort'])
    expect(
      await post(`${API}/mpu/${verb}/${folder}`, { path: 'x', num_parts: 1, upload_id: 'u', parts: [] }),
    ).toMatchObject(refused('Multipart upload'))
  expect(await ask(`${base}${API}/presigned/${folder}/x`)).toMatchObject(refused('Presigned download'))
  const body = { run_id, path: 'x' }
  expect(await post('/api/2.0/mlflow/artifacts/presigned-download-url', body)).toMatchObject(
    refused('Presigned download'),
  )
  expect(await post('/api/2.0/mlflow/artifacts/presigned-upload-url', body)).toMatchObject(refused('Presigned upload'))
  await close()
})
