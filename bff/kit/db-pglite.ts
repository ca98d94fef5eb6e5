import { resolve } from 'node:path'
import { Duplex } from 'node:stream'
import { Worker } from 'node:worker_threads'
import type { ClientBase, PoolConfig } from 'pg'
import { Pool } from 'pg'
import { openUpkeep } from './db-pglite-upkeep.ts'
import type { FromWorker, ToWorker, WorkerStart } from './db-pglite-worker.ts'
import type { DatabaseLog, Limits, Pools } from './db-types.ts'
import { parsedTypes } from './db-values.ts'
import { lockFolder } from './folder-lock.ts'

export type EmbeddedConfig = {
  /** Where the database is; undefined: in memory, gone at close. */
  folder: string | undefined
  /** A packed database (see db-image.ts) that a new one begins from; without it the first start takes seconds longer. */
  image?: string | undefined
  /** At close the database is packed into this file, to be somebody's image. */
  packTo?: string | undefined
  /** How often it is looked after (vacuum, statistics, checkpoint). */
  upkeepMs?: number
}

export type Embedded = { pools: Pools; close(): Promise<void> }

/**
 * PGlite, behind the same `pg` client as a Postgres server: the client's socket is a worker thread. There is one session,
 * hence a pool of one, whose queue makes transactions exclusive. A query never blocks this thread, and one that outlives
 * its limit goes down with its thread: the pool drops the socket, the next one starts a new thread.
 */
export async function openEmbedded(
  { folder, image, packTo, upkeepMs = 30_000 }: EmbeddedConfig,
  schema: string,
  limits: Limits,
  log: DatabaseLog,
): Promise<Embedded> {
  const place = folder === undefined ? undefined : resolve(folder)
  const lost = () => {
    log.error({ folder: place }, 'another process took the folder of the embedded database over: it is closed here')
    void engine.stop()
  }
  const lock = place === undefined ? undefined : await lockFolder(place, { lost })
  const engine = new Engine({ folder: place, image, packTo }, log)
  try {
    await engine.opened()
  } catch (error) {
    await lock?.release()
    throw error
  }
  const pool = new Pool({
    stream: () => new EngineSocket(engine),
    ssl: false,
    host: 'embedded',
    user: 'postgres',
    password: '',
    database: 'postgres',
    max: 1,
    pipeline: true,
    types: parsedTypes,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: Math.max(limits.acquireTimeoutMs, limits.writeTimeoutMs),
    onConnect: async (client: ClientBase) => {
      // the one session may have been left by an earlier client, in a transaction or with prepared statements
      await client.query('rollback')
      await client.query('discard all')
      await client.query(`set search_path to ${schema}; set client_min_messages to warning`)
    },
  } as unknown as PoolConfig)
  pool.on('error', (error) => log.error({ err: error }, 'the embedded database stopped and is started again'))
  const upkeep = openUpkeep(pool, upkeepMs, log)
  return {
    pools: { writes: pool, reads: pool, health: pool },
    async close() {
      await upkeep.close()
      await pool.end()
      await engine.close()
      await lock?.release()
    },
  }
}

/** The thread that runs the database, and its successor where it had to be ended. Never two at once on one folder. */
class Engine {
  readonly #start: WorkerStart
  readonly #log: DatabaseLog
  #worker: Worker | undefined
  #opened: Promise<Worker>
  #exited: Promise<void> = Promise.resolve()

  constructor(start: WorkerStart, log: DatabaseLog) {
    this.#start = start
    this.#log = log
    this.#opened = this.#launch()
  }

  opened(): Promise<Worker> {
    return this.#opened
  }

  /** Ends the thread in the middle of whatever it does. What was committed is on disk; a database in memory is gone. */
  replace(worker: Worker): void {
    if (worker !== this.#worker) return
    this.#log.error(
      { folder: this.#start.folder },
      'the embedded database stopped, or did not answer in time: it is started again',
    )
    this.#worker = undefined
    void worker.terminate()
    this.#opened = this.#exited.then(() => this.#launch())
    this.#opened.catch(() => {})
  }

  /** At once and for good. */
  async stop(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    this.#opened = Promise.reject(new Error('Connection terminated: the embedded database is closed'))
    this.#opened.catch(() => {})
    await worker?.terminate()
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    worker?.postMessage('close' satisfies ToWorker)
    await this.#exited
  }

  #launch(): Promise<Worker> {
    const worker = new Worker(new URL('./db-pglite-worker.ts', import.meta.url), {
      workerData: this.#start,
      execArgv: [],
    })
    this.#worker = worker
    this.#exited = new Promise((done) => worker.once('exit', () => done()))
    return new Promise((opened, failed) => {
      worker.once('message', (message: FromWorker) => {
        if (message === 'open') return opened(worker)
        void worker.terminate()
        failed(
          new Error(
            `The embedded database in ${this.#start.folder ?? 'memory'} cannot be opened: ${(message as { failed: string }).failed}`,
          ),
        )
      })
      worker.once('error', failed)
      worker.once('exit', () => failed(new Error('the embedded database ended while it was opened')))
    })
  }
}

/** What `pg` takes for a network socket. Each write is one or more whole messages of the protocol. */
class EngineSocket extends Duplex {
  readonly #engine: Engine
  #worker: Worker | undefined

  constructor(engine: Engine) {
    super({ allowHalfOpen: false })
    this.#engine = engine
  }

  connect(): this {
    this.#engine.opened().then(
      (worker) => {
        this.#worker = worker
        worker.on('message', this.#receive).on('exit', this.#gone)
        this.emit('connect')
      },
      (error: Error) => this.destroy(error),
    )
    return this
  }

  readonly #receive = (message: FromWorker) => void this.push(message)
  readonly #gone = () => this.destroy(new Error('Connection terminated: the embedded database stopped'))

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#worker?.postMessage(new Uint8Array(chunk))
    done()
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    const message = new Uint8Array(Buffer.concat(chunks.map(({ chunk }) => chunk)))
    this.#worker?.postMessage(message, [message.buffer])
    done()
  }

  /** The client said good-bye: the thread stays for the next one. */
  override _final(done: () => void): void {
    this.#leave()
    this.push(null)
    done()
  }

  /** The client hung up in the middle of a query. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const worker = this.#worker
    this.#leave()
    if (worker && !this.writableFinished) this.#engine.replace(worker)
    done(error)
  }

  #leave(): void {
    this.#worker?.off('message', this.#receive).off('exit', this.#gone)
    this.#worker = undefined
  }

  setNoDelay = (): this => this
  setKeepAlive = (): this => this
  ref = (): this => this
  unref = (): this => this
}
