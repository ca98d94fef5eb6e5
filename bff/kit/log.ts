import type { IncomingMessage } from 'node:http'
import type { DestinationStream, Logger } from 'pino'
import pino from 'pino'
import type { Answered } from './route.ts'

export type Log = Logger

export type Logs = {
  /** For the parts: objects first, message second. */
  log: Log
  /** Call once as a request comes in; writes its line when the answer is out, or the connection gone. Gives the request's id. */
  request: (request: IncomingMessage, response: Answered) => string
  flush: () => void
}

/** Told of every request: what the metrics count. */
export type Observe = (method: string, route: string, status: number, seconds: number) => void

/** A second net; what must not be logged is not handed to the log in the first place. */
const secrets = ['password', 'token', 'authorization', 'cookie', 'secret', 'accessKey'].flatMap((name) => [
  name,
  `*.${name}`,
])

/** Asked every few seconds by machines, and worth a line only to someone looking for them. */
const probes = new Set(['/health', '/ready', '/metrics'])

export function openLog(config: { level: string }, observe: Observe = () => {}, stream?: DestinationStream): Logs {
  const file = stream ? undefined : openStdout()
  const destination = stream ?? file ?? process.stdout
  const options = {
    level: config.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  }
  const log = pino({ ...options, redact: secrets }, destination)
  // Without `redact`, which would cost each request more than the rest of its line: the fields below are all there is.
  const lines = pino(options, destination)
  const newId = ids()

  return {
    log,
    flush: () => file?.flushSync(),
    request(request, response) {
      const started = performance.now()
      const { socket } = request
      const before = socket.bytesWritten
      const id = newId(request)
      response.once('close', () => {
        const ms = performance.now() - started
        const method = request.method ?? ''
        const route = response.route ?? 'unknown'
        const status = response.headersSent ? response.statusCode : 499
        observe(method, route, status, ms / 1000)
        const { principal } = response
        const line = {
          id,
          method,
          route,
          status,
          ms: Math.round(ms * 100) / 100,
          bytes: socket.bytesWritten - before,
          principal,
        }
        if (!response.writableFinished) lines.info({ ...line, aborted: true }, 'request')
        else if (probes.has(route)) lines.debug(line, 'request')
        else lines.info(line, 'request')
      })
      return id
    },
  }
}

/**
 * Written in the background, 8 KiB at a time, and at the latest after 200 ms. When nobody reads it any more, lines past
 * 8 MiB are dropped rather than kept until memory is full.
 */
const openStdout = () =>
  pino.destination({ dest: 1, sync: false, minLength: 8192, periodicFlush: 200, maxLength: 8 * 1024 * 1024 })

/** A proxy's own id is kept, so that both logs can be read together; anything else gets one of ours. */
function ids() {
  const prefix = `${process.pid.toString(36)}${Date.now().toString(36)}-`
  let count = 0
  return ({ headers }: IncomingMessage) => {
    const given = headers['x-request-id']
    return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : prefix + (count++).toString(36)
  }
}
