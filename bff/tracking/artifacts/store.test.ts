import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { everyArtifactPlace } from '../../test/artifact-places.ts'
import type { ArtifactPath } from './address.ts'
import { artifactPath, below } from './address.ts'
import { openStore } from './open.ts'
import type { ArtifactStore } from './store.ts'

const MIB = 1024 * 1024
const bytesOf = (text: string) => Readable.from([Buffer.from(text)])
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

async function* failingAfter(chunks: number) {
  for (let i = 0; i < chunks; i++) yield randomBytes(MIB)
  throw new Error('the client went away')
}

describe.each(everyArtifactPlace)('a store in a $kind', ({ newPlace }) => {
  let store: ArtifactStore
  let folder: ArtifactPath
  let tests = 0
  const at = (path: string) => below(folder, artifactPath(path))
  const put = (path: string, text = path) => store.write(at(path), bytesOf(text))
  const textOf = async (path: string) => String(await buffer(await (await store.open(at(path))).read()))

  beforeAll(async () => {
    store = await openStore(await newPlace())
    return () => store.close()
  })
  beforeEach(() => {
    folder = artifactPath(`${tests++}/run/artifacts`)
  })

  test('lists a folder by name, with sizes', async () => {
    await put('b.txt', '12345')
    await put('a/deep/x.txt')
    await put('c', '')
    const etag = expect.stringMatching(/^"[^"]+"$/)
    expect(await store.list(folder)).toEqual([
      { name: 'a', isFolder: true },
      { name: 'b.txt', isFolder: false, size: 5, etag },
      { name: 'c', isFolder: false, size: 0, etag },
    ])
    expect(await store.list(at('a'))).toEqual([{ name: 'deep', isFolder: true }])
    expect(await store.list(at('b.txt'))).toEqual([])
    expect(await store.list(at('nowhere'))).toEqual([])
    expect((await store.list(artifactPath(''))).map(({ name }) => name)).toContain(folder[0])
  })

  test('lists more names than one page of S3 holds', async () => {
    const names = Array.from({ length: 1_050 }, (_, i) => `f${String(i).padStart(4, '0')}`)
    for (let i = 0; i < names.length; i += 50) await Promise.all(names.slice(i, i + 50).map((name) => put(name)))
    expect((await store.list(folder)).map(({ name }) => name)).toEqual(names)
    await store.remove(folder)
    expect(await store.stat(folder)).toBeUndefined()
  })

  test('tells files from folders and from nothing', async () => {
    await put('a/x.txt', '123')
    expect(await store.stat(at('a/x.txt'))).toMatchObject({ size: 3, etag: expect.stringMatching(/^"[^"]+"$/) })
    expect(await store.stat(at('a'))).toBe('folder')
    expect(await store.stat(at('a/y'))).toBeUndefined()
    expect(await store.stat(at('a/x.txt/z'))).toBeUndefined()
    await expect(store.open(at('a'))).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
    await expect(store.open(at('a/y'))).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' })
  })

  test.each([0, 1, 3 * MIB, 20 * MIB + 1])('gives back %i bytes as they came', async (size) => {
    const bytes = randomBytes(size)
    await store.write(at('big.bin'), Readable.from([bytes]), { expectedBytes: size })
    await store.write(at('streamed.bin'), Readable.from(inPieces(bytes)))
    for (const name of ['big.bin', 'streamed.bin']) {
      const file = await store.open(at(name))
      expect(file.size).toBe(size)
      expect(sha256(await buffer(await file.read()))).toBe(sha256(bytes))
    }
  })

  test('says the same etag and size of a file when it is written, listed, looked at and opened', async () => {
    for (const bytes of [randomBytes(10), randomBytes(20 * MIB)]) {
      const { etag, size } = await store.write(at('x.bin'), Readable.from(inPieces(bytes)))
      expect(await store.list(folder)).toMatchObject([{ etag, size }])
      expect(await store.stat(at('x.bin'))).toMatchObject({ etag, size: bytes.length })
      const file = await store.open(at('x.bin'))
      expect(file).toMatchObject({ etag, size })
      await file.close()
    }
  })

  test('reads a range', async () => {
    await put('x.txt', '0123456789')
    const file = await store.open(at('x.txt'))
    expect(String(await buffer(await file.read({ start: 2, end: 4 })))).toBe('234')
  })

  test('keeps odd names as they are', async () => {
    const names = ['"quoted".txt', '100%', 'emoji 🚀.csv', 'ünï+&=?;.txt', '~$x']
    for (const name of names) await put(name)
    expect((await store.list(folder)).map(({ name }) => name)).toEqual(names.toSorted())
    for (const name of names) expect(await textOf(name)).toBe(name)
  })

  test('a new version has another etag and replaces the old one', async () => {
    await put('x.txt', 'old')
    const old = await store.stat(at('x.txt'))
    await put('x.txt', 'newer')
    const now = await store.stat(at('x.txt'))
    expect(await textOf('x.txt')).toBe('newer')
    expect(now).not.toEqual(old)
  })

  test('who reads while a file is overwritten sees the old or the new one, never a mix', async () => {
    const versions = [randomBytes(6 * MIB), randomBytes(7 * MIB), randomBytes(9 * MIB)]
    const known = new Set(versions.map(sha256))
    const write = (i: number) => store.write(at('x.bin'), Readable.from(inPieces(versions[i % 3]!)))
    await write(0)
    let writing = true
    const writer = (async () => {
      for (let i = 1; i < 12; i++) await write(i)
      writing = false
    })()
    const seen: string[] = []
    while (writing) {
      const bytes = await store
        .open(at('x.bin'))
        .then((file) => file.read())
        .then(buffer, (error) => {
          expect(error).toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' })
        })
      if (bytes) seen.push(sha256(bytes))
    }
    await writer
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.filter((digest) => !known.has(digest))).toEqual([])
  })

  test.each([
    { why: 'breaks off', body: () => Readable.from(failingAfter(12)), limits: {}, code: 'CANCELLED' },
    {
      why: 'is shorter than announced',
      body: () => bytesOf('short'),
      limits: { expectedBytes: 6 },
      code: 'INVALID_PARAMETER_VALUE',
    },
    {
      why: 'is longer than announced',
      body: () => bytesOf('long'),
      limits: { expectedBytes: 3 },
      code: 'INVALID_PARAMETER_VALUE',
    },
    {
      why: 'is announced too large',
      body: () => bytesOf('x'),
      limits: { expectedBytes: 9, maxBytes: 8 },
      code: 'PAYLOAD_TOO_LARGE',
    },
    { why: 'grows too large', body: () => bytesOf('x'.repeat(9)), limits: { maxBytes: 8 }, code: 'PAYLOAD_TOO_LARGE' },
    {
      why: 'is empty where it must not be',
      body: () => bytesOf(''),
      limits: { minBytes: 1 },
      code: 'INVALID_PARAMETER_VALUE',
    },
  ])('a body that $why leaves nothing, and the old file as it was', async ({ body, limits, code }) => {
    await put('old.txt', 'old')
    for (const name of ['old.txt', 'new.txt'])
      await expect(store.write(at(name), body(), limits)).rejects.toMatchObject({ code })
    expect((await store.list(folder)).map(({ name }) => name)).toEqual(['old.txt'])
    expect(await textOf('old.txt')).toBe('old')
  })

  test('removes a file, a folder with all that is in it, and nothing twice', async () => {
    await put('keep.txt')
    await put('a/x.txt')
    await put('a/b/y.txt')
    await put('ab.txt')
    await store.remove(at('keep.txt'))
    await store.remove(at('a'))
    await store.remove(at('a'))
    expect(await store.list(folder)).toMatchObject([{ name: 'ab.txt', isFolder: false, size: 6 }])
    await put('a/x.txt', 'again')
    expect(await textOf('a/x.txt')).toBe('again')
  })

  test('a file never takes the place of a folder, nor a folder that of a file', async () => {
    await put('a/x.txt')
    await expect(put('a/x.txt/y')).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
    await expect(put('a')).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
    expect(await textOf('a/x.txt')).toBe('a/x.txt')
  })

  test('is ready', async () => {
    await expect(store.ready()).resolves.toBeUndefined()
  })
})

function* inPieces(bytes: Buffer) {
  for (let i = 0; i < bytes.length; i += 100_000) yield bytes.subarray(i, i + 100_000)
}
