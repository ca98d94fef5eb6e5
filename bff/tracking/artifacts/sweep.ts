import type { Log } from '#kit/log.ts'
import { repeat } from '#kit/repeat.ts'
import type { Stores } from './stores.ts'

const EVERY_MS = 3_600_000
/** Longer than the addresses of parts can be used, and than any upload through this server should take. */
const ABANDONED_AFTER_MS = 48 * 3_600_000

/** At start and each hour: what uploads left unfinished, by clients or by a server that died. Replicas may all do so. */
export const openSweep = (stores: Stores, log: Log) =>
  repeat({
    everyMs: EVERY_MS,
    atOnce: true,
    async work(closing) {
      const swept = await stores.sweep(new Date(Date.now() - ABANDONED_AFTER_MS), closing)
      if (swept > 0) log.info({ swept }, 'unfinished uploads were given up')
    },
    failed: (error) => log.warn({ err: error }, 'unfinished uploads could not be looked for: tried again later'),
  })
