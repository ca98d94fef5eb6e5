import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuthEndpointName, Endpoint, EndpointName, Level } from '#contract'
import { allEndpoints, anyoneKnown, deleteRun, everyone, requestOf } from '#contract'
import type { Database } from '#kit/db.ts'
import { raw, row, rows, sql } from '#kit/sql.ts'
import { ask } from '../test/ask.ts'
import type { TestUser } from '../test/people.ts'
import { peopleOf } from '../test/people.ts'
import type { Role } from '../test/route-table/decisions.ts'
import { DECISIONS, ROLES } from '../test/route-table/decisions.ts'
import { inputOf } from '../test/route-table/inputs.ts'
import type { World } from '../test/route-table/world.ts'
import { ABSENT, BEFORE, newWorld, share } from '../test/route-table/world.ts'
import { startServer } from '../test/server.ts'
import { startSession } from './sessions/sessions.ts'

// Every endpoint × everyone × what is theirs, foreign, and absent: each cell is a request.

type Headers = Record<string, string>

let server: Awaited<ReturnType<typeof startServer>>
let database: Database
let admin: TestUser
let people: Record<Role, TestUser>
let strangers: Record<string, Headers>
let own: World
let foreign: World

beforeAll(async () => {
  server = await startServer({ auth: {} })
  database = server.database!
  const made = peopleOf(server)
  admin = await made.add('root', { is_admin: true })
  const names = Object.keys(ROLES) as Role[]
  people = Object.fromEntries(
    await Promise.all(names.map(async (role) => [role, await made.add(role.toLowerCase().replace(' ', '-'))])),
  )
  own = await sharedWorld()
  foreign = await newWorld(server.base, admin)
  strangers = await nobodies(made)
})
afterAll(() => server.close())

/** A world in which each role holds its permission. */
async function sharedWorld(): Promise<World> {
  const world = await newWorld(server.base, admin)
  for (const role of ['READ', 'USE', 'EDIT', 'MANAGE'] as const) await share(admin, world, people[role].username, role)
  return world
}

/** Those who are nobody: with nothing, or with what is not, or is no longer, worth anything. All would manage everything. */
async function nobodies(made: ReturnType<typeof peopleOf>): Promise<Record<string, Headers>> {
  const revoked = await made.add('revoked', { is_admin: true })
  const expired = await made.add('expired', { is_admin: true })
  await database.query(sql`update tokens set revoked_at = now() where user_id = ${revoked.user_id}`)
  const secret = await database.transaction((db) =>
    startSession(db, expired.user_id, { headers: {} } as Parameters<typeof startSession>[2]),
  )
  await database.query(
    sql`update sessions set expires_at = now() - interval '1 second' where user_id = ${expired.user_id}`,
  )
  return {
    nobody: {},
    'a bad credential': { authorization: `Bearer ${admin.token.slice(0, -1)}_` },
    'no scheme': { authorization: admin.token },
    'a revoked token': revoked.headers,
    'an expired session': { cookie: `sid=${secret}` },
  }
}

type Answer = Awaited<ReturnType<typeof ask>>

function send(endpoint: Endpoint, input: object, headers: Headers): Promise<Answer> {
  const { method, path, body } = requestOf(endpoint, input as never)
  const bytes = endpoint.transfer === 'upload' ? 'bytes' : body
  return ask(`${server.base}${path}`, {
    method,
    headers: {
      ...headers,
      ...(bytes !== undefined && { 'content-length': String(Buffer.byteLength(bytes)) }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(bytes !== undefined && { body: bytes }),
  })
}

const told = ({ status, json, text }: Answer) =>
  `${status} ${(json as { error_code?: string })?.error_code ?? text.slice(0, 80)}`

/** What is in the tables of the core and in those of grants, but for what every request may touch. */
async function contents(): Promise<unknown> {
  const tables = await rows<{ name: string }>(
    database,
    sql`select table_name as name from information_schema.tables
        where table_schema = ${database.schema} and table_name not in ('sessions', 'tokens', 'throttles', 'access_state')
        order by 1`,
  )
  return Promise.all(
    tables.map(async ({ name }) => [
      name,
      await row(
        database,
        sql`select count(*), md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) from ${raw(name)} as t`,
      ),
    ]),
  )
}

type Name = EndpointName | AuthEndpointName
const entries = Object.entries(allEndpoints) as [Name, Endpoint][]
const isLevel = (decision: string): decision is Level =>
  ['read', 'use', 'edit', 'manage', 'review', 'approve'].includes(decision)
const onObjects = entries.filter(([name]) => isLevel(DECISIONS[name]))

/** Asks as everybody who may not (what this server's mode lacks answers 501, to everyone who is known), and gives what was answered otherwise than it should be. */
async function leaks(name: Name, endpoint: Endpoint): Promise<string[]> {
  const level = DECISIONS[name] as Level
  const wrong: string[] = []
  const expectAnswer = async (who: string, headers: Headers, what: string, world: World, expected: RegExp) => {
    const answer = await send(endpoint, inputOf(name, world), headers)
    if (!expected.test(told(answer))) wrong.push(`${who} of ${what}: ${told(answer)}`)
  }
  const before = await contents()
  for (const [who, headers] of Object.entries(strangers))
    for (const [what, world] of Object.entries({ own, foreign, absent: ABSENT }))
      await expectAnswer(who, headers, what, world, /^401 UNAUTHENTICATED$/)
  for (const [role, { headers }] of Object.entries(people)) {
    await expectAnswer(role, headers, 'foreign', foreign, /^(403 PERMISSION_DENIED|501 NOT_IMPLEMENTED)$/)
    await expectAnswer(role, headers, 'absent', ABSENT, /^(404 RESOURCE_DOES_NOT_EXIST|501 NOT_IMPLEMENTED)$/)
    if (!(ROLES[role as Role] as readonly Level[]).includes(level))
      await expectAnswer(role, headers, 'own', own, /^(403 PERMISSION_DENIED|501 NOT_IMPLEMENTED)$/)
  }
  expect(await contents()).toEqual(before)
  return wrong
}

describe('a search sees what may be read, and nothing else', () => {
  const searches = entries.filter(([name]) => DECISIONS[name] === 'scoped')
  /** All by which something foreign could be told. */
  const traces = ({ experiment_id, ...names }: World) => [...Object.values(names), `"experiment_id":"${experiment_id}"`]

  test.each(searches)('%s', async (_name, endpoint) => {
    const everything = { experiment_ids: [own.experiment_id, foreign.experiment_id] }
    for (const headers of Object.values(strangers))
      expect(told(await send(endpoint, everything, headers))).toBe('401 UNAUTHENTICATED')
    const [nothing, read, all] = await Promise.all(
      [people['no grants'], people.READ, admin].map(async ({ headers }) => {
        const answer = await send(endpoint, everything, headers)
        expect(answer.status).toBe(200)
        return answer.text
      }),
    )
    for (const trace of [...traces(foreign), ...traces(own)]) expect(nothing).not.toContain(trace)
    for (const trace of traces(foreign)) expect(read).not.toContain(trace)
    // and it would be told otherwise
    expect(all).not.toBe(read)
    expect(read).not.toBe(nothing)
  })
})

describe('refused, with nothing changed', () => {
  test.each(onObjects)('%s', async (name, endpoint) => {
    expect(await leaks(name, endpoint)).toEqual([])
  })
})

describe('allowed', () => {
  test.each(onObjects)('%s', async (name, endpoint) => {
    const level = DECISIONS[name] as Level
    const may = Object.entries(people).filter(([role]) => (ROLES[role as Role] as readonly Level[]).includes(level))
    expect(may.length).toBeGreaterThan(0)
    for (const [role, { headers }] of [...may, ['admin', admin] as const]) {
      const world = endpoint.method === 'GET' ? own : await sharedWorld()
      await BEFORE[name]?.(admin, world)
      const answer = await send(endpoint, inputOf(name, world), headers)
      expect([role, told(answer)]).toEqual([role, expect.stringMatching(/^200 |501 NOT_IMPLEMENTED/)])
    }
  })
})

test('the contract says of every endpoint what is written here', () => {
  const said = Object.entries(allEndpoints).map(([name, { permission }]) => [name, permission.ask])
  expect(Object.fromEntries(said)).toEqual(DECISIONS)
})

describe('an endpoint that is opened is found:', () => {
  const original = { ...deleteRun.permission }
  test.each([
    ['for everyone who is known', { ...anyoneKnown, of: undefined }],
    ['for everyone', { ...everyone, of: undefined }],
    ['for readers', { ask: 'read' }],
    ['by another object than it acts on', { of: () => [{ run: own.run_id }] }],
  ])('%s', async (_how, opened) => {
    Object.assign(deleteRun.permission, opened)
    try {
      // what it deletes is another run each time, but for the one that is there
      await expect(leaks('deleteRun', deleteRun).then((wrong) => expect(wrong).toEqual([]))).rejects.toThrow()
    } finally {
      Object.assign(deleteRun.permission, original)
    }
  })
})

describe('what everyone may who is known, and nobody else', () => {
  const ofTheKnown = entries.filter(([name]) => DECISIONS[name] === 'any')
  test.each(ofTheKnown)('%s', async (_name, endpoint) => {
    const before = await contents()
    for (const headers of Object.values(strangers))
      expect(
        told(await send(endpoint, { name: 'anything', request_id: '1', session_id: '1', token_id: '1' }, headers)),
      ).toBe('401 UNAUTHENTICATED')
    expect(await contents()).toEqual(before)
  })
})

describe('however the address is spelled, no more is allowed', () => {
  const spellings: [string, (path: string) => string, method?: string][] = [
    ['as HEAD', (path) => path, 'HEAD'],
    ['a slash at the end', (path) => path.replace(/(?=\?|$)/, '/')],
    ['two slashes', (path) => path.replace('/', '//')],
    ['two slashes within', (path) => path.replace(/(?<=.)\//, '//')],
    ['a dot', (path) => path.replace('/', '/./')],
    ['dots', (path) => path.replace('/', '/x/../')],
    ['capitals', (path) => path.replace(/^[^?]*/, (part) => part.toUpperCase())],
    ['a parameter', (path) => path.replace(/(?=\?|$)/, ';x')],
    ['an encoded slash', (path) => path.replace(/(?<=.)\//, '%2f')],
    ['an encoded letter', (path) => path.replace('a', '%61')],
    ['for a page', (path) => path.replace(/^\/api\//, '/ajax-api/')],
    ['an object twice', (path) => path.replace(/\?(.*)/, `?$1&run_id=${own.run_id}&run_uuid=${own.run_id}`)],
  ]
  const reads = onObjects.filter(([, { method }]) => method === 'GET')
  test.each(spellings)('%s', async (_how, spell, method = 'GET') => {
    const asked = [strangers.nobody, people.READ.headers].flatMap((headers) =>
      reads.map(async ([name, endpoint]) => {
        const { path } = requestOf(endpoint, inputOf(name, foreign) as never)
        const answer = await ask(`${server.base}${spell(path)}`, { method, headers: headers ?? {} })
        return [name, answer.status, answer.headers['content-length']]
      }),
    )
    for (const [name, status] of await Promise.all(asked))
      expect([name, status]).toEqual([name, expect.toBeOneOf([400, 401, 403, 404, 501])])
  })
})

describe('what only administrators may', () => {
  const ofAdmins = entries.filter(([name]) => DECISIONS[name] === 'admin')
  test.each(ofAdmins)('%s', async (_name, endpoint) => {
    const input = {
      name: 'g',
      username: 'read',
      password: 'plum basalt ferry 48',
      is_admin: true,
      kind: 'person',
      files: {},
      state: 'waiting',
      role_id: 1,
      role_permission_id: 1,
      resource_type: 'experiment',
      resource_id: '1',
      resource_pattern: '1',
      permission: 'READ',
      workspace: 'default',
    }
    const before = await contents()
    for (const headers of Object.values(strangers))
      expect(told(await send(endpoint, input, headers))).toBe('401 UNAUTHENTICATED')
    for (const { headers } of Object.values(people))
      expect(told(await send(endpoint, input, headers))).toBe('403 PERMISSION_DENIED')
    expect(await contents()).toEqual(before)
    if (endpoint.method !== 'GET') return
    expect(told(await send(endpoint, input, admin.headers))).toMatch(/^(200|404 RESOURCE_DOES_NOT_EXIST|501)/)
  })
})
