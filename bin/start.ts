import cluster from 'node:cluster'
import { buildIfStale } from './build.ts'

// Started by bin/assay in a second process: if that one is killed outright, this one drains and ends as well.
if (cluster.isPrimary && process.channel) {
  process.channel.unref()
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
}

// Workers come through here too; the page is the first process's business.
if (cluster.isPrimary && process.argv[2] === 'serve') await buildIfStale()
const program = '../bff/main.ts'
await import(program)
