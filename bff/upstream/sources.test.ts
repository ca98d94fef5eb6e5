import { createServer, IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Socket } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createLoggedModel, createModelVersion } from '#contract'
import type { Scope } from '#kit/scope.ts'
import { EVERYTHING } from '#kit/scope.ts'
import { toRelay } from './index.ts'

// In front of a server that knows a run and a logged model of experiment 1, and of 2, and creates whatever it is asked for.

const [MINE, THEIRS] = ['a'.repeat(32), 'b'.repeat(32)]
const [MY_MODEL, THEIR_MODEL] = [`m-${MINE}`, `m-${THEIRS}`]
const experimentOf: Record<string, string> = { [MINE]: '1', [MY_MODEL]: '1', [THEIRS]: '2', [THEIR_MODEL]: '2' }

let created: string[] = []
const upstream = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
  request.resume()
  const isModel = pathname.includes('/logged-models/')
  const id = isModel ? pathname.split('/').at(-1) : searchParams.get('run_id')
  const info = { experiment_id: experimentOf[id ?? ''] }
  if (request.method === 'POST') created.push(pathname)
  const [status, body] =
    request.method === 'POST'
      ? [200, {}]
      : info.experiment_id === undefined
        ? [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'none' }]
        : [200, isModel ? { model: { info } } : { run: { info } }]
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
})

let relay: ReturnType<typeof toRelay>
beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const { port } = upstream.address() as AddressInfo
  const target = { origin: `http://127.0.0.1:${port}`, prefix: '' }
  relay = toRelay({ kind: 'mlflow', target, credentials: undefined, answerMs: 5_000 })
})
afterAll(async () => {
  await relay.close()
  upstream.close()
})
beforeEach(() => {
  created = []
})

const asked = (scope: Scope) => ({ scope, principal: 'ann', request: new IncomingMessage(new Socket()) })
const ANN: Scope = { experiments: [1], registeredModels: ['X', 'mine'] }
const BUT_THEIRS: Scope = { experiments: { except: [2] }, registeredModels: { except: ['Secret'] } }
const register = (version: object, scope: Scope) =>
  relay.handlers.createModelVersion(createModelVersion.input.parse({ name: 'X', ...version }), asked(scope))
const PROMPT = { key: 'mlflow.prompt.is_prompt', value: 'true' }

const foreign: { source: string; run_id?: string; model_id?: string; tags?: object[] }[] = [
  { source: 'models:/Secret/1' },
  { source: 'models:/Secret@champion' },
  { source: 'models:/Secret/latest' },
  { source: `models:/${THEIR_MODEL}` },
  { source: 'models:/m-none' },
  { source: 'MODELS:/Secret/1' },
  { source: 'models:///Secret/1' },
  { source: 'models://host/Secret/1' },
  { source: 'models:/Sec%72et/1' },
  { source: `runs:/${THEIRS}/model` },
  { source: `runs:/${MINE}/%2e%2e/x` },
  { source: `mlflow-artifacts:/2/${THEIRS}/artifacts`, run_id: THEIRS },
  { source: `mlflow-artifacts:/2/${THEIRS}/artifacts`, run_id: MINE },
  { source: `mlflow-artifacts:/2/models/${THEIR_MODEL}/artifacts` },
  { source: `mlflow-artifacts:/2/${MINE}/artifacts`, run_id: MINE },
  { source: `mlflow-artifacts://host/1/${MINE}/artifacts`, run_id: MINE },
  { source: 'mlflow-artifacts:/2', run_id: MINE },
  { source: `models:/${MY_MODEL}`, model_id: THEIR_MODEL },
  { source: `runs:/${MINE}/model`, run_id: THEIRS },
  { source: 's3://bucket/secret' },
  { source: 'file:///etc' },
  { source: '/etc' },
  { source: 'https://192.0.2.1/x' },
  { source: 'dummy-source' },
  { source: 'models:/Secret/1', tags: [PROMPT] },
  { source: 'prompt-template', run_id: THEIRS, tags: [PROMPT] },
]

/** Spelled so that not everybody reads the same in them. */
const twisted = [
  'models:/Sec\tret/1',
  'models:/mine/1/../../Secret/1',
  'models:/mine/1/more',
  'models:/mine?/1',
  `runs:/${MINE}/../${THEIRS}/artifacts`,
  `runs:/${MINE}/..\\${THEIRS}`,
  `mlflow-artifacts:/1/${MINE}/artifacts/../../../2/${THEIRS}/artifacts`,
]

describe('a version', () => {
  test.each(foreign)('is not made of what the caller does not see: %o', async (version) => {
    for (const scope of version.source.includes('none') ? [ANN] : [ANN, BUT_THEIRS])
      await expect(register(version, scope)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(created).toEqual([])
  })

  test.each(twisted)('is not made of %j', async (source) => {
    for (const scope of [ANN, BUT_THEIRS])
      await expect(register({ source, run_id: MINE }, scope)).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
    expect(created).toEqual([])
  })

  test.each([
    { source: 'models:/mine/1' },
    { source: 'models:/mine@champion' },
    { source: `models:/${MY_MODEL}`, model_id: MY_MODEL, run_id: MINE },
    { source: `runs:/${MINE}/model`, run_id: MINE },
    { source: `mlflow-artifacts:/1/${MINE}/artifacts/my model`, run_id: MINE },
    { source: `mlflow-artifacts:/1/models/${MY_MODEL}/artifacts`, model_id: MY_MODEL },
    { source: 'dummy-source', tags: [PROMPT] },
  ])('is made of what the caller sees: %o', async (version) => {
    for (const scope of [ANN, BUT_THEIRS]) await register(version, scope)
    expect(created).toHaveLength(2)
  })

  test('is made of anything by who sees all, and by nobody who sees all of one kind', async () => {
    await register({ source: 's3://bucket/secret', run_id: THEIRS }, EVERYTHING)
    expect(created).toHaveLength(1)
    for (const scope of [
      { ...ANN, experiments: 'all' as const },
      { ...ANN, registeredModels: 'all' as const },
    ])
      await expect(register({ source: 's3://bucket/secret' }, scope)).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
      })
    expect(created).toHaveLength(1)
  })
})

test('a logged model is of a run that the caller sees', async () => {
  const log = (source_run_id: string | undefined, scope = ANN) =>
    relay.handlers.createLoggedModel(
      createLoggedModel.input.parse({ experiment_id: '1', name: 'forest', source_run_id }),
      asked(scope),
    )
  for (const hidden of [THEIRS, 'c'.repeat(32)])
    await expect(log(hidden)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  expect(created).toEqual([])
  await log(MINE)
  await log(undefined)
  await log(THEIRS, EVERYTHING)
  expect(created).toHaveLength(3)
})
