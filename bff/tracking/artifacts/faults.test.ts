import { fork } from 'node:child_process'
import { createHash, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createRun, listArtifacts } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { temporaryFolder } from '../../test/artifact-places.ts'
import { startServer } from '../../test/server.ts'
import { artifactPath } from './address.ts'
import { openLocalStore } from './local.ts'
import { SPOOL } from './spool.ts'
import type { ArtifactStore } from './store.ts'

const PROXY = '/api/2.0/mlflow-artifacts/artifacts'

/** What unfinished uploads have left in the folders of all processes. */
const leftovers = async (root: string) =>
  (await readdir(join(root, SPOOL), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())

/** Writes files of 1 KB to 1 MB for ever, from eight writers; each file begins with the digest of its rest. */
const WRITER = `
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { Readable } from 'node:stream'
const [, , artifacts, root] = process.argv
const { openLocalStore } = await import(artifacts + '/local.ts')
const { artifactPath } = await import(artifacts + '/address.ts')
const store = await openLocalStore(root)
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

async function digestsHold(store: ArtifactStore) {
  const folder = artifactPath('1/run/artifacts')
  const entries = await store.list(folder)
  for (const { name } of entries) {
    const bytes = await buffer(await (await store.open(artifactPath(`1/run/artifacts/${name}`))).read())
    expect({ name, whole: isWhole(bytes) }).toEqual({ name, whole: true })
  }
  return entries.length
}

test('a server that is killed while it writes leaves whole files only, and nothing in its spool once it starts again', async () => {
  const root = await temporaryFolder()
  const script = join(await temporaryFolder(), 'writer.mjs')
  await writeFile(script, WRITER)
  let seen = 0
  let swept = 0
  for (let round = 0; round < 6; round++) {
    const writer = fork(script, [import.meta.dirname, root])
    await once(writer, 'message')
    const store = await openLocalStore(root)
    const until = performance.now() + randomInt(20, 250)
    while (performance.now() < until) seen += await digestsHold(store)
    writer.kill('SIGKILL')
    await once(writer, 'exit')
    await store.close()
    swept += (await leftovers(root)).length
    const again = await openLocalStore(root)
    expect(await leftovers(root)).toEqual([])
    seen += await digestsHold(again)
    await again.close()
  }
  expect(seen).toBeGreaterThan(50)
  // the test can see what it looks for: some kills did hit a write
  expect(swept).toBeGreaterThan(0)
})

test('clients that vanish, or send less than they announced, leave nothing behind', async () => {
  const root = await temporaryFolder()
  const server = await startServer({ artifacts: { store: { kind: 'folder', folder: root } } })
  const { run } = await call(createRun, {}, server)
  const run_id = run.info.run_id
  const port = Number(new URL(server.base).port)
  const openFiles = async () => {
    const targets = await Promise.all(
      (await readdir('/proc/self/fd').catch(() => [])).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    )
    return targets.filter((target) => target.startsWith(root))
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

  for (let i = 0; i < 100; i += 10)
    await Promise.all(
      Array.from({ length: 10 }, (_, j) => {
        const total = 1 << randomInt(4, 22)
        const announced = j % 3 === 0 ? 'Transfer-Encoding: chunked' : `Content-Length: ${total}`
        return upload(`cut-${i + j}`, announced, randomInt(total), j % 2 ? 'end' : 'resetAndDestroy')
      }),
    )

  await expect.poll(() => leftovers(root)).toEqual([])
  expect(await call(listArtifacts, { run_id }, server)).toEqual({ root_uri: run.info.artifact_uri, files: [] })
  await expect.poll(openFiles).toEqual([])
  await server.close()
})
