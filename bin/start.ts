import cluster from 'node:cluster'
import { buildIfStale } from './build.ts'

// Workers come through here too; this is the first process's business.
if (cluster.isPrimary) {
  endWithParent()
  if (process.argv[2] === 'serve') buildIfStale()
}
await import('../bff/main.ts')

/**
 * A SIGTERM to `npm start` ends npm and its shell, which do not pass it on, and bin/assay may be killed outright while it
 * waits for this process: where either stands in front, this process ends once its parent is gone.
 */
function endWithParent() {
  if (process.argv0 !== 'assay' && process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 500).unref()
}
