import { randomBytes } from 'node:crypto'
import dns from 'node:dns'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createRun } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { temporaryFolder } from '../../test/artifact-places.ts'
import { ask } from '../../test/ask.ts'
import { certificate } from '../../test/certificate.ts'
import type { Fault, S3Stub } from '../../test/s3-stub.ts'
import { refuse, startS3Stub } from '../../test/s3-stub.ts'
import { startServer } from '../../test/server.ts'
import { artifactPath } from './address.ts'
import { openS3Store } from './s3.ts'
import type { S3Place } from './s3-client.ts'
import type { ArtifactStore } from './store.ts'

// What a download gives is right or breaks off; what an upload acknowledges is there and whole; nothing waits for ever.

const MIB = 1024 * 1024
const RUN = 'c'.repeat(32)
const path = artifactPath(`1/${RUN}/artifacts/x.bin`)
const busy = { code: 'TEMPORARILY_UNAVAILABLE' }

let stub: S3Stub
let store: ArtifactStore
/** Waits half a second only, for servers that say nothing. */
let impatient: ArtifactStore

const at = (): S3Place => ({
  bucket: 'bucket',
  prefix: 'pre',
  endpoint: stub.endpoint,
  pathStyle: true,
  region: 'us-east-1',
  credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
})
const opened = async (change: Partial<S3Place> = {}) => {
  const other = await openS3Store({ ...at(), ...change })
  onTestFinished(() => other.close())
  return other
}

const put = (bytes: Buffer, where = path, into = store) =>
  into.write(where, Readable.from([bytes]), { expectedBytes: bytes.length })
const get = async (where = path, from = store) => buffer(await (await from.open(where)).read())

beforeAll(async () => {
  stub = await startS3Stub({ pageSize: 10 })
  store = await openS3Store(at())
  impatient = await openS3Store(at(), { connect: 500, idle: 500 })
  return async () => {
    await Promise.all([store.close(), impatient.close()])
    await stub.close()
  }
})
beforeEach(() => stub.forget())
afterEach(() => stub.misbehave())

/** The first `times` requests of a method fail in this way. */
const first = (times: number, method: string, fault: Fault): Fault => {
  let left = times
  return (...given) => given[0].method === method && left-- > 0 && fault(...given)
}
const refusing =
  (status: number, code: string): Fault =>
  (_, response) => {
    refuse(response, status, code)
    return true
  }
const hangingUp: Fault = (_, response) => {
  response.destroy()
  return true
}
/** Takes the request and says nothing. */
const silent: Fault = () => true

describe('a server that is busy now and then', () => {
  test('loses nothing, and is asked no more than four times for one thing', async () => {
    const requests = new Map<string, number>()
    let n = 0
    stub.misbehave(({ method, key, query }, response) => {
      const what = `${method} ${key} ${query}`
      requests.set(what, (requests.get(what) ?? 0) + 1)
      n += 1
      if (n % 3 !== 0) return false
      if (n % 9 === 0) response.destroy()
      else refuse(response, n % 6 === 0 ? 500 : 503, n % 6 === 0 ? 'InternalError' : 'SlowDown')
      return true
    })
    const files = Array.from({ length: 12 }, (_, i) => ({
      where: artifactPath(`1/${RUN}/artifacts/${i}`),
      bytes: randomBytes(1000),
    }))
    const done = await Promise.allSettled(files.map(({ where, bytes }) => put(bytes, where)))
    const read = await Promise.allSettled(files.map(({ where }) => get(where)))
    stub.misbehave()
    for (const [i, { where, bytes }] of files.entries()) {
      if (done[i]?.status === 'fulfilled') expect(await get(where)).toEqual(bytes)
      else expect(done[i]).toMatchObject({ reason: busy })
      const got = read[i]
      if (got?.status === 'fulfilled') expect(got.value).toEqual(bytes)
    }
    expect(done.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(6)
    // a HEAD is asked once more by whoever reads
    expect(Math.max(...requests.values())).toBeLessThanOrEqual(8)
  })
})

describe('reading', () => {
  const bytes = randomBytes(3 * MIB)
  const answering = (headers: Record<string, string | number>, body: Buffer, cut = false): Fault =>
    first(9, 'GET', (_, response) => {
      response.writeHead(200, headers)
      if (cut) response.write(body, () => response.destroy())
      else response.end(body)
      return true
    })

  test.each<{ why: string; fault: (etag: string) => Fault }>([
    { why: 'a short body', fault: (etag) => answering({ 'content-length': 10, etag }, bytes.subarray(0, 10)) },
    { why: 'a body without its length', fault: (etag) => answering({ etag }, bytes.subarray(0, 10)) },
    { why: 'another version', fault: () => answering({ 'content-length': bytes.length, etag: '"other"' }, bytes) },
  ])('of $why is refused', async ({ fault }) => {
    await put(bytes)
    stub.misbehave(fault(stub.objects.get(`bucket/pre/${path.join('/')}`)?.etag ?? ''))
    await expect(get()).rejects.toMatchObject(busy)
  })

  test.each([
    { why: 'breaks off', cut: true },
    { why: 'stops', cut: false },
  ])('of a body that $why ends in an error', async ({ cut }) => {
    await put(bytes)
    stub.misbehave(
      first(1, 'GET', (_, response) => {
        response.writeHead(200, { 'content-length': bytes.length })
        response.write(bytes.subarray(0, MIB), () => cut && response.destroy())
        return true
      }),
    )
    await expect(get(path, cut ? store : impatient)).rejects.toThrow()
    stub.misbehave()
    expect(await get()).toEqual(bytes)
  })

  test('in part, from a server that knows no parts, is refused', async () => {
    await put(bytes)
    const file = await store.open(path)
    stub.misbehave(answering({ 'content-length': bytes.length, etag: file.etag }, bytes))
    await expect(file.read({ start: 5, end: 9 })).rejects.toMatchObject(busy)
  })
})

describe('writing', () => {
  const bytes = randomBytes(20 * MIB)

  test.each<{ why: string; fault: Fault; refused: object }>([
    { why: 'stays busy', fault: first(99, 'PUT', refusing(503, 'SlowDown')), refused: busy },
    { why: 'hangs up', fault: first(99, 'PUT', hangingUp), refused: busy },
    { why: 'says nothing', fault: first(99, 'PUT', silent), refused: busy },
    {
      why: 'knows the credentials no more',
      fault: first(99, 'PUT', refusing(403, 'ExpiredToken')),
      refused: { code: 'INTERNAL_ERROR', message: expect.stringContaining('ExpiredToken') },
    },
    {
      why: 'forgets a part',
      fault: first(1, 'PUT', (_, response) => {
        response.writeHead(200, { etag: '"x"' }).end()
        return true
      }),
      refused: { code: 'INTERNAL_ERROR', message: expect.stringContaining('InvalidPart') },
    },
    {
      why: 'cannot put parts together, and says so with a 200',
      fault: ({ method, query }, response) => {
        if (method !== 'POST' || !query.has('uploadId')) return false
        response.writeHead(200).end('<Error><Code>InternalError</Code></Error>')
        return true
      },
      refused: busy,
    },
  ])('to a server that $why is no success, and leaves what was there', async ({ why, fault, refused }) => {
    await put(Buffer.from('old'))
    stub.misbehave(fault)
    await expect(put(bytes, path, why === 'says nothing' ? impatient : store)).rejects.toMatchObject(refused)
    stub.misbehave()
    expect(String(await get())).toBe('old')
    expect(stub.uploads.size).toBe(0)
  })

  test('to a server that keeps less than it took is no success', async () => {
    stub.misbehave(
      first(1, 'PUT', ({ bucket, key }, response) => {
        const etag = '"of a part"'
        stub.objects.set(`${bucket}/${key}`, { body: Buffer.from('pa'), etag, modified: new Date(), headers: {} })
        response.writeHead(200, { etag }).end()
        return true
      }),
    )
    await expect(put(Buffer.from('part'))).rejects.toMatchObject(busy)
  })

  test('carries a digest, in the one header that every server knows', async () => {
    await put(bytes)
    const bodies = stub.asked.filter(({ method }) => method === 'PUT')
    expect(bodies.length).toBeGreaterThan(2)
    for (const { headers } of bodies) {
      expect(headers['content-md5']).toMatch(/^.{22}==$/)
      expect(Object.keys(headers).filter((name) => /x-amz-.*checksum|x-amz-trailer/.test(name))).toEqual([])
    }
    expect(await get()).toEqual(bytes)
  })

  test('by a clock that is wrong is done once more by the clock of the server', async () => {
    const inAnHour = new Date(Date.now() + 3_600_000)
    stub.misbehave(
      first(1, 'PUT', (_, response) => {
        response.setHeader('date', inAnHour.toUTCString())
        refuse(response, 403, 'RequestTimeTooSkewed')
        return true
      }),
    )
    const skewed = await opened()
    await skewed.write(path, Readable.from([Buffer.from('late')]))
    const dates = stub.asked.map(({ headers }) => String(headers['x-amz-date']))
    expect(dates[1]?.slice(0, 11)).toBe(inAnHour.toISOString().replaceAll(/[-:]/g, '').slice(0, 11))
  })

  test('asks for the encryption that is configured, also in parts', async () => {
    const encrypting = await opened({ encryption: { algorithm: 'AES256' } })
    for (const body of [Buffer.from('small'), bytes]) {
      await encrypting.write(path, Readable.from([body]))
      expect([...stub.objects.values()][0]?.headers).toEqual({ 'x-amz-server-side-encryption': 'AES256' })
    }
  })
})

describe('listing and removing', () => {
  const folder = artifactPath(`1/${RUN}/artifacts/f`)
  const fill = () =>
    Promise.all(Array.from({ length: 25 }, (_, i) => put(Buffer.from('x'), artifactPath(`${folder.join('/')}/${i}`))))

  test('page by page, until the last', async () => {
    await fill()
    expect(await store.list(folder)).toHaveLength(25)
  })

  test('a server that repeats a page has no list', async () => {
    stub.misbehave(
      first(99, 'GET', (_, response) => {
        response.end(
          '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>a</NextContinuationToken></ListBucketResult>',
        )
        return true
      }),
    )
    await expect(store.list(folder)).rejects.toMatchObject(busy)
    await expect(store.remove(folder)).rejects.toMatchObject(busy)
  })

  test('a folder goes a page at a time, with the digest that servers want for it', async () => {
    await fill()
    await store.remove(folder)
    expect(stub.objects.size).toBe(0)
    const deletions = stub.asked.filter(({ query }) => query.has('delete'))
    expect(deletions).toHaveLength(3)
    for (const { headers } of deletions) expect(headers['content-md5']).toMatch(/^.{22}==$/)
  })

  test('a folder goes one by one where the server knows no other way', async () => {
    await fill()
    stub.misbehave(first(99, 'POST', refusing(501, 'NotImplemented')))
    await store.remove(folder)
    expect(stub.objects.size).toBe(0)
  })

  test('removing what is absent is no failure, whatever the server calls it', async () => {
    await store.remove(folder)
    stub.misbehave(first(1, 'DELETE', refusing(404, 'NoSuchKey')))
    await store.remove(folder)
  })
})

test.each<{ why: string; fault: Fault }>([
  { why: 'says nothing', fault: silent },
  { why: 'is busy', fault: refusing(503, 'SlowDown') },
])('a server that $why is not ready', async ({ fault }) => {
  stub.misbehave(fault)
  await expect(impatient.ready()).rejects.toMatchObject(busy)
})

describe('through the server', () => {
  test('a download that fails on the way breaks off, an upload that fails is not there', async () => {
    const { base, close } = await startServer({ artifacts: { store: { kind: 's3', ...at() } } })
    const { run } = await call(createRun, { experiment_id: '0' }, { base })
    const file = `${base}/api/2.0/mlflow-artifacts/artifacts/0/${run.info.run_id}/artifacts/x.bin`
    const body = randomBytes(3 * MIB)
    expect((await ask(file, { method: 'PUT', body })).status).toBe(200)
    stub.misbehave(
      first(1, 'GET', (_, response) => {
        response.writeHead(200, { 'content-length': body.length })
        response.write(body.subarray(0, MIB), () => response.destroy())
        return true
      }),
    )
    await expect(ask(file)).rejects.toThrow()
    stub.misbehave(first(99, 'PUT', refusing(503, 'SlowDown')))
    expect(await ask(`${file}.2`, { method: 'PUT', body })).toMatchObject({
      status: 503,
      headers: { 'retry-after': '1' },
    })
    stub.misbehave()
    expect((await ask(`${file}.2`)).status).toBe(404)
    expect((await ask(file)).headers['content-length']).toBe(String(body.length))
    await close()
  })
})

describe('by TLS', () => {
  test('with an authority of its own, and not without it', async () => {
    const secure = await startS3Stub({ tls: certificate })
    onTestFinished(secure.close)
    const caFile = join(await temporaryFolder(), 'ca.pem')
    await writeFile(caFile, certificate.cert)
    const trusting = await opened({ endpoint: secure.endpoint, caFile })
    await trusting.write(path, Readable.from([Buffer.from('secret')]))
    expect(String(await buffer(await (await trusting.open(path)).read()))).toBe('secret')
    const strict = await opened({ endpoint: secure.endpoint })
    await expect(strict.open(path)).rejects.toMatchObject(busy)
  })
})

test('the bucket may be in the host name', async () => {
  // no machine knows the names below localhost, so this test does
  const { lookup } = dns
  vi.spyOn(dns, 'lookup').mockImplementation(((name: string, ...rest: [object, () => void]) =>
    lookup(name.endsWith('.localhost') ? 'localhost' : name, ...rest)) as typeof lookup)
  onTestFinished(() => void vi.restoreAllMocks())
  const virtual = await opened({ pathStyle: false })
  await virtual.write(path, Readable.from([Buffer.from('named')]))
  expect(stub.asked.at(-1)?.headers.host).toBe(`bucket.localhost:${stub.port}`)
  expect(String(await buffer(await (await virtual.open(path)).read()))).toBe('named')
})
