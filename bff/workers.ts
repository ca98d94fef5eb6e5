import type { Worker } from 'node:cluster'
import cluster from 'node:cluster'
import type { Log } from '#kit/log.ts'
import { answerWorkersMetrics } from '#kit/metrics.ts'
import type { Shutdown } from '#kit/shutdown.ts'

/** A worker that falls soon after its start is started again after a pause that doubles with each fall. */
const PAUSE = { firstMs: 100, longestMs: 10_000, forgivenAfterMs: 60_000 }

export type Workers = {
  count: number
  log: Log
  shutdown: Shutdown
  /** Once, when the first of them answers at a port. */
  listening: (port: number) => void
  /** When the first cannot even start; it has said why. */
  failed: () => void
}

/**
 * The first process: starts the others, starts those that die again, and stops all of them together. It serves nothing.
 * One worker goes ahead, so that a single process brings the database up to date and a wrong setting is said once.
 */
export function superviseWorkers({ count, log, shutdown, listening, failed }: Workers): void {
  let serving = false
  let falls = 0
  answerWorkersMetrics()

  const start = () => {
    const started = performance.now()
    const worker = cluster.fork()
    log.info({ worker: worker.id, pid: worker.process.pid }, 'a worker starts')
    worker.once('exit', (code, signal) => {
      if (shutdown.isStopping()) return
      if (!serving) {
        failed()
        return
      }
      if (performance.now() - started > PAUSE.forgivenAfterMs) falls = 0
      const ms = Math.min(PAUSE.firstMs * 2 ** falls++, PAUSE.longestMs)
      log.error({ worker: worker.id, pid: worker.process.pid, code, signal, againInMs: ms }, 'a worker ended')
      setTimeout(() => shutdown.isStopping() || start(), ms)
    })
  }

  cluster.once('listening', (_, { port }) => {
    serving = true
    listening(port)
    for (let i = 1; i < count; i++) start()
  })
  shutdown.onStop('workers', () => Promise.all(living().map(stopWorker)))
  start()
}

const living = () => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)

/** By signal and not by message: one that is still starting, and hears nothing yet, then ends as well. */
const stopWorker = (worker: Worker) =>
  new Promise<void>((resolve) => {
    if (worker.isDead()) return resolve()
    worker.once('exit', () => resolve())
    worker.process.kill('SIGTERM')
  })
