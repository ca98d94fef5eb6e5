import cluster from 'node:cluster'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ApiError } from '#contract'
import type { Logs } from '#kit/log.ts'
import { openLog } from '#kit/log.ts'
import type { Shutdown } from '#kit/shutdown.ts'
import { openShutdown } from '#kit/shutdown.ts'
import type { Config } from './config.ts'
import type { TrackingConfig } from './tracking/index.ts'
import type { Upstream } from './upstream/index.ts'

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
    const [{ openUpstream }, { createApp }, { openHttpServer }, { openSpa }] = await Promise.all([
      import('./upstream/index.ts'),
      import('./app.ts'),
      import('#kit/http-server.ts'),
      import('#kit/spa.ts'),
    ])
    const upstream = await openUpstream(await withImage(config.tracking, logs), logs.log)
    shutdown.onStop('upstream', () => upstream.close())
    for (const gauge of upstream.gauges) metrics.gauge(...gauge)
    const { host, staticPrefix, publicUrl, stopDelayMs } = config.server
    const spa = openSpa({ folder: PAGES, prefix: staticPrefix, https: publicUrl?.startsWith('https:') ?? false })
    const app = createApp({ config: config.server, upstream: readyUntil(upstream, shutdown), logs, metrics, spa })
    const http = openHttpServer(app)
    const { port } = await http.listen(config.server.port, host)
    shutdown.onStop('http', () => http.drain())
    shutdown.onStop('load balancers', () => {
      http.turnAway()
      return new Promise((resolve) => setTimeout(resolve, stopDelayMs))
    })
    if (cluster.isPrimary) greet(config, port, say)
  } catch (error) {
    failToStart(error, logs, config, say)
  }
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

const exists = (folder: string | undefined) => folder !== undefined && existsSync(join(folder, 'PG_VERSION'))

/** An embedded database that does not exist yet begins as a copy of a prepared one. */
async function withImage(config: TrackingConfig, { log }: Logs): Promise<TrackingConfig> {
  const { database } = config
  if (config.mode === 'artifacts-only' || !('folder' in database) || exists(database.folder)) return config
  const [{ prepareImage }, { migrations }] = await Promise.all([
    import('#kit/db-image.ts'),
    import('./tracking/index.ts'),
  ])
  return { ...config, database: { ...database, image: await prepareImage(migrations, log) } }
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
    const { openUpstream } = await import('./upstream/index.ts')
    const upstream = await openUpstream(await withImage({ ...config.tracking, migrate: true }, logs), logs.log)
    await upstream.close()
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

function leave(logs: Logs, code: number): never {
  logs.flush()
  process.exit(code)
}

function greet({ server, auth, warnings }: Config, port: number, say: Say) {
  for (const warning of warnings) say(`Warning: ${warning}`)
  const host =
    server.host === '0.0.0.0' || server.host === '::'
      ? 'localhost'
      : server.host.includes(':')
        ? `[${server.host}]`
        : server.host
  const url = server.publicUrl ?? `http://${host}:${port}`
  const open = auth.mode === 'off' ? ' Sign-in is off: whoever reaches it may do everything.' : ''
  say(`Assay is ready at ${url}${server.staticPrefix}/${open}`)
}

/** What a person can do something about, in a line; anything else with its trace in the log. */
function failToStart(error: unknown, logs: Logs, { server }: Config, say: Say): never {
  const { code, message } = error as NodeJS.ErrnoException
  logs.log.debug({ err: error }, 'could not start')
  if (code === 'EADDRINUSE')
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
