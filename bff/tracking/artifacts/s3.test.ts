import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { artifactPath } from './address.ts'
import { openS3Store } from './s3.ts'
import type { ArtifactStore } from './store.ts'

// An S3 server that misbehaves on demand; what a good one does is tested in store.test.ts.

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const place = artifactPath('1/run/artifacts/x')
const head: Answer = (_, response) => response.writeHead(200, { 'content-length': 10, etag: '"one"' }).end()
const refuse =
  (status: number, code: string): Answer =>
  (_, response) =>
    response.writeHead(status, { 'content-type': 'application/xml' }).end(`<Error><Code>${code}</Code></Error>`)

let store: ArtifactStore
let answers: Record<string, Answer[]>
let asked: { method: string; url: string; headers: IncomingMessage['headers'] }[]

beforeAll(async () => {
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    asked.push({ method, url, headers })
    const queue = answers[method] ?? []
    const answer = queue.length > 1 ? queue.shift() : queue[0]
    request.resume().on('end', () => (answer ?? refuse(404, 'NoSuchKey'))(request, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  process.env.AWS_ACCESS_KEY_ID ??= 'key'
  process.env.AWS_SECRET_ACCESS_KEY ??= 'secret'
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  store = await openS3Store({ bucket: 'bucket', prefix: 'pre/fix', endpoint, pathStyle: true })
  return async () => {
    await store.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

beforeEach(() => {
  answers = {}
  asked = []
})

describe('reading', () => {
  const read = async () => String(await buffer(await (await store.open(place)).read()))

  test('asks for the version it has seen', async () => {
    answers = {
      HEAD: [head],
      GET: [(_, response) => response.writeHead(200, { 'content-length': 10 }).end('0123456789')],
    }
    expect(await read()).toBe('0123456789')
    expect(asked.at(-1)).toMatchObject({
      url: expect.stringContaining('/bucket/pre/fix/1/run/artifacts/x'),
      headers: { 'if-match': '"one"' },
    })
  })

  test.each([
    { why: 'replaced meanwhile', answer: refuse(412, 'PreconditionFailed') },
    { why: 'removed meanwhile', answer: refuse(404, 'NoSuchKey') },
    {
      why: 'answered in another length',
      answer: ((_, r) => r.writeHead(200, { 'content-length': 4 }).end('0123')) as Answer,
    },
  ])('a file that is $why is to be asked for again', async ({ answer }) => {
    answers = { HEAD: [head], GET: [answer] }
    await expect(read()).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' })
  })

  test('a body that breaks off is an error, not a short file', async () => {
    const cut: Answer = (_, response) => {
      response.writeHead(200, { 'content-length': 10 })
      response.write('01234', () => response.destroy())
    }
    answers = { HEAD: [head], GET: [cut] }
    await expect(read()).rejects.toThrow()
  })
})

describe('writing', () => {
  const write = (bytes: number) => store.write(place, Readable.from([Buffer.alloc(bytes)]))

  test('a server that is busy is asked again', async () => {
    const stored: Answer = (_, response) => response.writeHead(200, { etag: '"two"' }).end()
    answers = { PUT: [refuse(503, 'SlowDown'), refuse(500, 'InternalError'), stored], HEAD: [head] }
    await write(10)
    expect(asked.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'PUT', 'HEAD'])
  })

  test.each([
    { why: 'stays busy', answer: refuse(503, 'SlowDown'), code: 'TEMPORARILY_UNAVAILABLE' },
    { why: 'hangs up', answer: ((_, response) => response.destroy()) as Answer, code: 'TEMPORARILY_UNAVAILABLE' },
    { why: 'forbids it', answer: refuse(403, 'AccessDenied'), code: 'INTERNAL_ERROR' },
  ])('a server that $why has stored nothing', async ({ answer, code }) => {
    answers = { PUT: [answer] }
    await expect(write(10)).rejects.toMatchObject({ code })
  })

  test('a large file whose last step fails with a 200 is not taken for stored, and its parts are given back', async () => {
    const begun: Answer = (_, response) =>
      response.end('<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>')
    const failed: Answer = (_, response) => response.writeHead(200).end('<Error><Code>InternalError</Code></Error>')
    const part: Answer = (_, response) => response.writeHead(200, { etag: '"part"' }).end()
    answers = { POST: [begun, failed], PUT: [part], DELETE: [(_, response) => response.writeHead(204).end()] }
    await expect(write(20 * 1024 * 1024)).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' })
    expect(asked.at(-1)).toMatchObject({ method: 'DELETE', url: expect.stringContaining('uploadId=u1') })
  })

  test('a body that breaks off within a large file gives its parts back', async () => {
    const begun: Answer = (_, response) =>
      response.end('<InitiateMultipartUploadResult><UploadId>u2</UploadId></InitiateMultipartUploadResult>')
    const part: Answer = (_, response) => response.writeHead(200, { etag: '"part"' }).end()
    answers = { POST: [begun], PUT: [part], DELETE: [(_, response) => response.writeHead(204).end()] }
    const broken = Readable.from(
      (async function* () {
        for (let i = 0; i < 40; i++) yield Buffer.alloc(1024 * 1024)
        throw new Error('the client went away')
      })(),
    )
    await expect(store.write(place, broken)).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(asked.filter(({ method }) => method === 'POST')).toHaveLength(1)
    expect(asked.at(-1)).toMatchObject({ method: 'DELETE', url: expect.stringContaining('uploadId=u2') })
  })
})

test('a name that would be read as another one is not listed', async () => {
  const names = ['good', '..', 'a%2fb', 'C:x', 'ends.', 'a\\b']
  const keys = names.map((name) => `<Contents><Key>pre/fix/1/${name}</Key><Size>1</Size></Contents>`)
  answers = { GET: [(_, response) => response.end(`<ListBucketResult>${keys.join('')}</ListBucketResult>`)] }
  expect(await store.list(artifactPath('1'))).toMatchObject([{ name: 'good', isFolder: false, size: 1 }])
})

test('a server that cannot be reached is not ready', async () => {
  const nowhere = await openS3Store({ bucket: 'bucket', prefix: '', endpoint: 'http://127.0.0.1:1', pathStyle: true })
  await expect(nowhere.ready()).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' })
  await nowhere.close()
})
