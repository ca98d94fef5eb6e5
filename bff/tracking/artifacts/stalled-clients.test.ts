import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readlink } from 'node:fs/promises'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { createRun, getRun, listArtifacts, listRunArtifactRecords, logMetric, setTag, uploadArtifact } from '#contract'
import { call, urlOf } from '../../../web/lib/client.ts'
import { temporaryFolder } from '../../test/artifact-places.ts'
import { startServer } from '../../test/server.ts'
import { SPOOL } from './spool.ts'

const STALL_MS = 3_000
const MIB = 1024 * 1024

let server: Awaited<ReturnType<typeof startServer>>
let folder: string
let run_id: string

beforeAll(async () => {
  folder = await temporaryFolder()
  server = await startServer({ artifacts: { store: { kind: 'folder', folder } } }, { stallMs: STALL_MS })
  run_id = (await call(createRun, {}, server)).run.info.run_id
  return server.close
})

const address = (name: string) => ({ path: `0/${run_id}/artifacts/${name}` })

/** Sends this and no more, and takes nothing. */
async function sends(...pieces: (string | Uint8Array)[]): Promise<Socket> {
  const socket = connect(Number(new URL(server.base).port), '127.0.0.1')
  socket.on('error', () => {}).pause()
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  for (const piece of pieces) socket.write(piece)
  return socket
}

const head = (method: string, path: string, ...headers: string[]) =>
  [`${method} ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')

/** Files of the store that this process, which is the server's, has open. */
async function openFiles() {
  const descriptors = await readdir('/proc/self/fd').catch(() => [])
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  return targets.filter((target) => target.startsWith(folder))
}

const unfinished = async () =>
  (await readdir(join(folder, SPOOL), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())

/** What the server still holds for someone. */
const held = async () => ({ files: await openFiles(), unfinished: (await unfinished()).length })
const nothing = { files: [], unfinished: 0 }
const patient = { timeout: 60_000 }

test('clients that stop sending are let go, leave nothing, and hold up nobody', async () => {
  const upload = (i: number) => urlOf(uploadArtifact, address(`stalled-${i}`))
  const stalled = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      i % 3 === 0
        ? sends(head('PUT', upload(i), 'Transfer-Encoding: chunked'), '10000\r\n', randomBytes(500 + i * 500))
        : i % 3 === 1
          ? sends(head('PUT', upload(i), `Content-Length: ${MIB}`), randomBytes(500 + i * 5000))
          : sends(head('POST', setTag.path, 'Content-Type: application/json', 'Content-Length: 100'), '{"run_id": "'),
    ),
  )
  await expect.poll(unfinished, patient).toHaveLength(40)
  const closed = stalled.map((socket) => {
    socket.resume()
    return once(socket, 'close')
  })
  for (let step = 0; step < 50; step++)
    await call(logMetric, { run_id, key: 'beside', value: step, timestamp: 1, step }, server)
  await Promise.all(closed)

  await expect.poll(held, patient).toEqual(nothing)
  expect((await call(listArtifacts, { run_id }, server)).files).toEqual([])
  expect(await call(listRunArtifactRecords, { run_id, which: 'all' }, server)).toEqual({ records: [] })
  expect((await call(getRun, { run_id }, server)).run.data.metrics).toMatchObject([{ key: 'beside', value: 49 }])
}, 120_000)

test('clients that stop reading are let go, and what was open for them is closed', async () => {
  const big = address('big.bin')
  await fetch(urlOf(uploadArtifact, big, server.base), { method: 'PUT', body: randomBytes(64 * MIB) })
  const silent = await Promise.all([
    ...Array.from({ length: 10 }, () => sends(head('GET', urlOf(uploadArtifact, big)))),
    sends(head('GET', `/api/assay/runs/${run_id}/artifacts.zip`)),
  ])
  await expect.poll(openFiles, patient).toHaveLength(silent.length)
  const finds = await call(listArtifacts, { run_id }, server)
  expect(finds.files.map(({ path }) => path)).toEqual(['big.bin'])
  await expect.poll(held, patient).toEqual(nothing)
  // what they read now, from what their own machine had taken in, is not the file
  for (const socket of silent) {
    const taken = socket.resume().toArray()
    const bytes = (await taken.catch(() => [])).reduce((sum, chunk) => sum + chunk.length, 0)
    expect(bytes).toBeLessThan(64 * MIB)
  }
}, 120_000)

test('a client that is slow, but goes on, is waited for', async () => {
  const sent = request(urlOf(uploadArtifact, address('slow.bin'), server.base), { method: 'PUT', agent: false })
  const answered = once(sent, 'response')
  for (let i = 0; i < 20; i++) {
    sent.write(Buffer.alloc(100, i))
    await pause(STALL_MS / 10)
  }
  sent.end()
  const [answer] = await answered
  expect([answer.statusCode, await text(answer)]).toEqual([200, '{}'])
  const { records } = await call(listRunArtifactRecords, { run_id, path: 'slow.bin' }, server)
  expect(records.map(({ path, size }) => [path, Number(size)])).toEqual([['slow.bin', 2000]])
}, 60_000)
