import cluster from 'node:cluster'
import { join } from 'node:path'
import type { Logs } from '#kit/log.ts'
import { openLog } from '#kit/log.ts'
import { openShutdown } from '#kit/shutdown.ts'
import type { Config } from './config.ts'

type Say = (text: string) => void

/** Serves until a signal: here, or in workers that this process then only watches over. */
export async function serve(config: Config, say: Say): Promise<void> {
  if (config.server.workers > 1 && cluster.isPrimary) return serveInWorkers(config, say)
  const { openMetrics } = await import('#kit/metrics.ts')
  const metrics = openMetrics()
  const logs = openLog(config.log, metrics.observe)
  const shutdown = openProcess(config, logs)
  try {
    const [{ openTracking }, { createApp }, { openHttpServer }] = await Promise.all([
      import('./tracking/index.ts'),
      import('./app.ts'),
      import('#kit/http-server.ts'),
    ])
    const upstream = await openTracking(config.tracking, { log: logs.log, gauge: metrics.gauge })
    shutdown.onStop('tracking', () => upstream.close())
    const app = createApp({
      config,
      upstream,
      logs,
      metrics,
      pages: join(import.meta.dirname, '../web/dist'),
      isStopping: shutdown.isStopping,
    })
    const http = openHttpServer(app)
    const { port } = await http.listen(config.server.port, config.server.host)
    shutdown.onStop('http', () => http.drain())
    if (config.server.stopDelayMs > 0)
      shutdown.onStop('load balancers', () => new Promise((resolve) => setTimeout(resolve, config.server.stopDelayMs)))
    if (cluster.isPrimary) greet(config, port, say)
  } catch (error) {
    failToStart(error, logs, config, say)
  }
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
    const { openTracking } = await import('./tracking/index.ts')
    const upstream = await openTracking({ ...config.tracking, migrate: true }, { log: logs.log })
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
