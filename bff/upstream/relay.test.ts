import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { getMetricHistory, getServer, logMetric } from '#contract'
import { call } from '../../web/lib/client.ts'
import { ask } from '../test/ask.ts'
import { serveUpstream } from '../test/server.ts'
import { toRelay } from './index.ts'

// In front of a server that answers as each test says; real cores and MLflow servers are in the suites that run relayed.

type Asked = { method: string | undefined; url: string | undefined; headers: IncomingMessage['headers']; body: string }
type AnswerWith = (request: IncomingMessage, response: ServerResponse) => void

let asked: Asked[] = []
let answerWith: AnswerWith
const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): AnswerWith =>
  (_request, response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

const upstream = createServer(async (request, response) => {
  const { method, url, headers } = request
  asked.push({ method, url, headers, body: await text(request) })
  answerWith(request, response)
})
let server: { base: string }
const PASSWORD = 'geheim'

beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const { port } = upstream.address() as AddressInfo
  const relay = toRelay({
    kind: 'mlflow',
    target: { origin: `http://127.0.0.1:${port}`, prefix: '/below' },
    credentials: { user: 'assay', password: PASSWORD },
    answerMs: 300,
  })
  const opened = await serveUpstream(relay)
  server = opened
  return async () => {
    await opened.close()
    upstream.closeAllConnections()
    await relay.close()
  }
})
afterAll(() => void upstream.close())
beforeEach(() => {
  asked = []
  answerWith = json(200, {})
})

const RUN = 'a'.repeat(32)
const url = (path: string) => `${server.base}${path}`
const postTag = (headers: Record<string, string> = {}) =>
  ask(url('/api/2.0/mlflow/runs/set-tag'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: `{"run_id": "${RUN}", "key": "k", "value": "v", "unknown": 1}`,
  })

describe('what is sent', () => {
  test('is made anew from what was understood', async () => {
    await postTag()
    expect(asked).toEqual([
      {
        method: 'POST',
        url: '/below/ajax-api/2.0/mlflow/runs/set-tag',
        headers: expect.objectContaining({ 'content-type': 'application/json' }),
        body: JSON.stringify({ run_id: RUN, key: 'k', value: 'v' }),
      },
    ])
  })

  test('keeps 64-bit integers, and numbers that are none', async () => {
    const step = 2n ** 63n - 1n
    await call(
      logMetric,
      { run_id: RUN, key: 'm', value: 'NaN', timestamp: '9007199254740993', step: String(step) },
      server,
    )
    expect(asked[0]?.body).toContain(`"value":"NaN","timestamp":9007199254740993,"step":${step}`)
    await call(logMetric, { run_id: RUN, key: 'm', value: 'Infinity', timestamp: 1 }, server)
    expect(asked[1]?.body).toContain('"value":"Infinity"')
  })

  test('names a run once, whatever name it came by', async () => {
    answerWith = json(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'none' })
    await ask(url(`/api/2.0/mlflow/runs/get?run_uuid=${RUN}&x=1`))
    expect(asked[0]?.url).toBe(`/below/ajax-api/2.0/mlflow/runs/get?run_id=${RUN}`)
  })

  test('has our login, and nothing of the caller but the request id', async () => {
    await postTag({
      authorization: 'Basic Y2FsbGVy',
      cookie: 'sid=1',
      'x-forwarded-for': '192.0.2.1',
      'assay-caller': 'forged',
      'x-request-id': 'request-1234',
    })
    const { headers } = asked[0] as Asked
    expect(headers).toMatchObject({
      authorization: `Basic ${Buffer.from(`assay:${PASSWORD}`).toString('base64')}`,
      'x-request-id': 'request-1234',
    })
    for (const name of ['cookie', 'x-forwarded-for', 'assay-caller']) expect(headers).not.toHaveProperty(name)
  })

  test.each([
    '/api/2.0/mlflow-artifacts/artifacts/1/../x',
    '/api/2.0/mlflow-artifacts/artifacts/1/%2e%2e/x',
    '/api/2.0/mlflow-artifacts/artifacts/%2Fetc/passwd',
  ])('is nothing for %s, which servers read in two ways', async (path) => {
    expect(await ask(url(path))).toMatchObject({ status: 400, json: { error_code: 'INVALID_PARAMETER_VALUE' } })
    expect(asked).toEqual([])
  })
})

describe('bytes', () => {
  const artifact = '/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts/a%20b.json'

  test('go up as they are, with what describes them and no more', async () => {
    answerWith = (_request, response) => void response.end()
    const body = '{ "not": "parsed'
    const answer = await ask(url(artifact), {
      method: 'PUT',
      body,
      headers: {
        'content-type': 'application/json',
        'content-length': String(body.length),
        cookie: 'sid=1',
        expect: '100-continue',
      },
    })
    expect(answer).toMatchObject({ status: 200, json: {} })
    expect(asked).toMatchObject([{ method: 'PUT', url: `/below${artifact.replace('/api/', '/ajax-api/')}`, body }])
    expect(asked[0]?.headers).toMatchObject({ 'content-type': 'application/json', authorization: expect.any(String) })
    expect(asked[0]?.headers).not.toHaveProperty('cookie')
  })

  test('come down with the headers of a file, and are safe to open', async () => {
    answerWith = (_request, response) =>
      void response
        .writeHead(206, {
          'content-type': 'text/html',
          'content-range': 'bytes 0-1/9',
          'set-cookie': 'x=1',
          'x-own': '1',
        })
        .end('<p')
    const { status, headers, text: body } = await ask(url(artifact), { headers: { range: 'bytes=0-1' } })
    expect([status, body]).toEqual([206, '<p'])
    expect(asked[0]?.headers.range).toBe('bytes=0-1')
    expect(headers).toMatchObject({
      'content-range': 'bytes 0-1/9',
      'content-security-policy': expect.stringContaining('sandbox'),
    })
    for (const name of ['set-cookie', 'x-own']) expect(headers).not.toHaveProperty(name)
  })

  test('that break off on the way down end the connection', async () => {
    answerWith = (_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half')
      response.socket?.end()
    }
    await expect(ask(url(artifact))).rejects.toThrow()
  })
})

describe('what is answered', () => {
  test('is passed on as it came', async () => {
    const body = '{"run":  {"info": {"x": 9223372036854775807}}}'
    answerWith = (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body)
    expect(await ask(url(`/api/2.0/mlflow/runs/get?run_id=${RUN}`))).toMatchObject({ status: 200, text: body })
  })

  test('may be long', async () => {
    const metrics = Array.from({ length: 100_000 }, (_, step) => ({ key: 'm', value: 1, timestamp: 1, step }))
    answerWith = json(200, { metrics })
    expect(await call(getMetricHistory, { run_id: RUN, metric_key: 'm' }, server)).toEqual({ metrics })
  })

  test.each<{ why: string; with: AnswerWith; status: number; error: object; again?: true; only?: 'json' }>([
    {
      why: 'an error that clients know',
      with: json(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'No run', at: 3 }),
      status: 404,
      error: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'No run', at: 3 },
    },
    {
      why: 'an error that only the server knows',
      with: json(500, { error_code: 'FEATURE_DISABLED', message: 'off' }),
      status: 500,
      error: { error_code: 'FEATURE_DISABLED', message: 'off' },
    },
    {
      why: 'an error in the words of its framework',
      with: json(400, { detail: 'Invalid path' }),
      status: 400,
      error: { error_code: 'INVALID_PARAMETER_VALUE', message: 'Invalid path' },
    },
    {
      why: 'no such endpoint, in HTML',
      with: (_request, response) => void response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>no</h1>'),
      status: 404,
      error: { error_code: 'ENDPOINT_NOT_FOUND', message: expect.not.stringContaining('<') },
    },
    {
      why: 'a mode of the server',
      with: (_request, response) =>
        void response
          .writeHead(503)
          .end('Endpoint: /x disabled due to the mlflow server running with `--artifacts-only`.'),
      status: 501,
      error: { error_code: 'NOT_IMPLEMENTED' },
    },
    {
      why: 'our login refused',
      with: (_request, response) => void response.writeHead(401, { 'www-authenticate': 'Basic' }).end('You are not'),
      status: 502,
      error: { error_code: 'IO_ERROR', message: expect.stringContaining('does not know this server') },
      again: true,
    },
    {
      why: 'a redirect',
      with: (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      status: 502,
      error: { error_code: 'IO_ERROR', message: expect.stringContaining('sends elsewhere (302)') },
      again: true,
    },
    {
      why: 'a page',
      with: (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      status: 502,
      error: { error_code: 'IO_ERROR', message: expect.stringContaining('without JSON') },
      again: true,
      only: 'json',
    },
    {
      why: 'a failure without words',
      with: (_request, response) => void response.writeHead(500).end('<html>'),
      status: 502,
      error: { error_code: 'IO_ERROR' },
      again: true,
    },
    {
      why: 'a busy server',
      with: json(503, { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'later' }),
      status: 503,
      error: { error_code: 'TEMPORARILY_UNAVAILABLE', message: 'later' },
      again: true,
    },
    {
      why: 'a broken connection',
      with: (request) => void request.socket.destroy(),
      status: 503,
      error: { error_code: 'TEMPORARILY_UNAVAILABLE' },
      again: true,
    },
    {
      why: 'half an answer',
      with: (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{')
        response.socket?.end()
      },
      status: 503,
      error: { error_code: 'TEMPORARILY_UNAVAILABLE' },
      again: true,
      only: 'json',
    },
    { why: 'silence', with: () => {}, status: 503, error: { error_code: 'TEMPORARILY_UNAVAILABLE' }, again: true },
  ])('$why: $status', async ({ with: answer, status, error, again, only }) => {
    answerWith = answer
    for (const path of [`/api/2.0/mlflow/runs/get?run_id=${RUN}`, `/get-artifact?run_id=${RUN}&path=x`].slice(
      0,
      only ? 1 : 2,
    )) {
      const answered = await ask(url(path))
      expect(answered).toMatchObject({ status, json: error })
      expect(answered.headers['retry-after'] !== undefined).toBe(again ?? false)
      expect(answered.headers).not.toHaveProperty('www-authenticate')
      expect(answered.text).not.toContain(PASSWORD)
    }
  })
})

test('what MLflow does not have is said, and answered 501', async () => {
  answerWith = (_request, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('3.17.2')
  const { absent, mlflow_version } = await call(getServer, {}, server)
  expect(mlflow_version).toBe('3.17.2')
  expect(absent).toEqual(expect.arrayContaining(['POST /api/assay/series/buckets']))
  expect(absent).not.toContain('GET /api/2.0/mlflow/runs/get')
  const refused = await ask(url('/api/assay/runs/count'), { method: 'POST' })
  expect(refused).toMatchObject({ status: 501, json: { error_code: 'NOT_IMPLEMENTED' } })
  expect((await ask(url('/version'))).text).toBe('3.17.2')
})

test('what MLflow does not have is refused before anything of the request is read', async () => {
  const headers = { 'content-type': 'application/json' }
  const refused = await ask(url('/api/assay/runs/count'), { method: 'POST', body: '{no json', headers })
  expect([refused.status, asked]).toEqual([501, []])
})

test('it is ready when the server behind it is well', async () => {
  answerWith = (_request, response) => void response.end('OK')
  expect(await ask(url('/ready'))).toMatchObject({ status: 200, json: { ready: true } })
  answerWith = (_request, response) => void response.writeHead(500).end()
  expect(await ask(url('/ready'))).toMatchObject({ status: 503, json: { error_code: 'TEMPORARILY_UNAVAILABLE' } })
  expect((await ask(url('/health'))).status).toBe(200)
})

test('an upload that is refused half-way is answered', async () => {
  const early = createServer((_request, response) =>
    json(413, { error_code: 'PAYLOAD_TOO_LARGE', message: 'big' })(_request, response),
  )
  await new Promise<void>((resolve) => early.listen(0, '127.0.0.1', resolve))
  const { port } = early.address() as AddressInfo
  const target = { origin: `http://127.0.0.1:${port}`, prefix: '' }
  const relay = toRelay({ kind: 'mlflow', target, credentials: undefined, answerMs: 5000 })
  const opened = await serveUpstream(relay)
  const answer = await ask(`${opened.base}/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts/x`, {
    method: 'PUT',
    body: Buffer.alloc(20 * 1024 * 1024),
  })
  expect(answer).toMatchObject({ status: 413, json: { message: 'big' } })
  await Promise.all([opened.close(), relay.close()])
  early.close()
})
