import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { openLog } from '#kit/log.ts'
import { openMetrics } from '#kit/metrics.ts'
import { openSpa } from '#kit/spa.ts'
import { createApp } from '../app.ts'
import { readConfig } from '../config.ts'
import type { TrackingConfig } from '../tracking/index.ts'
import { openUpstream } from '../upstream/index.ts'
import { testDatabase } from './database.ts'

/** What `call()` needs to reach the server of a test file. */
export type TestServer = { base: string }

/** The real server on a free port, with a database of its own; for all tests of a file. */
export function testServer(change: Partial<TrackingConfig> = {}): TestServer {
  const server: TestServer = { base: '' }
  let close: (() => Promise<void>) | undefined
  beforeAll(async () => {
    const opened = await startServer(change)
    server.base = opened.base
    close = opened.close
  })
  afterAll(() => close?.())
  return server
}

export async function startServer(change: Partial<TrackingConfig> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'assay-'))
  const { server: config, tracking } = readConfig(['--data', folder], {})
  const metrics = openMetrics()
  const logs = openLog({ level: 'error' }, metrics.observe)
  const database = await testDatabase()
  const upstream = await openUpstream({ ...tracking, database, ...change }, logs.log)
  const spa = openSpa({ folder: join(folder, 'no-page'), prefix: '', https: false })
  const http = createServer(createApp({ config, upstream, logs, metrics, spa }))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    base: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async close() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
      await upstream.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
