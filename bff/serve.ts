import cluster from 'node:cluster'
import { join } from 'node:path'
import { ApiError } from '#contract'
import type { Database } from '#kit/db.ts'
import type { HttpServer } from '#kit/http-server.ts'
import type { Logs } from '#kit/log.ts'
import { openLog } from '#kit/log.ts'
import type { Metrics } from '#kit/metrics.ts'
import type { Shutdown } from '#kit/shutdown.ts'
import { openShutdown } from '#kit/shutdown.ts'
import type { Auth } from './auth/index.ts'
import type { Config } from './config.ts'
import type { RelayConfig, Upstream } from './upstream/index.ts'

type Say = (text: string) => void

const PAGES = join(import.meta.dirname, '../web/dist')

/** Serves until a signal: here, or in workers that this process then only watches over. */
export async function serve(config: Config, say: Say): Promise<void> {
  if (config.server.workers > 1 && cluster.isPrimary) return serveInWorkers(config, say)
  const { openMetrics } = await import('#kit/metrics.ts')
  const metrics = openMetrics()
  const logs = openLog(config.log, metrics.observe)
  const shutdown = openProcess(config, logs)
  try {
    const [{ openUpstream }, { openStorage }] = await Promise.all([
      import('./upstream/index.ts'),
      import('./storage.ts'),
    ])
    const database = needsDatabase(config) ? await openStorage(config, logs.log) : undefined
    shutdown.onStop('database', async () => database?.close())
    const upstream = await openUpstream(config, database, logs.log)
    shutdown.onStop('upstream', () => upstream.close())
    for (const gauge of upstream.gauges) metrics.gauge(...gauge)
    const setUp = await prepareSetUpOf(config, database)
    const auth = await openAuthOf(config, { upstream, database }, logs)
    shutdown.onStop('sign-in', () => auth.close())
    const http = await openHttp(config, { upstream: readyUntil(upstream, shutdown), auth, logs, metrics })
    const port = await listen(http, config)
    shutdown.onStop('http', () => http.drain())
    shutdown.onStop('load balancers', () => {
      http.turnAway()
      return new Promise((resolve) => setTimeout(resolve, config.server.stopDelayMs))
    })
    if (cluster.isPrimary) greet(config, port, say)
    if (setUp) await setUp(urlOf(config, port), say)
  } catch (error) {
    failToStart(error, logs, config, say)
  }
}

/** A core keeps runs, and a server with sign-in who may see them. */
const needsDatabase = ({ relay, tracking, auth, core }: Config) =>
  relay ? auth.mode === 'on' && !core : tracking.mode !== 'artifacts-only'

/** The first process of a start sees to the first administrator; what it gives says the link for that, if one is needed. */
async function prepareSetUpOf({ auth, core, dataFolder }: Config, database: Database | undefined) {
  const isFirst = cluster.isPrimary || cluster.worker?.id === 1
  if (auth.mode === 'off' || core || !database || !isFirst) return undefined
  const { leaveSetUpLink, prepareSetUp } = await import('./auth/index.ts')
  const page = await prepareSetUp(database, auth.firstAdmin)
  return async (url: string, say: Say) => {
    const link = page && url + page
    const left = await leaveSetUpLink(dataFolder, link)
    if (link)
      say(
        `Nobody administers it yet. Make the first account at\n  ${link}\nThis link works once, within three days. ${left}`,
      )
  }
}

async function openAuthOf(
  { auth, core }: Config,
  { upstream, database }: { upstream: Upstream; database: Database | undefined },
  { log }: Logs,
): Promise<Auth> {
  const { authOff, openAuth } = await import('./auth/index.ts')
  if (auth.mode === 'off' || core || !database) return authOff
  return openAuth({ config: auth, database, tracking: upstream.handlers, owners: upstream.owners, log })
}

type Parts = { upstream: Upstream; auth: Auth; logs: Logs; metrics: Metrics }

/** For clients and browsers, or for servers of ours alone. */
async function openHttp({ core, server }: Config, parts: Parts): Promise<HttpServer> {
  const { openHttpServer } = await import('#kit/http-server.ts')
  if (core) {
    const { createCoreApp, CORE_HEADER_BYTES } = await import('./core.ts')
    return openHttpServer(createCoreApp({ ...parts, secret: core.secret }), { maxHeaderBytes: CORE_HEADER_BYTES })
  }
  const [{ createApp }, { openSpa }] = await Promise.all([import('./app.ts'), import('#kit/spa.ts')])
  const { staticPrefix, publicUrl } = server
  const spa = openSpa({ folder: PAGES, prefix: staticPrefix, https: publicUrl?.startsWith('https:') ?? false })
  return openHttpServer(createApp({ ...parts, config: server, spa }))
}

/** Gives the port; 0 on a Unix socket. */
async function listen(http: HttpServer, { core, server }: Config): Promise<number> {
  if (core?.socket === undefined) return (await http.listen(server.port, server.host)).port
  await http.listenOn(core.socket)
  return 0
}

/** What is about to stop is not ready, from the signal on. */
function readyUntil(upstream: Upstream, shutdown: Shutdown): Upstream {
  const { getReady } = upstream.handlers
  const getReadyUntil: typeof getReady = async (input, context) => {
    if (shutdown.isStopping()) throw new ApiError('TEMPORARILY_UNAVAILABLE', 'The server is stopping')
    return getReady(input, context)
  }
  return { ...upstream, handlers: { ...upstream.handlers, getReady: getReadyUntil } }
}

async function serveInWorkers(config: Config, say: Say) {
  const { superviseWorkers } = await import('./workers.ts')
  const logs = openLog(config.log)
  const shutdown = openProcess(config, logs)
  superviseWorkers({
    count: config.server.workers,
    log: logs.log,
    shutdown,
    listening: (port) => greet(config, port, say),
    failed: () => leave(logs, 1),
  })
}

/** Brings the database up to date, which opening it does, and ends. */
export async function upgrade(config: Config, say: Say): Promise<void> {
  const logs = openLog(config.log)
  try {
    const { openStorage } = await import('./storage.ts')
    const database = await openStorage({ ...config, migrate: true }, logs.log)
    await database.close()
    say('The database is up to date.')
    leave(logs, 0)
  } catch (error) {
    failToStart(error, logs, config, say)
  }
}

function openProcess(config: Config, logs: Logs) {
  const { stopDelayMs, stopTimeoutMs } = config.server
  const shutdown = openShutdown({
    log: logs.log,
    limitMs: stopDelayMs + stopTimeoutMs,
    exit: (code) => leave(logs, code),
    patient: cluster.isWorker,
  })
  process.on('uncaughtException', (error) => {
    logs.log.fatal({ err: error }, 'a defect in this program: ending')
    leave(logs, 1)
  })
  return shutdown
}

export function leave(logs: Logs, code: number): never {
  logs.flush()
  process.exit(code)
}

/** Where the server is reached, with the prefix and without a slash at its end. */
function urlOf({ server }: Config, port: number): string {
  const host =
    server.host === '0.0.0.0' || server.host === '::'
      ? 'localhost'
      : server.host.includes(':')
        ? `[${server.host}]`
        : server.host
  return (server.publicUrl ?? `http://${host}:${port}`) + server.staticPrefix
}

function greet(config: Config, port: number, say: Say) {
  const { core, auth, relay, warnings } = config
  for (const warning of warnings) say(`Warning: ${warning}`)
  const url = urlOf(config, port)
  if (core) return say(`The core is ready at ${core.socket === undefined ? url : `unix:${core.socket}`}`)
  if (relay) say(`It relays to the ${relay.kind === 'core' ? 'core' : 'MLflow server'} at ${nameOf(relay.target)}`)
  const open = auth.mode === 'off' ? ' Sign-in is off: whoever reaches it may do everything.' : ''
  say(`Assay is ready at ${url}/${open}`)
}

const nameOf = ({ origin, prefix, socketPath }: RelayConfig['target']) =>
  socketPath === undefined ? origin + prefix : `unix:${socketPath}`

/** What a person can do something about, in a line; anything else with its trace in the log. */
export function failToStart(error: unknown, logs: Logs, { core, server }: Config, say: Say): never {
  const { code, message } = error as NodeJS.ErrnoException
  logs.log.debug({ err: error }, 'could not start')
  if (core?.socket !== undefined && code?.startsWith('E') && message.includes('listen'))
    say(`${core.socket} cannot be listened on (${code}): choose another path with --core-socket.`)
  else if (code === 'EADDRINUSE')
    say(
      `Port ${server.port} of ${server.host} is taken by another program. Choose one with --port, or --port=0 for any.`,
    )
  else if (code === 'EADDRNOTAVAIL') say(`${server.host} is no address of this machine. Choose one with --host.`)
  else if (code === 'EACCES' && message.includes('listen'))
    say(`Only an administrator may open port ${server.port}. Choose one above 1023 with --port.`)
  else say(`Assay could not start: ${reasons(error).join(' ')}`)
  leave(logs, 1)
}

/** The person who starts it may see the causes that callers may not. */
function reasons(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)]
  const own = error.message || (error as NodeJS.ErrnoException).code || error.name
  return error.cause === undefined ? [own] : [own, ...reasons(error.cause)]
}
