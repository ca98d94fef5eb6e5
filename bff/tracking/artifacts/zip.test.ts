import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import yauzl from 'yauzl'
import { createRun } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { everyArtifactPlace, temporaryFolder } from '../../test/artifact-places.ts'
import { ask } from '../../test/ask.ts'
import { startServer } from '../../test/server.ts'
import { artifactPath } from './address.ts'
import { openStore } from './open.ts'
import type { ArtifactStore } from './store.ts'
import { zipOf } from './zip.ts'

const PROXY = '/api/2.0/mlflow-artifacts/artifacts'
const MIB = 1024 * 1024

/** The files of a zip, as a reader finds them that knows nothing of our code. */
async function unzipped(zip: Buffer): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {}
  const reader = await yauzl.fromBufferPromise(zip, { lazyEntries: true, strictFileNames: true })
  for await (const entry of reader.eachEntry()) {
    const bytes = await buffer(await reader.openReadStreamPromise(entry))
    expect(crc32(bytes)).toBe(entry.crc32)
    files[entry.fileName] = bytes
  }
  return files
}

describe.each(everyArtifactPlace)('a folder in a $kind as a zip', ({ newPlace }) => {
  let base: string
  let run: string
  const put = (path: string, body: string | Uint8Array) =>
    ask(`${base}${PROXY}/0/${run}/artifacts/${path.split('/').map(encodeURIComponent).join('/')}`, {
      method: 'PUT',
      body,
    })
  const zip = (query = '', method = 'GET') => fetch(`${base}/api/assay/runs/${run}/artifacts.zip${query}`, { method })

  const files: Record<string, Buffer> = {
    'model/MLmodel': Buffer.from('flavors: {}\n'.repeat(500)),
    'model/data/weights.bin': randomBytes(3 * MIB),
    'model/empty': Buffer.alloc(0),
    'ünï "x" 🚀.txt': Buffer.from('odd'),
  }

  beforeAll(async () => {
    const server = await startServer({ artifacts: { store: await newPlace() } })
    base = server.base
    run = (await call(createRun, {}, server)).run.info.run_id
    for (const [path, body] of Object.entries(files)) await put(path, body)
    return server.close
  })

  test('has all files of a run, or of one folder, as they are', async () => {
    const all = await zip()
    expect(all.status).toBe(200)
    expect(Object.fromEntries(all.headers)).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename=${run}.zip`,
      'content-security-policy': "sandbox; default-src 'none'",
      'transfer-encoding': 'chunked',
    })
    const bytes = Buffer.from(await all.arrayBuffer())
    expect(await unzipped(bytes)).toEqual(files)
    expect(bytes.length).toBeLessThan(3 * MIB + 4_000)

    const one = await zip('?path=model/data')
    expect(one.headers.get('content-disposition')).toBe('attachment; filename=data.zip')
    const weights = files['model/data/weights.bin']
    expect(await unzipped(Buffer.from(await one.arrayBuffer()))).toEqual({ 'weights.bin': weights })
  })

  test.each([
    { why: 'a file', query: '?path=model/MLmodel', status: 400 },
    { why: 'an absent folder', query: '?path=nowhere', status: 404 },
    { why: 'a way out', query: '?path=..%2f..', status: 400 },
  ])('is refused for $why', async ({ query, status }) => {
    expect((await zip(query)).status).toBe(status)
  })

  test('HEAD tells the headers alone', async () => {
    const head = await zip('', 'HEAD')
    expect(head).toMatchObject({ status: 200 })
    expect(head.headers.get('content-type')).toBe('application/zip')
  })
})

describe('a zip that is made', () => {
  let store: ArtifactStore
  const folder = artifactPath('1/run/artifacts')

  beforeAll(async () => {
    store = await openStore({ kind: 'folder', folder: await temporaryFolder() })
    for (const name of ['a', 'b', 'c', 'd'])
      await store.write(artifactPath(`1/run/artifacts/${name}`), Readable.from([randomBytes(4 * MIB)]))
    return () => store.close()
  })

  /** The store as it is, but for what opening a file does. */
  const opening = (open: (name: string) => Promise<void>): ArtifactStore => ({
    ...store,
    async open(path) {
      await open(path.at(-1) ?? '')
      return store.open(path)
    },
  })

  test.each([
    { why: 'vanishes', change: (name: string) => store.remove(artifactPath(`1/run/artifacts/${name}`)) },
    {
      why: 'is replaced by another length',
      change: (name: string) =>
        store.write(artifactPath(`1/run/artifacts/${name}`), Readable.from([randomBytes(MIB)])).then(() => {}),
    },
  ])('breaks off where a file $why after it was listed', async ({ change }) => {
    const zip = zipOf(
      opening(async (name) => (name === 'c' ? change(name) : undefined)),
      folder,
    )
    await expect(buffer(zip)).rejects.toThrow()
    await store.write(artifactPath('1/run/artifacts/c'), Readable.from([randomBytes(4 * MIB)]))
  })

  test('opens one file at a time, and none when nobody takes it any more', async () => {
    const opened: string[] = []
    const zip = zipOf(
      opening(async (name) => void opened.push(name)),
      folder,
    )
    await once(zip, 'readable')
    zip.read(1)
    expect(opened).toEqual(['a'])
    zip.destroy()
    await once(zip, 'close')
    expect(opened).toEqual(['a'])
  })
})
