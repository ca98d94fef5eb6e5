import type { IncomingHttpHeaders, RequestOptions } from 'node:http'
import { request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { createExperiment, createRun, getRun, logInputs, stringifyJson } from '#contract'
import { call } from '../../web/lib/client.ts'
import { testServer } from '../test/server.ts'

const server = testServer()
const MIB = 1024 * 1024
const json = { 'content-type': 'application/json' }

type Told = {
  status: number | undefined
  headers: IncomingHttpHeaders
  body: { error_code?: string; message?: string }
}

/** `send` writes as much of the body as it likes; the answer may come before it is through. */
const ask = (path: string, options: RequestOptions, send: (out: ReturnType<typeof request>) => void) =>
  new Promise<Told>((resolve, reject) => {
    const out = request(`${server.base}${path}`, { agent: false, ...options }, async (answer) => {
      resolve({ status: answer.statusCode, headers: answer.headers, body: JSON.parse(await text(answer)) as object })
      out.destroy()
    })
    out.on('error', reject)
    send(out)
  })

const setTag = '/api/2.0/mlflow/runs/set-tag'
const tooLarge = {
  status: 413,
  body: { error_code: 'PAYLOAD_TOO_LARGE', message: expect.stringContaining('limit of') },
}

test('a body over the limit is refused before a byte of it has come', async () => {
  const headers = { ...json, 'content-length': 16 * MIB + 1 }
  const told = await ask(setTag, { method: 'POST', headers }, (out) => out.flushHeaders())
  expect(told).toMatchObject(tooLarge)
  expect(told.headers.connection).toBe('close')
})

test('a body without a length is refused as soon as it is over the limit', async () => {
  const told = await ask(setTag, { method: 'POST', headers: json }, (out) => {
    for (let i = 0; i < 17; i++) out.write('x'.repeat(MIB))
    // and never an end
  })
  expect(told).toMatchObject(tooLarge)
})

test('a body in chunks is read like any other', async () => {
  const run_id = (await call(createRun, {}, server)).run.info.run_id
  const body = stringifyJson({ run_id, key: 'größe', value: '🙂' })
  const told = await ask(setTag, { method: 'POST', headers: json }, (out) => {
    for (const byte of Buffer.from(body)) out.write(Buffer.from([byte]))
    out.end()
  })
  expect(told).toMatchObject({ status: 200, body: {} })
  expect((await call(getRun, { run_id }, server)).run.data.tags).toContainEqual({ key: 'größe', value: '🙂' })
})

test('a body of just the limit is read, and datasets may be larger', async () => {
  const padded = (size: number, value: object) => {
    const printed = stringifyJson(value)
    return `${printed.slice(0, -1)}${' '.repeat(size - printed.length)}}`
  }
  const run_id = (await call(createRun, {}, server)).run.info.run_id
  const post = (path: string, body: string) =>
    ask(path, { method: 'POST', headers: { ...json, 'content-length': body.length } }, (out) => out.end(body))
  expect((await post(setTag, padded(16 * MIB, { run_id, key: 'k' }))).status).toBe(200)
  expect((await post(setTag, padded(16 * MIB + 1, { run_id, key: 'k' }))).status).toBe(413)
  const inputs = '/api/2.0/mlflow/runs/log-inputs'
  expect((await post(inputs, padded(17 * MIB, { run_id }))).status).toBe(200)
  expect((await post(inputs, padded(32 * MIB + 1, { run_id }))).status).toBe(413)
})

test('the largest profile of a dataset comes back as it was', async () => {
  const run_id = (await call(createRun, {}, server)).run.info.run_id
  const profile = 'p'.repeat(16_777_215)
  const dataset = { name: 'd', digest: '1', source_type: 'local', source: '{}', profile }
  await call(logInputs, { run_id, datasets: [{ dataset }] }, server)
  const { inputs } = (await call(getRun, { run_id }, server)).run
  expect(inputs.dataset_inputs[0]?.dataset.profile === profile).toBe(true)
})

test('a body that is cut short changes nothing, and the server goes on', async () => {
  const name = 'never made'
  const body = stringifyJson({ name })
  const { port } = new URL(server.base)
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.end(
        `POST /api/2.0/mlflow/experiments/create HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length + 5}\r\n\r\n${body}`,
      )
    })
    socket
      .on('error', reject)
      .on('close', () => resolve())
      .resume()
  })
  await call(createExperiment, { name }, server)
})

test('a GET without a query may ask by a JSON body, of any content type', async () => {
  const run_id = (await call(createRun, {}, server)).run.info.run_id
  const body = stringifyJson({ run_id })
  const told = await ask(
    '/api/2.0/mlflow/runs/get',
    { method: 'GET', headers: { 'content-length': body.length } },
    (out) => out.end(body),
  )
  expect(told).toMatchObject({ status: 200, body: { run: { info: { run_id } } } })
})

test('a GET with a query does not look at its body', async () => {
  const run_id = (await call(createRun, {}, server)).run.info.run_id
  const told = await ask(
    `/api/2.0/mlflow/runs/get?run_id=${run_id}`,
    { method: 'GET', headers: { ...json, 'content-length': 1 } },
    (out) => out.end('{'),
  )
  expect(told.status).toBe(200)
})

test('bytes that are no UTF-8 are refused rather than stored as something else', async () => {
  const body = Buffer.concat([Buffer.from('{"name":"a'), Buffer.from([0xff]), Buffer.from('b"}')])
  const told = await ask(
    '/api/2.0/mlflow/experiments/create',
    { method: 'POST', headers: { ...json, 'content-length': body.length } },
    (out) => out.end(body),
  )
  expect(told).toMatchObject({ status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } })
})

test('a large body means and is refused what a small one is: read in a thread of its own, with no digit lost', async () => {
  const { run } = await call(createRun, { experiment_id: '0' }, server)
  const { run_id } = run.info
  const post = (body: object, padding: number) =>
    ask('/api/2.0/mlflow/runs/log-batch', { method: 'POST', headers: json }, (out) =>
      out.end(stringifyJson({ ...body, ignored: 'x'.repeat(padding) })),
    )
  const step = 9007199254740993n
  const point = (key: string) => ({ key, value: 0.5, timestamp: 1, step })
  const wrong = { run_id, metrics: [{ key: 'loss', value: 'much', timestamp: 1 }] }
  expect(await post(wrong, MIB)).toMatchObject({ status: 400, body: (await post(wrong, 0)).body })
  for (const [key, padding] of [
    ['small', 0],
    ['large', MIB],
  ] as const)
    expect(await post({ run_id, metrics: [point(key)] }, padding)).toMatchObject({ status: 200, body: {} })
  const { metrics = [] } = (await call(getRun, { run_id }, server)).run.data
  expect(metrics.map((metric) => [metric.key, metric.step])).toEqual([
    ['large', step],
    ['small', step],
  ])
})
