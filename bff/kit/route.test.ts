import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as z from 'zod'
import { ApiError, endpoint } from '#contract'
import type { Guard, HandlersOf } from './route.ts'
import { RawJson, StreamAnswer, sendJson, serveEndpoints } from './route.ts'

const everyone = { ask: 'public' } as const
const endpoints = {
  greet: endpoint({
    method: 'GET',
    also: 'POST',
    path: '/api/greet',
    summary: 'Greets.',
    permission: { ask: 'read', of: ({ name }: { name: string }) => [{ run: name }] },
    input: z.object({ name: z.string() }),
    output: z.object({ said: z.string() }),
  }),
  special: endpoint({
    method: 'GET',
    path: '/api/things/special',
    summary: 'One of them.',
    permission: everyone,
    input: z.object({}),
    output: z.object({ special: z.boolean() }),
  }),
  thing: endpoint({
    method: 'GET',
    path: '/api/things/{id}',
    summary: 'A thing.',
    permission: everyone,
    input: z.object({ id: z.string() }),
    output: z.object({ id: z.string() }),
  }),
  file: endpoint({
    method: 'GET',
    path: '/api/things/{id}/files/{path…}',
    transfer: 'download',
    summary: 'A file of a thing.',
    permission: everyone,
    input: z.object({ id: z.string(), path: z.string() }),
    output: z.unknown(),
  }),
}

const handlers: HandlersOf<typeof endpoints> = {
  greet: async ({ name }, { scope, principal }) =>
    new RawJson(`{"said":"hello ${name} of ${String(scope.experiments)} from ${principal}"}`),
  special: async () => ({ special: true }),
  thing: async ({ id }) => ({ id }),
  file: async ({ id, path }) => new StreamAnswer(206, { 'X-Kind': 'file' }, Readable.from([`${id}|`, path])),
}

const allow: Guard<undefined>['allow'] = (asked, input) => {
  const of = 'of' in asked.permission ? asked.permission.of(input) : []
  if (of.some((target) => 'run' in target && target.run === 'secret'))
    throw new ApiError('PERMISSION_DENIED', 'This is not yours to read')
  return { scope: { experiments: [1, 2n ** 60n], registeredModels: [] }, principal: 'ann' }
}
const serve = serveEndpoints(endpoints, handlers, { identify: () => undefined, allow })

const server = createServer(async (request, response) => {
  const [path = '', query = ''] = (request.url ?? '').split('?')
  try {
    if (!(await serve(request, response, path, query))) sendJson(response, 418, '"not mine"')
  } catch (error) {
    if (error instanceof ApiError) sendJson(response, error.status, JSON.stringify(error))
    else response.destroy()
  }
})
let base = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const get = async (path: string, method = 'GET') => {
  const answer = await fetch(base + path, { method })
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

test.each([
  ['/api/greet?name=ann', '{"said":"hello ann of 1,1152921504606846976 from ann"}'],
  ['/ajax-api/greet?name=ann', '{"said":"hello ann of 1,1152921504606846976 from ann"}'],
  ['//api//greet?name=ann', '{"said":"hello ann of 1,1152921504606846976 from ann"}'],
  ['/api/things/special', '{"special":true}'],
  ['/api/things/7', '{"id":"7"}'],
  ['/api/things/a%2Fb%20%C3%A9', '{"id":"a/b é"}'],
  ['/api/things/7?id=8', '{"id":"7"}'],
  ['/api/things/__proto__', '{"id":"__proto__"}'],
])('%s is answered', async (path, text) => {
  expect(await get(path)).toMatchObject({ status: 200, text })
})

test('the rest of a path is decoded once and keeps its slashes', async () => {
  const { status, text, headers } = await get('/api/things/7/files/a/b%252F%20c')
  expect([status, text, headers.get('x-kind')]).toEqual([206, '7|a/b%2F c', 'file'])
})

test.each(['/api', '/api/greet/', '/api/things', '/api/things/7/8', '/api/things/7/files', '/greet', '/API/greet'])(
  '%s belongs to someone else',
  async (path) => {
    expect((await get(path)).status).toBe(418)
  },
)

test.each(['/api/things/%', '/api/things/%ff', '/api/things/7/files/%E0%A4'])('%s is no path', async (path) => {
  expect(await get(path)).toMatchObject({ status: 400, text: expect.stringContaining('Invalid path') })
})

test('HEAD says what GET says, without the body', async () => {
  const [asked, told] = [await get('/api/things/7'), await get('/api/things/7', 'HEAD')]
  expect([told.status, told.text]).toEqual([200, ''])
  expect(told.headers.get('content-length')).toBe(asked.headers.get('content-length'))
  expect(await get('/api/things/7/files/a', 'HEAD')).toMatchObject({ status: 206, text: '' })
})

test('another method is told which ones there are', async () => {
  const { status, text, headers } = await get('/api/greet', 'DELETE')
  expect([status, headers.get('allow')]).toEqual([404, 'GET, POST'])
  expect(JSON.parse(text)).toMatchObject({
    error_code: 'ENDPOINT_NOT_FOUND',
    message: expect.stringContaining('DELETE'),
  })
})

test('a permission is asked of what the parsed input names, by GET, HEAD and POST alike', async () => {
  for (const method of ['GET', 'HEAD']) expect((await get('/api/greet?name=secret', method)).status).toBe(403)
  const answer = await fetch(`${base}/api/greet`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '"{\\"name\\":\\"secret\\"}"',
  })
  expect(answer.status).toBe(403)
})

test('a wrong input is refused before anyone is asked for permission', async () => {
  expect(await get('/api/greet')).toMatchObject({ status: 400, text: expect.stringContaining("'name'") })
})
