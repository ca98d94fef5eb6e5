import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createExperiment,
  createRegisteredModel,
  deleteRegisteredModel,
  deleteRun,
  renameRegisteredModel,
} from '#contract'
import { rows, sql } from '#kit/sql.ts'
import type { TestUser } from '../test/people.ts'
import { peopleOf } from '../test/people.ts'
import { startServer } from '../test/server.ts'
import { toRelay } from '../upstream/index.ts'

// With sign-in, in front of a server that answers as each test says.

let answerWith: (request: IncomingMessage, response: ServerResponse) => void
const RUN = 'a'.repeat(32)
const JSON_TYPE = { 'content-type': 'application/json' }
const behind = createServer((request, response) => {
  request.resume()
  if (request.method === 'GET')
    response.writeHead(200, JSON_TYPE).end(JSON.stringify({ run: { info: { experiment_id: '7' } } }))
  else answerWith(request, response)
})

let server: Awaited<ReturnType<typeof startServer>>
let ann: TestUser
let bob: TestUser
beforeAll(async () => {
  await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve))
  const { port } = behind.address() as AddressInfo
  const target = { origin: `http://127.0.0.1:${port}`, prefix: '' }
  const upstream = toRelay({ kind: 'mlflow', target, credentials: undefined, answerMs: 5_000 })
  server = await startServer({ auth: {}, upstream })
  const people = peopleOf(server)
  await people.add('root', { is_admin: true })
  ann = await people.add('ann')
  bob = await people.add('bob')
  for (const resource_id of ['theirs', 'taken'])
    await people.give(ann, { resource_type: 'registered_model', resource_id }, 'MANAGE')
  await people.give(bob, { resource_type: 'registered_model', resource_id: 'mine' }, 'MANAGE')
  await people.give(bob, { resource_type: 'experiment', resource_id: '7' }, 'MANAGE')
  return async () => {
    await server.close()
    await upstream.close()
  }
})
afterAll(() => void behind.close())

const held = async () => ({
  grants: await rows(
    server.database!.health,
    sql`select user_id::int, resource_type, resource_id, permission from grants order by 1, 2, 3`,
  ),
  audit: await rows(
    server.database!.health,
    sql`select action, object_id from audit union all select action, object_id from audit_waiting order by 1, 2`,
  ),
})

describe.each([
  { why: 'a code that is not known', status: 400, error_code: 'FEATURE_DISABLED' },
  { why: 'a code of another status', status: 409, error_code: 'RESOURCE_ALREADY_EXISTS' },
])('an error with $why', ({ status, error_code }) => {
  test.each([
    { what: 'a name that is taken', ask: () => bob.ask(createRegisteredModel, { name: 'theirs' }) },
    {
      what: 'a new name that is taken',
      ask: () => bob.ask(renameRegisteredModel, { name: 'mine', new_name: 'taken' }),
    },
    { what: 'a deletion', ask: () => bob.ask(deleteRegisteredModel, { name: 'mine' }) },
    { what: 'an experiment', ask: () => bob.ask(createExperiment, { name: 'e' }) },
    { what: 'a run', ask: () => bob.ask(deleteRun, { run_id: RUN }) },
  ])('is passed on, and changes nobody’s permissions: $what', async ({ ask }) => {
    answerWith = (_request, response) =>
      void response.writeHead(status, JSON_TYPE).end(JSON.stringify({ error_code, message: 'nothing was done' }))
    const before = await held()
    await expect(ask()).rejects.toThrow('nothing was done')
    expect(await held()).toEqual(before)
  })
})

test('what comes without its length is read: an experiment is managed by whoever created it', async () => {
  answerWith = (_request, response) => {
    response.writeHead(200, JSON_TYPE).write('{"experiment_id":')
    response.end(' "41"}')
  }
  expect(await bob.ask(createExperiment, { name: 'e' })).toEqual({ experiment_id: '41' })
  const managed = { user_id: bob.user_id, resource_type: 'experiment', resource_id: '41' }
  expect((await held()).grants).toContainEqual(expect.objectContaining(managed))
})

test('what was done is followed by its grants', async () => {
  answerWith = (_request, response) => void response.writeHead(200, JSON_TYPE).end('{"registered_model": {}}')
  const before = await held()
  await fetch(`${server.base}/api/2.0/mlflow/registered-models/create`, {
    method: 'POST',
    headers: { ...bob.headers, ...JSON_TYPE },
    body: '{"name": "new"}',
  })
  expect((await held()).grants).toHaveLength(before.grants.length + 1)
})
