import type { Log } from '#kit/log.ts'
import type { Stores } from './stores.ts'

const EVERY_MS = 3_600_000
/** Longer than the addresses of parts can be used, and than any upload through this server should take. */
const ABANDONED_AFTER_MS = 48 * 3_600_000

/** At start and each hour: what uploads left unfinished, by clients or by a server that died. Replicas may all do so. */
export function openSweep(stores: Stores, log: Log): { close(): Promise<void> } {
  const closing = new AbortController()
  let working: Promise<void> | undefined

  async function sweep() {
    const swept = await stores.sweep(new Date(Date.now() - ABANDONED_AFTER_MS), closing.signal)
    if (swept > 0) log.info({ swept }, 'unfinished uploads were given up')
  }
  const start = () => {
    working ??= sweep()
      .catch((error: unknown) => {
        if (!closing.signal.aborted)
          log.warn({ err: error }, 'unfinished uploads could not be looked for: tried again later')
      })
      .finally(() => {
        working = undefined
      })
  }
  start()
  const timer = setInterval(start, EVERY_MS).unref()

  return {
    async close() {
      clearInterval(timer)
      closing.abort()
      await working
    },
  }
}
