import { chmod, stat, unlink } from 'node:fs/promises'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo, ListenOptions, Socket } from 'node:net'
import { connect } from 'node:net'

const SECOND = 1000

export type HttpServer = {
  server: Server
  /** Rejects where the port is taken or the address is not this machine's. */
  listen: (port: number, host: string) => Promise<AddressInfo>
  /** Listens on a Unix socket that only this user can open. Rejects where another process listens on it. */
  listenOn: (path: string) => Promise<void>
  /** From now on each answer says that it is the last on its connection, so that clients open their next one elsewhere. */
  turnAway: () => void
  /** No new connections; resolves when every request that had begun is answered, whole, and every connection closed. */
  drain: () => Promise<void>
  /** Cuts what is still open; says how many requests that were. */
  cut: () => number
}

type HttpLimits = { stallMs: number; lingerMs: number; maxHeaderBytes: number }

/**
 * A listener on a port, with limits on how long a connection may keep us waiting, and an end that loses nothing.
 * A whole upload may take hours, so there is no limit on that, only on how long nothing moves.
 */
export function openHttpServer(
  listener: RequestListener,
  { stallMs = 60 * SECOND, lingerMs = 5 * SECOND, maxHeaderBytes = 16 * 1024 }: Partial<HttpLimits> = {},
): HttpServer {
  const server = createServer({
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: 20 * SECOND,
    connectionsCheckingInterval: 2 * SECOND,
    requestTimeout: 0,
    keepAliveTimeout: 65 * SECOND,
    requireHostHeader: false,
    noDelay: true,
  })
  const sockets = new Map<Socket, Set<ServerResponse>>()
  let turningAway = false
  let draining = false

  server.on('connection', (socket) => {
    sockets.set(socket, new Set())
    socket.once('close', () => sockets.delete(socket))
  })

  server.on('request', (request, response) => {
    const open = sockets.get(request.socket)
    open?.add(response)
    if (turningAway) response.setHeader('Connection', 'close')
    response.once('finish', () => linger(request, lingerMs))
    response.once('close', () => {
      open?.delete(response)
      if (draining) server.closeIdleConnections()
    })
    listener(request, response)
  })

  server.setTimeout(stallMs)
  // With a listener here, a quiet connection is not closed by itself: an answer may take us longer to find.
  server.on('timeout', (socket) => {
    const waitingForUs = [...(sockets.get(socket) ?? [])].some((response) => !isStalled(response))
    if (!waitingForUs) socket.destroy()
  })

  server.on('clientError', refuseMalformed)

  const listening = (at: ListenOptions) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ ...at, backlog: 1024 }, () => {
        server.off('error', reject)
        resolve()
      })
    })

  return {
    server,
    async listen(port, host) {
      await listening({ port, host })
      return server.address() as AddressInfo
    },
    async listenOn(path) {
      await removeDeadSocket(path)
      // so that nobody else can come in before the mode is set
      const before = process.umask(0o177)
      await listening({ path }).finally(() => process.umask(before))
      await chmod(path, 0o600)
    },
    turnAway: () => {
      turningAway = true
    },
    async drain() {
      turningAway = true
      draining = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const [socket, responses] of sockets) {
        for (const response of responses) if (!response.headersSent) response.setHeader('Connection', 'close')
        // Opened by a browser just in case, and nothing asked: Node would wait for a request.
        if (responses.size === 0 && socket.bytesRead === 0) socket.destroy()
      }
      // Again and again, since a connection may fall idle without an answer of ours: after the rest of a refused body, say.
      const sweep = setInterval(() => server.closeIdleConnections(), SECOND / 4)
      server.closeIdleConnections()
      await closed
      clearInterval(sweep)
    },
    cut() {
      const open = [...sockets.values()].reduce((sum, responses) => sum + responses.size, 0)
      server.closeAllConnections()
      return open
    },
  }
}

/** What a process that was killed left behind; one that lives still answers. */
async function removeDeadSocket(path: string) {
  const dead = await new Promise<boolean>((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'))
  })
  if (dead && (await stat(path)).isSocket()) await unlink(path)
}

/**
 * Answered before its body was whole, so refused. Closing now would reset the connection, and many clients then lose the
 * answer and try again: the rest is read and dropped for a while.
 */
function linger(request: IncomingMessage, ms: number) {
  if (request.complete || request.destroyed) return
  request.resume()
  setTimeout(() => request.complete || request.socket.destroy(), ms).unref()
}

/** The client neither sends the rest of its body nor takes what we have for it. */
const isStalled = (response: ServerResponse<IncomingMessage>) => !response.req.complete || response.writableLength > 0

const malformed: Record<string, [status: string, code: string, message: string]> = {
  HPE_HEADER_OVERFLOW: [
    '431 Request Header Fields Too Large',
    'BAD_REQUEST',
    'The address and headers are over the limit of 16 KiB.',
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'BAD_REQUEST', 'The headers did not arrive within 20 seconds.'],
}

/** What is not HTTP at all, or could be read in two ways (both Content-Length and Transfer-Encoding, say), ends its connection. */
function refuseMalformed(
  error: Error & { code?: string },
  socket: NodeJS.WritableStream & { writable: boolean; destroy: () => void },
) {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, error_code, message] = malformed[error.code ?? ''] ?? [
    '400 Bad Request',
    'BAD_REQUEST',
    'This is not a well-formed HTTP request.',
  ]
  const body = JSON.stringify({ error_code, message })
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`
  socket.end(head + body, () => socket.destroy())
}
