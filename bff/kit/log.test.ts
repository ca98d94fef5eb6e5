import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { Writable } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { openLog } from './log.ts'
import { openMetrics } from './metrics.ts'
import type { Answered } from './route.ts'

const lines: Record<string, unknown>[] = []
let written = Promise.withResolvers<void>()
const stream = new Writable({
  write(chunk, _, done) {
    lines.push(JSON.parse(String(chunk)))
    written.resolve()
    done()
  },
})
const metrics = openMetrics()
const { log, request } = openLog({ level: 'info' }, metrics.observe, stream)

const server = createServer((req, res: Answered) => {
  res.setHeader('X-Request-Id', request(req, res))
  if (req.url === '/none') {
    res.statusCode = 404
    res.end()
    return
  }
  res.route = '/api/2.0/mlflow/runs/{run}'
  if (req.url === '/hangs') return
  res.end('hello')
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => server.close())
const port = (server.address() as AddressInfo).port

async function lineOf(act: () => Promise<unknown>) {
  written = Promise.withResolvers()
  await act()
  await written.promise
  return lines.at(-1)
}

test('a request is one line, of the fields that may be told and no other', async () => {
  const line = await lineOf(() =>
    fetch(`http://127.0.0.1:${port}/api/2.0/mlflow/runs/secret-id?filter=geheim`, {
      method: 'POST',
      body: 'geheim',
      headers: { authorization: 'Bearer geheim', cookie: 'sid=geheim' },
    }),
  )
  expect(line).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    id: expect.stringMatching(/^[a-z0-9]+-[a-z0-9]+$/),
    method: 'POST',
    route: '/api/2.0/mlflow/runs/{run}',
    status: 200,
    ms: expect.any(Number),
    bytes: expect.any(Number),
    msg: 'request',
  })
  expect(line?.bytes).toBeGreaterThan(100)
})

test.each([
  { why: 'a plain one is kept', id: 'abc-DEF_12345', same: true },
  { why: 'one that could forge a line is not', id: 'x" , "a":"b', same: false },
  { why: 'one too long is not', id: 'x'.repeat(65), same: false },
])("a proxy's id: $why", async ({ id, same }) => {
  let answered: string | null = null
  const line = await lineOf(async () => {
    answered = (await fetch(`http://127.0.0.1:${port}/`, { headers: { 'x-request-id': id } })).headers.get(
      'x-request-id',
    )
  })
  expect(line?.id).toBe(answered)
  expect(answered === id).toBe(same)
})

test('an address that is no route is not told', async () => {
  expect(await lineOf(() => fetch(`http://127.0.0.1:${port}/none`))).toMatchObject({ route: 'unknown', status: 404 })
})

test('a client that leaves is told as such', async () => {
  const line = await lineOf(async () => {
    const socket = connect(port, '127.0.0.1')
    socket.write('GET /hangs HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(server, 'request')
    socket.destroy()
  })
  expect(line).toMatchObject({ status: 499, aborted: true })
})

test('a secret handed to the log by mistake is not in it', async () => {
  const line = await lineOf(async () => log.info({ user: { password: 'geheim' }, token: 'geheim' }, 'oops'))
  expect(JSON.stringify(line)).not.toContain('geheim')
})

test('the same requests are counted by route', async () => {
  await lineOf(() => fetch(`http://127.0.0.1:${port}/x`, { method: 'PROPFIND' }))
  metrics.gauge('assay_test_pool', 'For this test.', () => ({ reads: 3, writes: 4 }), 'pool')
  metrics.gauge('assay_test_queue', 'For this test.', () => 5)
  const text = await metrics.text()
  expect(text).toMatch(
    /assay_http_request_duration_seconds_count\{method="POST",route="\/api\/2\.0\/mlflow\/runs\/\{run\}",status="200"\} 1/,
  )
  expect(text).toMatch(/_count\{method="other",route="[^"]+",status="200"\} 1/)
  expect(text).toContain('assay_test_pool{pool="writes"} 4')
  expect(text).toContain('assay_test_queue 5')
  expect(text).toContain('nodejs_eventloop_lag_p99_seconds')
  expect(text).not.toContain('secret-id')
})
