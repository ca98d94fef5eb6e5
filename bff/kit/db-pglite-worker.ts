import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { PGliteOptions } from '@electric-sql/pglite'
import { PGlite } from '@electric-sql/pglite'

/**
 * What the thread is told: where the database is (nowhere: in memory), what a new one is made from (nothing: initdb), and
 * the file that it is packed into at the end.
 */
export type WorkerStart = { folder: string | undefined; image: string | undefined; packTo: string | undefined }

/** Bytes of the wire protocol go in and come back; `close` asks for a clean end, after which the thread is gone. */
export type ToWorker = Uint8Array | 'close'
export type FromWorker = Uint8Array | 'open' | { failed: string }

const { folder, image, packTo } = workerData as WorkerStart
const port = parentPort!
const send = (message: FromWorker) => port.postMessage(message)

/** What the engine says when it cannot start: the error that it throws does not tell. */
const complaints: string[] = []
const listening: PGliteOptions = {
  onStderr(line) {
    if (/FATAL|PANIC|DETAIL|HINT/.test(line)) complaints.push(line.replace(/^.*?(FATAL|PANIC|DETAIL|HINT): +/, ''))
    return false
  },
}

const fresh = async (dataDir?: string): Promise<PGlite> =>
  PGlite.create({
    ...listening,
    ...(dataDir !== undefined && { dataDir }),
    ...(image === undefined
      ? // 1 MiB files: sixteen times less to write for a new database
        { initDbStartParams: ['--wal-segsize=1'] }
      : { loadDataDir: new Blob([zstdDecompressSync(await readFile(image))], { type: 'application/x-tar' }) }),
  } satisfies PGliteOptions)

async function open(): Promise<PGlite> {
  if (folder === undefined) return fresh()
  if (!existsSync(join(folder, 'PG_VERSION'))) await createIn(folder)
  return PGlite.create({ ...listening, dataDir: folder })
}

/** Made beside its place and moved there when whole, so that a killed start leaves no half a database. */
async function createIn(place: string): Promise<void> {
  if (existsSync(place) && (await readdir(place)).length > 0)
    throw new Error(`${place} is not empty and holds no database: name another folder, or empty this one`)
  const making = `${place}.new`
  await rm(making, { recursive: true, force: true })
  await mkdir(dirname(place), { recursive: true })
  await (await fresh(making)).close()
  if (existsSync(place)) await rmdir(place)
  await rename(making, place)
}

async function end(engine: PGlite): Promise<void> {
  if (packTo !== undefined) await pack(engine, packTo)
  await engine.close()
  port.close()
}

/** The image of a database: its data directory as a tar file. */
async function pack(engine: PGlite, file: string): Promise<void> {
  // templates serve `create database`, which an embedded database never does, and are half of the size
  for (const template of ['template1', 'template0'])
    for (const text of [`alter database ${template} is_template false`, `drop database ${template}`])
      await engine.exec(text)
  await engine.exec('checkpoint')
  const image = await engine.dumpDataDir('none')
  const making = `${file}.${process.pid}`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(making, zstdCompressSync(await image.arrayBuffer()))
  await rename(making, file)
}

const CHUNK = 64 * 1024

/** The engine answers in pieces of 8 KiB: they are sent on in bigger ones, while it works on. */
async function answer(engine: PGlite, message: Uint8Array): Promise<void> {
  let pieces: Uint8Array[] = []
  let size = 0
  const flush = () => {
    if (size === 0) return
    const chunk = new Uint8Array(size)
    let at = 0
    for (const piece of pieces) {
      chunk.set(piece, at)
      at += piece.length
    }
    port.postMessage(chunk satisfies FromWorker, [chunk.buffer])
    pieces = []
    size = 0
  }
  await engine.execProtocolRawStream(message, {
    onRawData(bytes) {
      // the engine uses its memory again at once
      pieces.push(bytes.slice())
      size += bytes.length
      if (size >= CHUNK) flush()
    },
  })
  flush()
}

async function start(): Promise<void> {
  const engine = await open()
  send('open')
  port.on('message', (message: ToWorker) => {
    if (message === 'close') void end(engine)
    else void answer(engine, message)
  })
}

start().catch((error: unknown) =>
  send({ failed: [error instanceof Error ? error.message : String(error), ...complaints].join(': ') }),
)
