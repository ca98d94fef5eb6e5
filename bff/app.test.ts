import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { testServer } from './test/server.ts'

const server = testServer({ mode: 'artifacts-only' })

/** `fetch` chooses some headers itself; this sends what is given. */
const send = (method: string, path: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number | undefined; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    request(`${server.base}${path}`, { method, headers, agent: false }, async (answer) =>
      resolve({ status: answer.statusCode, headers: answer.headers, body: await text(answer) }),
    )
      .on('error', reject)
      .end()
  })

const paths = [
  '/api/2.0/mlflow/runs/create',
  '/ajax-api/2.0/mlflow/runs/create',
  '/api/2.0/mlflow-artifacts/artifacts/x',
  '/graphql',
  '/v1/traces',
  '/get-artifact',
  '/health',
  '/',
  '/none',
]

describe('a page of another site', () => {
  test.each(paths)('may not write at %s', async (path) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const { status, headers, body } = await send(method, path, { origin: 'https://evil.example' })
      expect([status, JSON.parse(body).error_code]).toEqual([403, 'PERMISSION_DENIED'])
      expect(headers).not.toHaveProperty('access-control-allow-origin')
    }
  })

  test('is told nothing by a preflight', async () => {
    const { headers } = await send('OPTIONS', '/api/2.0/mlflow/runs/create', {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
    })
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
  })
})

describe('a name that is not ours', () => {
  test.each(paths.filter((path) => path !== '/health'))('is refused at %s', async (path) => {
    const { status, body } = await send('GET', path, { host: 'evil.example' })
    expect([status, JSON.parse(body).error_code]).toEqual([403, 'PERMISSION_DENIED'])
  })

  test('is no matter to probes', async () => {
    for (const path of ['/health', '/ready', '/version'])
      expect((await send('GET', path, { host: 'evil.example' })).status).toBe(200)
  })
})

test.each([
  { why: 'an absent endpoint', method: 'GET', path: '/api/2.0/mlflow/none', status: 404 },
  { why: 'a wrong method', method: 'DELETE', path: '/api/2.0/mlflow/runs/create', status: 404 },
  {
    why: 'something that the mode has not',
    method: 'GET',
    path: '/api/2.0/mlflow/experiments/search?max_results=1',
    status: 501,
  },
  { why: 'an absent page, to a program', method: 'GET', path: '/runs/x', status: 404 },
])('$why is answered $status as JSON, guarded like every answer', async ({ method, path, status }) => {
  const answer = await send(method, path)
  expect(answer.status).toBe(status)
  expect(JSON.parse(answer.body)).toMatchObject({ error_code: expect.any(String), message: expect.any(String) })
  expect(answer.headers).toMatchObject({
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'x-frame-options': 'DENY',
    'content-security-policy': expect.stringContaining('sandbox'),
    'x-request-id': expect.any(String),
  })
  expect(answer.headers).not.toHaveProperty('x-powered-by')
})

test('a value of a header is not echoed', async () => {
  const { body } = await send('POST', '/api/2.0/mlflow-artifacts/artifacts/x', {
    'content-type': '<img src=x onerror=alert(1)>',
  })
  expect(body).not.toContain('<img')
})

test('figures for Prometheus are by route', async () => {
  await send('GET', '/health')
  const { headers, body } = await send('GET', '/metrics')
  expect(headers['content-type']).toMatch(/^text\/plain; version=/)
  expect(body).toMatch(/assay_http_request_duration_seconds_count\{method="GET",route="\/health",status="200"\} \d/)
})
