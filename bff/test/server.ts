import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { DatabaseConfig } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import { openHttpServer } from '#kit/http-server.ts'
import { openLog } from '#kit/log.ts'
import { openMetrics } from '#kit/metrics.ts'
import { openSpa } from '#kit/spa.ts'
import { createApp } from '../app.ts'
import type { Auth, AuthConfig } from '../auth/index.ts'
import { authOff, openAuth } from '../auth/index.ts'
import { readConfig } from '../config.ts'
import { CORE_HEADER_BYTES, createCoreApp } from '../core.ts'
import type { TrackingConfig } from '../tracking/index.ts'
import type { Upstream } from '../upstream/index.ts'
import { openUpstream, toRelay } from '../upstream/index.ts'
import { testDatabase } from './database.ts'

/** What a test's server has otherwise than the default: parts of the core's configuration, or a database that is there already. */
export type Change = Partial<TrackingConfig> & {
  database?: DatabaseConfig
  /** what it stands before, instead of a core; the test closes it */
  upstream?: Upstream
  /** with sign-in: what differs from the default configuration of it */
  auth?: Partial<AuthConfig>
}

/** What `call()` needs to reach the server of a test file. */
export type TestServer = { base: string }

/** The real server on a free port, with a database of its own; for all tests of a file. */
export function testServer(change: Change = {}): TestServer {
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

export async function startServer(
  { database: given, auth: signIn, upstream, ...change }: Change = {},
  limits: HttpLimits = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'assay-'))
  const tracking = { ...readConfig(['--data', folder], {}).tracking, ...change }
  const { log } = openLog({ level: 'error' })
  const database =
    tracking.mode === 'artifacts-only' ? undefined : await openDatabase(given ?? (await testDatabase()), log)
  const served = upstream
    ? { upstream, close: async () => {} }
    : await openCore(await openUpstream({ tracking, relay: undefined }, database, log), folder)
  const auth =
    signIn && database
      ? await openAuth({ config: { ...AUTH, ...signIn }, database, ...ofUpstream(served.upstream), log })
      : authOff
  const { base, close } = await serveUpstream(served.upstream, auth, limits)
  return {
    base,
    database,
    async close() {
      await close()
      await auth.close()
      await served.close()
      await database?.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** What sign-in and permissions need of what they stand before. */
const ofUpstream = ({ handlers, owners }: Upstream) => ({ tracking: handlers, owners })

const AUTH: AuthConfig = {
  defaultPermission: 'NO_PERMISSIONS',
  experimentCreation: 'anyone',
  hideForbidden: false,
  auditReads: false,
  publicUrl: undefined,
  staticPrefix: '',
  mail: undefined,
  organisation: 'Assay',
  firstAdmin: undefined,
  providers: [],
  files: { domains: [], watch: undefined },
  s3: { main: undefined, buckets: [], sts: undefined },
}

/** With ASSAY_TEST_RELAY=core, every server of a test has its core behind a socket, as a service of its own. */
const relayed = process.env.ASSAY_TEST_RELAY === 'core'

const SECRET = 'shared by the two servers of a test'

const openCore = async (core: Upstream, folder: string) =>
  relayed ? serveCore(core, folder) : { upstream: core, close: core.close }

async function serveCore(core: Upstream, folder: string) {
  const socketPath = join(folder, 'core.sock')
  const parts = { upstream: core, logs: openLog({ level: 'error' }), metrics: openMetrics() }
  const http = openHttpServer(createCoreApp({ ...parts, secret: SECRET }), { maxHeaderBytes: CORE_HEADER_BYTES })
  await http.listenOn(socketPath)
  const upstream = toRelay({
    kind: 'core',
    secret: SECRET,
    target: { origin: 'http://localhost', prefix: '', socketPath },
    answerMs: 120_000,
  })
  return {
    upstream,
    async close() {
      http.cut()
      await Promise.all([upstream.close(), http.drain()])
      await core.close()
    },
  }
}

/** The server that clients and browsers see, on a free port. */
export async function serveUpstream(upstream: Upstream, auth: Auth = authOff, limits: HttpLimits = {}) {
  const { server: config } = readConfig([], {})
  const metrics = openMetrics()
  const logs = openLog({ level: 'error' }, metrics.observe)
  const spa = openSpa({ folder: '/no-page', prefix: '', https: false })
  const http = openHttpServer(createApp({ config, upstream, auth, logs, metrics, spa }), limits)
  const { port } = await http.listen(0, '127.0.0.1')
  return {
    base: `http://127.0.0.1:${port}`,
    async close() {
      http.cut()
      await http.drain()
    },
  }
}

type HttpLimits = Parameters<typeof openHttpServer>[1]
