import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { Agent, request } from 'node:http'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import type { HttpServer } from './http-server.ts'
import { openHttpServer } from './http-server.ts'

let http: HttpServer
let port: number

async function serve(listener: RequestListener, limits?: { stallMs?: number; lingerMs?: number }) {
  http = openHttpServer(listener, limits)
  port = (await http.listen(0, '127.0.0.1')).port
}
afterEach(() => http.server.closeAllConnections())

const raw = (bytes: string): Socket => {
  const socket = connect(port, '127.0.0.1')
  socket.write(bytes)
  return socket
}

test.each([
  {
    why: 'both lengths',
    head: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    status: 400,
  },
  {
    why: 'both lengths, the other way',
    head: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
    status: 400,
  },
  {
    why: 'two lengths',
    head: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    status: 400,
  },
  { why: 'a folded header', head: 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n', status: 400 },
  { why: 'no HTTP', head: 'hello\r\n\r\n', status: 400 },
  {
    why: 'a chunk that is no number',
    head: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    status: 400,
  },
  { why: 'headers over 16 KiB', head: `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`, status: 431 },
])('refuses $why with $status as JSON', async ({ head, status }) => {
  await serve((req) => req.resume())
  const answer = await text(raw(head))
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ error_code: 'BAD_REQUEST' })
})

test('says no where the port is taken', async () => {
  await serve((_, res) => res.end())
  await expect(openHttpServer(() => {}).listen(port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('drains: requests that had begun are answered, the rest is closed', async () => {
  const begun = Promise.withResolvers<void>()
  const mayEnd = Promise.withResolvers<void>()
  await serve(async (req, res) => {
    if (req.url === '/quick') return void res.end('quick')
    begun.resolve()
    await mayEnd.promise
    res.end(await text(req))
  })
  const agent = new Agent({ keepAlive: true })
  const ask = (path: string) => request({ port, host: '127.0.0.1', path, agent, method: 'POST' })

  const idle = ask('/quick').end()
  const [quick] = await once(idle, 'response')
  await text(quick)
  const silent = connect(port, '127.0.0.1')
  await once(silent, 'connect')
  const slow = ask('/slow')
  slow.write('first half, ')
  await begun.promise

  const drained = http.drain()
  await once(silent, 'close')
  await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  slow.end('second half')
  mayEnd.resolve()
  const [answer] = await once(slow, 'response')
  expect(answer.headers.connection).toBe('close')
  expect(await text(answer)).toBe('first half, second half')
  await drained
})

test('cuts what does not end, and says how much that was', async () => {
  const begun = Promise.withResolvers<void>()
  await serve(() => begun.resolve())
  const socket = raw('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await begun.promise
  expect(http.cut()).toBe(1)
  await once(socket, 'close')
})

test('closes on a client that stops in the middle of its body, not on one that waits for us', async () => {
  const answerNow = Promise.withResolvers<void>()
  await serve(
    async (req, res) => {
      req.resume()
      if (req.url === '/stalled') return
      await answerNow.promise
      res.end('at last')
    },
    { stallMs: 50 },
  )
  const waits = raw('GET /waits HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const answer = text(waits)
  const stalled = raw('POST /stalled HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
  stalled.resume()
  await once(stalled, 'close')
  answerNow.resolve()
  expect(await answer).toContain('at last')
})

describe('a body that is refused before it is whole', () => {
  const refuse: RequestListener = (_, res) => {
    res.statusCode = 404
    res.end('refused')
  }
  const head = 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n'

  test('may be sent to its end, and the connection goes on', async () => {
    await serve(refuse)
    const socket = raw(head)
    const [answer] = await once(socket, 'data')
    expect(String(answer)).toMatch(/^HTTP\/1\.1 404 .*refused$/s)
    socket.write('x'.repeat(10_000_000))
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 /)
  })

  test('is not waited for without end', async () => {
    await serve(refuse, { lingerMs: 20 })
    const socket = raw(head)
    socket.resume()
    await once(socket, 'close')
  })
})
