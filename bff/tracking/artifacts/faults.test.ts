import { fork } from 'node:child_process'
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ApiError, createRun, listArtifacts, listRunArtifactRecords } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { everyArtifactPlace, temporaryFolder } from '../../test/artifact-places.ts'
import { startServer } from '../../test/server.ts'
import { artifactPath } from './address.ts'
import { openStore } from './open.ts'
import { SPOOL } from './spool.ts'
import type { ArtifactStore } from './store.ts'

const patient = { timeout: 30_000 }
const PROXY = '/api/2.0/mlflow-artifacts/artifacts'

/** What unfinished uploads have left in the folders of all processes. */
const leftovers = async (root: string) =>
  (await readdir(join(root, SPOOL), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())

/** Writes files of 1 KB to 1 MB for ever, from eight writers; each file begins with the digest of its rest. */
const WRITER = `
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { Readable } from 'node:stream'
const [, , artifacts, place] = process.argv
const { openStore } = await import(artifacts + '/open.ts')
const { artifactPath } = await import(artifacts + '/address.ts')
const store = await openStore(JSON.parse(place))
process.send('ready')
for (let writer = 0; writer < 8; writer++) (async () => {
  for (;;) {
    const rest = randomBytes(1024 << randomInt(11))
    const pieces = [createHash('sha256').update(rest).digest()]
    for (let i = 0; i < rest.length; i += 65536) pieces.push(rest.subarray(i, i + 65536))
    await store.write(artifactPath('1/run/artifacts/' + randomInt(40)), Readable.from(pieces))
  }
})()
`

const isWhole = (bytes: Buffer) =>
  createHash('sha256').update(bytes.subarray(32)).digest().equals(bytes.subarray(0, 32))

/** On S3 a file may be replaced between the look at it and the reading: the answer then is to ask again. */
function unlessReplaced(error: unknown): undefined {
  if (error instanceof ApiError && error.code === 'TEMPORARILY_UNAVAILABLE') return undefined
  throw error
}

async function digestsHold(store: ArtifactStore) {
  const folder = artifactPath('1/run/artifacts')
  const entries = await store.list(folder)
  for (const { name } of entries) {
    const file = await store.open(artifactPath(`1/run/artifacts/${name}`))
    const reading = await file.read().catch(unlessReplaced)
    if (!reading) continue
    const bytes = await buffer(reading)
    expect({ name, whole: isWhole(bytes) }).toEqual({ name, whole: true })
  }
  return entries.length
}

describe.each(everyArtifactPlace)('in a $kind', ({ newPlace }) => {
  test('a server that is killed while it writes leaves whole files only, and nothing in its spool once it starts again', async () => {
    const place = await newPlace()
    const left = async () => (place.kind === 'folder' ? leftovers(place.folder) : [])
    const script = join(await temporaryFolder(), 'writer.mjs')
    await writeFile(script, WRITER)
    let seen = 0
    let swept = 0
    for (let round = 0; round < 10; round++) {
      const writer = fork(script, [import.meta.dirname, JSON.stringify(place)])
      onTestFinished(() => void writer.kill('SIGKILL'))
      await once(writer, 'message')
      const store = await openStore(place)
      const until = performance.now() + randomInt(20, 250)
      while (performance.now() < until) seen += await digestsHold(store)
      writer.kill('SIGKILL')
      await once(writer, 'exit')
      await store.close()
      swept += (await left()).length
      const again = await openStore(place)
      expect(await left()).toEqual([])
      seen += await digestsHold(again)
      await again.close()
    }
    expect(seen).toBeGreaterThan(50)
    // the test can see what it looks for: some kills did hit a write
    if (place.kind === 'folder') expect(swept).toBeGreaterThan(0)
  }, 180_000)

  test('the check finds a file that is cut short, and one that is a mix of two', async () => {
    const store = await openStore(await newPlace())
    const [one, two] = [randomBytes(1000), randomBytes(1000)]
    const signed = (rest: Buffer) => Buffer.concat([createHash('sha256').update(rest).digest(), rest])
    const write = (bytes: Buffer) => store.write(artifactPath('1/run/artifacts/x'), Readable.from([bytes]))
    await write(signed(one))
    expect(await digestsHold(store)).toBe(1)
    for (const bytes of [
      signed(one).subarray(0, 900),
      Buffer.concat([signed(one).subarray(0, 500), two.subarray(468)]),
    ]) {
      await write(bytes)
      await expect(digestsHold(store)).rejects.toThrow()
    }
    await store.close()
  })

  test('clients that vanish, or send less than they announced, leave nothing behind', async () => {
    const place = await newPlace()
    const root = place.kind === 'folder' ? place.folder : undefined
    const server = await startServer({ artifacts: { store: place } })
    const { run } = await call(createRun, {}, server)
    const run_id = run.info.run_id
    const port = Number(new URL(server.base).port)
    const openFiles = async () => {
      const targets = await Promise.all(
        (await readdir('/proc/self/fd').catch(() => [])).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
      )
      return targets.filter((target) => root && target.startsWith(root))
    }

    async function upload(name: string, announced: string, sent: number, leave: 'end' | 'resetAndDestroy') {
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      await once(socket, 'connect')
      socket.write(`PUT ${PROXY}/0/${run_id}/artifacts/${name} HTTP/1.1\r\nHost: localhost\r\n${announced}\r\n\r\n`)
      if (announced.startsWith('Transfer')) socket.write(`${(sent + 1).toString(16)}\r\n`)
      await new Promise((resolve) => socket.write(Buffer.alloc(sent), resolve))
      socket[leave]()
      socket.resume()
      await once(socket, 'close')
    }

    for (let i = 0; i < 300; i += 10)
      await Promise.all(
        Array.from({ length: 10 }, (_, j) => {
          const total = 1 << randomInt(4, 22)
          const announced = j % 3 === 0 ? 'Transfer-Encoding: chunked' : `Content-Length: ${total}`
          return upload(`cut-${i + j}`, announced, randomInt(total), j % 2 ? 'end' : 'resetAndDestroy')
        }),
      )

    await expect.poll(() => (root ? leftovers(root) : []), patient).toEqual([])
    expect(await call(listArtifacts, { run_id }, server)).toEqual({ root_uri: run.info.artifact_uri, files: [] })
    expect(await call(listRunArtifactRecords, { run_id, which: 'all' }, server)).toEqual({ records: [] })
    await expect.poll(openFiles, patient).toEqual([])
    await server.close()
  }, 180_000)
})
