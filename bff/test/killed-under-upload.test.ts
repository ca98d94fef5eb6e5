import { createHash, randomBytes, randomInt } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  ApiError,
  completeMultipartUpload,
  createMultipartUpload,
  createRun,
  downloadArtifact,
  listArtifacts,
  listRunArtifactRecords,
  uploadArtifact,
} from '#contract'
import { call, urlOf } from '../../web/lib/client.ts'
import { everyArtifactPlace, temporaryFolder } from './artifact-places.ts'
import { startAssay } from './process.ts'
import type { Fault } from './s3-stub.ts'
import { startS3Stub } from './s3-stub.ts'

type Place = Awaited<ReturnType<(typeof everyArtifactPlace)[number]['newPlace']>>

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const KEYS = {
  AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? 'key',
  AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? 'secret',
  AWS_REGION: 'us-east-1',
}

/** A server that is started again and again on the same data; each start ends the one before with SIGKILL. */
async function openServer(place: Place) {
  const data = await temporaryFolder()
  let running: ReturnType<typeof startAssay> | undefined
  const at = place.kind === 'folder' ? place.folder : `s3://${place.bucket}/${place.prefix}`
  const env: Record<string, string> = { ...KEYS }
  if (place.kind === 's3' && place.endpoint)
    Object.assign(env, { ASSAY_S3_ENDPOINT: place.endpoint, ASSAY_S3_PUBLIC_ENDPOINT: place.endpoint })
  const kill = async () => {
    running?.child.kill('SIGKILL')
    await running?.exited
  }
  return {
    kill,
    async start() {
      await kill()
      running = startAssay(['serve', '--port=0', '--data', data, '--artifacts', at, '--log-level=warn'], env)
      return { base: await running.url() }
    },
  }
}

type Server = { base: string }
const address = (run_id: string, name: string) => ({ path: `0/${run_id}/artifacts/${name}` })
const put = (server: Server, run_id: string, name: string, bytes: Buffer) =>
  fetch(urlOf(uploadArtifact, address(run_id, name), server.base), { method: 'PUT', body: new Uint8Array(bytes) })
const read = async (server: Server, run_id: string, name: string) => {
  const answer = await fetch(urlOf(downloadArtifact, address(run_id, name), server.base))
  return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) }
}
const recorded = async (server: Server, run_id: string, name: string) =>
  (await call(listRunArtifactRecords, { run_id, path: name }, server)).records[0]?.sha256

/** Bytes that begin with the digest of their rest. */
function signed(length: number) {
  const rest = randomBytes(length)
  return Buffer.concat([createHash('sha256').update(rest).digest(), rest])
}
const isWhole = (bytes: Buffer) =>
  createHash('sha256').update(bytes.subarray(32)).digest().equals(bytes.subarray(0, 32))

describe.each(everyArtifactPlace)('a server on a $kind', ({ newPlace }) => {
  test('that is killed while files are uploaded and read has whole files, and a record of every one that was acknowledged', async () => {
    const server = await openServer(await newPlace())
    let at = await server.start()
    const { run_id } = (await call(createRun, {}, at)).run.info
    const known = new Map<string, { file: string; record: string | null | undefined }>()
    const underWay = new Map<string, string>()
    let uploads = 0
    let reads = 0

    /** Until the server is gone; each writer has files of its own, so that what was said last of one is known. */
    async function writer(number: number) {
      for (;;) {
        const name = `${number}-${randomInt(3)}.bin`
        const bytes = signed(1024 << randomInt(12))
        underWay.set(name, sha256(bytes))
        const answer = await put(at, run_id, name, bytes).catch(() => undefined)
        if (!answer) return
        expect(answer.status).toBe(200)
        known.set(name, { file: sha256(bytes), record: sha256(bytes) })
        underWay.delete(name)
        uploads++
      }
    }
    async function reader() {
      for (;;) {
        const listed = await call(listArtifacts, { run_id }, at).catch((error: unknown) => orGone(error))
        if (!listed) return
        for (const { path } of listed.files) {
          const file = await read(at, run_id, path).catch(() => undefined)
          if (!file) return
          // on S3 a file may be replaced between the look at it and the reading: 503 says to ask again
          if (file.status !== 503) expect([path, file.status, isWhole(file.bytes)]).toEqual([path, 200, true])
          reads++
        }
      }
    }

    for (let round = 0; round < 5; round++) {
      const before = uploads
      const work = Promise.all([...Array.from({ length: 8 }, (_, n) => writer(n)), reader(), reader()])
      await expect.poll(() => uploads, { timeout: 60_000, interval: 10 }).toBeGreaterThan(before + randomInt(10, 40))
      await server.kill()
      await work
      at = await server.start()
      const { files } = await call(listArtifacts, { run_id }, at)
      for (const { path } of files) {
        const { bytes } = await read(at, run_id, path)
        expect([path, isWhole(bytes)]).toEqual([path, true])
        const found = { file: sha256(bytes), record: await recorded(at, run_id, path) }
        const [last, next] = [known.get(path), underWay.get(path)]
        // of an upload that was cut off there may be nothing, the file, or the file and its record
        const possible = [last, { file: next, record: last?.record }, { file: next, record: next }]
        expect(possible).toContainEqual(found)
        known.set(path, found)
      }
      expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining([...known.keys()]))
      underWay.clear()
    }
    expect(reads).toBeGreaterThan(20)
  }, 240_000)
})

function orGone(error: unknown): undefined {
  if (error instanceof ApiError && error.code === 'TEMPORARILY_UNAVAILABLE') return undefined
  throw error
}

describe('a multipart upload whose server is killed', () => {
  const PART = 5 * 1024 * 1024
  const isComplete: (request: Parameters<Fault>[0]) => boolean = ({ method, query }) =>
    method === 'POST' && query.has('uploadId')

  async function begin() {
    const stub = await startS3Stub()
    onTestFinished(stub.close)
    const place = { kind: 's3' as const, bucket: 'bucket', prefix: 'p', endpoint: stub.endpoint, pathStyle: true }
    const server = await openServer(place)
    const at = await server.start()
    const { run_id } = (await call(createRun, {}, at)).run.info
    const [old, parts] = [signed(1000), [signed(PART), signed(1000)]]
    expect((await put(at, run_id, 'big.bin', old)).status).toBe(200)
    const folder = `0/${run_id}/artifacts`
    const begun = await call(createMultipartUpload, { folder, path: 'big.bin', num_parts: '2' }, at)
    const send = (n: number) =>
      fetch(begun.credentials[n]?.url ?? '', { method: 'PUT', body: new Uint8Array(parts[n] ?? []) })
    const complete = (at: Server, answers: Response[]) => {
      const named = answers.map(({ headers }, i) => ({ part_number: String(i + 1), etag: headers.get('etag') ?? '' }))
      return call(completeMultipartUpload, { folder, path: 'big.bin', upload_id: begun.upload_id, parts: named }, at)
    }
    const hasOld = async (at: Server) => {
      expect((await read(at, run_id, 'big.bin')).bytes.equals(old)).toBe(true)
      expect(await recorded(at, run_id, 'big.bin')).toBe(sha256(old))
    }
    const hasNew = async (at: Server) => {
      expect((await read(at, run_id, 'big.bin')).bytes.equals(Buffer.concat(parts))).toBe(true)
      await expect.poll(() => recorded(at, run_id, 'big.bin'), { timeout: 30_000 }).toBe(sha256(Buffer.concat(parts)))
    }
    return { stub, server, at, run_id, send, complete, hasOld, hasNew }
  }

  test.each(['before its parts', 'between its parts', 'before it is completed'])(
    '%s goes on with the next one',
    async (when) => {
      const { server, send, complete, hasOld, hasNew } = await begin()
      const sent: Response[] = []
      if (when !== 'before its parts') sent.push(await send(0))
      if (when === 'before it is completed') sent.push(await send(1))
      const next = await server.start()
      await hasOld(next)
      while (sent.length < 2) sent.push(await send(sent.length))
      await hasOld(next)
      await complete(next, sent)
      await hasNew(next)
    },
    60_000,
  )

  test('before the S3 server has heard that it is complete keeps what was there, and may be completed again', async () => {
    const { stub, server, at, send, complete, hasOld, hasNew } = await begin()
    const sent = [await send(0), await send(1)]
    const asked = Promise.withResolvers<void>()
    stub.misbehave((request) => {
      if (isComplete(request)) asked.resolve()
      return isComplete(request)
    })
    const cut = complete(at, sent)
    cut.catch(() => {})
    await asked.promise
    await server.kill()
    await expect(cut).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' })
    stub.misbehave()
    const next = await server.start()
    await hasOld(next)
    await complete(next, sent)
    await hasNew(next)
  }, 60_000)

  test('once it is complete, but before that was answered, has the new file, which is recorded by itself', async () => {
    const { stub, server, at, send, complete, hasNew } = await begin()
    const sent = [await send(0), await send(1)]
    const asked = Promise.withResolvers<void>()
    stub.misbehave((request, response) => {
      if (!isComplete(request)) return false
      // the server does it, but nobody hears of it
      response.end = () => {
        asked.resolve()
        return response
      }
      return false
    })
    const cut = complete(at, sent)
    cut.catch(() => {})
    await asked.promise
    await server.kill()
    stub.misbehave()
    await hasNew(await server.start())
  }, 90_000)
})
