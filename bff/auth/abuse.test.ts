import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createExperiment,
  createModelVersion,
  createRegisteredModel,
  getLoggedModel,
  getSession,
  searchModelVersions,
  updateExperiment,
} from '#contract'
import { rows, sql } from '#kit/sql.ts'
import { ask } from '../test/ask.ts'
import type { TestUser } from '../test/people.ts'
import { PASSWORD, peopleOf } from '../test/people.ts'
import type { World } from '../test/route-table/world.ts'
import { newWorld } from '../test/route-table/world.ts'
import { startServer } from '../test/server.ts'

// Each test is named after the hole in MLflow, or in its peers, that it is about.

let server: Awaited<ReturnType<typeof startServer>>
let alice: TestUser
let carol: TestUser
let own: World
let foreign: World
beforeAll(async () => {
  server = await startServer({ auth: {} })
  const people = peopleOf(server)
  const admin = await people.add('root', { is_admin: true })
  alice = await people.add('alice', { password: PASSWORD })
  carol = await people.add('carol')
  own = await newWorld(server.base, alice)
  foreign = await newWorld(server.base, admin)
})
afterAll(() => server.close())

type Asked = { method?: string; body?: unknown; headers?: Record<string, string>; by?: TestUser }
function request(path: string, { method = 'GET', body, headers = {}, by }: Asked = {}) {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body)
  const json = text ? { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) } : {}
  return ask(`${server.base}${path}`, { method, body: text, headers: { ...json, ...by?.headers, ...headers } })
}
const code = ({ status, json }: Awaited<ReturnType<typeof request>>) =>
  `${status} ${(json as { error_code?: string } | undefined)?.error_code}`

const signIn = (username: string, password: string, headers: Record<string, string> = {}) =>
  request('/api/assay/session', { method: 'POST', body: { username, password }, headers })
const cookieOf = ({ headers }: Awaited<ReturnType<typeof request>>) => headers['set-cookie']?.[0]?.split(';')[0] ?? ''

describe('what names several objects is decided for each of them', () => {
  const history = '/api/2.0/mlflow/metrics'
  test.each([
    [
      'S2: bulk history',
      () => `${history}/get-history-bulk?metric_key=m&run_id=${own.run_id}&run_id=${foreign.run_id}`,
    ],
    [
      'S2: the interval of run_ids, whatever run_id says',
      () => `${history}/get-history-bulk-interval?metric_key=m&run_id=${own.run_id}&run_ids=${foreign.run_id}`,
    ],
    [
      'one among many',
      () => `${history}/get-history-bulk-interval?metric_key=m&run_ids=${own.run_id}&run_ids=${foreign.run_id}`,
    ],
  ])('%s', async (_what, path) => {
    expect(code(await request(path(), { by: alice }))).toBe('403 PERMISSION_DENIED')
  })

  test.each([
    ['comparing: summaries', '/api/assay/series/summaries', () => ({ run_ids: [own.run_id, foreign.run_id] })],
    ['comparing: buckets', '/api/assay/series/buckets', () => ({ run_ids: [own.run_id, foreign.run_id], keys: ['m'] })],
    [
      'CVE-2026-69146: log-inputs of a foreign run',
      '/api/2.0/mlflow/runs/log-inputs',
      () => ({ run_id: foreign.run_id }),
    ],
    [
      'log-inputs of a foreign model',
      '/api/2.0/mlflow/runs/log-inputs',
      () => ({ run_id: own.run_id, models: [{ model_id: foreign.model_id }] }),
    ],
    [
      'outputs of a foreign model',
      '/api/2.0/mlflow/runs/outputs',
      () => ({ run_id: own.run_id, models: [{ model_id: own.model_id }, { model_id: foreign.model_id, step: 0 }] }),
    ],
    [
      'CVE-2026-2651: a multipart upload',
      '/api/2.0/mlflow-artifacts/mpu/create/x',
      () => ({ path: `../${foreign.experiment_id}/f`, num_parts: 1 }),
    ],
  ])('%s', async (_what, path, body) => {
    expect(code(await request(path, { method: 'POST', body: body(), by: alice }))).toMatch(
      /^(403 PERMISSION_DENIED|400|501)/,
    )
  })

  test('S1: two spellings of a run that differ are refused, and nothing is written', async () => {
    const path = `/api/2.0/mlflow/upload-artifact?run_id=${own.run_id}&run_uuid=${foreign.run_id}&path=x`
    expect(code(await request(path, { method: 'POST', body: 'x', by: alice }))).toBe('400 INVALID_PARAMETER_VALUE')
  })

  test.each([
    [
      'the artifacts of a foreign run',
      () => ({ source: `mlflow-artifacts:/${foreign.experiment_id}/${foreign.run_id}/artifacts` }),
    ],
    ['a foreign run by its id', () => ({ source: `runs:/${foreign.run_id}/m`, run_id: foreign.run_id })],
    ['a foreign logged model', () => ({ source: `models:/${foreign.model_id}` })],
    ['a foreign version', () => ({ source: `models:/${foreign.name}/1` })],
    ['a foreign alias', () => ({ source: `models:/${foreign.name}@champion` })],
  ])('a version made of %s gives none of its files', async (_what, input) => {
    const made = await alice.ask(createModelVersion, { name: own.name, ...input() }).catch((error: unknown) => error)
    const version = (made as { model_version?: { version: string } }).model_version?.version
    if (version === undefined) {
      expect(made).toMatchObject({
        code: expect.stringMatching(/PERMISSION_DENIED|RESOURCE_DOES_NOT_EXIST|INVALID_PARAMETER_VALUE/),
      })
      return
    }
    const read = await request(`/model-versions/get-artifact?name=${own.name}&version=${version}&path=f.txt`, {
      by: alice,
    })
    expect(read.status).toBeGreaterThanOrEqual(400)
  })

  test('CVE-2026-2734: versions are searched among those that may be read, also by name and by run', async () => {
    for (const filter of ['', `name='${foreign.name}'`, `run_id='${foreign.run_id}'`])
      expect(JSON.stringify(await alice.ask(searchModelVersions, { filter }))).not.toContain(foreign.name)
  })

  test('CVE-2026-33866: files of a foreign logged model, below either prefix', async () => {
    for (const api of ['/api/2.0', '/ajax-api/2.0'])
      for (const path of ['files?artifact_file_path=f.txt', 'directories'])
        expect(
          code(await request(`${api}/mlflow/logged-models/${foreign.model_id}/artifacts/${path}`, { by: alice })),
        ).toBe('403 PERMISSION_DENIED')
    await expect(alice.ask(getLoggedModel, { model_id: foreign.model_id })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
  })

  test.each(['./', '%2e/', 'x/../', '%32/', ''])(
    'S5, S6: an artifact path that begins with %o falls to no default',
    async (begin) => {
      const path = `/api/2.0/mlflow-artifacts/artifacts/${begin}${foreign.experiment_id}/${foreign.run_id}/artifacts/f.txt`
      for (const method of ['GET', 'DELETE'])
        expect((await request(path, { method, by: alice })).status).toBeOneOf([400, 403, 404])
      const root = `/api/2.0/mlflow-artifacts/artifacts/${begin}.`
      expect((await request(root, { method: 'DELETE', by: alice })).status).toBeOneOf([400, 403, 404])
    },
  )
})

describe('C: who is asking', () => {
  test.each([
    ['CVE-2023-6014: signing up', 'POST', '/api/2.0/mlflow/users/create'],
    ['CVE-2026-0545: jobs', 'GET', '/ajax-api/3.0/jobs/'],
    ['CVE-2026-2652: traces', 'POST', '/v1/traces'],
    ['CVE-2025-15381: traces', 'POST', '/api/3.0/mlflow/traces/search'],
    ['CVE-2026-3198: gateway', 'GET', '/gateway/x'],
    ['GHSA-f253-vggg-rwh8: GraphQL', 'POST', '/graphql'],
    ['webhooks', 'POST', '/api/2.0/mlflow/webhooks'],
  ])('%s is not open to nobody', async (_what, method, path) => {
    const answer = await request(path, { method, body: method === 'POST' ? {} : undefined })
    expect(code(answer)).toMatch(/^(401 UNAUTHENTICATED|404 ENDPOINT_NOT_FOUND)$/)
  })

  test.each(['admin:password1234', 'admin:admin', 'admin:password', 'root:root'])(
    'CVE-2026-2635: %s is nobody',
    async (pair) => {
      const authorization = `Basic ${Buffer.from(pair).toString('base64')}`
      const answer = await request('/api/2.0/mlflow/experiments/search', {
        method: 'POST',
        body: {},
        headers: { authorization },
      })
      expect(code(answer)).toBe('401 UNAUTHENTICATED')
    },
  )

  test.each(['', 'x', 'elevenchars', ' '.repeat(12), 'alice', 'password1234'])(
    'CVE-2025-11200, -1474: %o is no password',
    async (new_password) => {
      const body = { current_password: PASSWORD, new_password }
      expect(code(await request('/api/assay/password', { method: 'POST', body, by: alice }))).toBe(
        '400 INVALID_PARAMETER_VALUE',
      )
    },
  )

  test('CVE-2024-3099: a name that could be read as another is another', async () => {
    await alice.ask(createRegisteredModel, { name: 'M1' })
    await carol.ask(createRegisteredModel, { name: 'M%31' })
    const get = (name: string, by: TestUser) => request(`/api/2.0/mlflow/registered-models/get?name=${name}`, { by })
    expect([code(await get('M%31', carol)), (await get('M%2531', carol)).status]).toEqual([
      '403 PERMISSION_DENIED',
      200,
    ])
    expect([code(await get('M%2531', alice)), (await get('M%31', alice)).status]).toEqual([
      '403 PERMISSION_DENIED',
      200,
    ])
  })

  test('S16: an unknown user and a wrong password are answered alike', async () => {
    const [wrong, unknown] = [
      await signIn('alice', 'wrong wrong wrong'),
      await signIn('nobody-here', 'wrong wrong wrong'),
    ]
    expect(code(wrong)).toBe('401 UNAUTHENTICATED')
    expect(unknown.json).toEqual(wrong.json)
  })

  test('C-11: 50 wrong passwords at once are not 50 tries, and who is signed in stays so', async () => {
    const before = await signIn('alice', PASSWORD)
    const ends = await Promise.all(Array.from({ length: 50 }, () => signIn('alice', 'wrong wrong wrong')))
    expect(ends.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(5)
    const refused = ends.find(({ status }) => status === 429)
    expect(code(refused!)).toBe('429 REQUEST_LIMIT_EXCEEDED')
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(1)
    const session = await request('/api/assay/session', { headers: { cookie: cookieOf(before) } })
    expect(session.json).toMatchObject({ user: { username: 'alice' } })
    expect((await request('/api/2.0/mlflow/experiments/search', { method: 'POST', body: {}, by: alice })).status).toBe(
      200,
    )
    await server.database?.query(sql`delete from throttles`)
  })

  test('a token in an address is no credential', async () => {
    for (const name of ['token', 'access_token', 'api_key', 'authorization'])
      expect(code(await request(`/api/assay/sessions?${name}=${alice.token}`))).toBe('401 UNAUTHENTICATED')
  })

  test('headers of others that say who somebody is say nothing', async () => {
    for (const name of [
      'x-forwarded-user',
      'x-remote-user',
      'remote-user',
      'x-assay-user',
      'assay-caller',
      'x-forwarded-for',
    ])
      expect(code(await request('/api/assay/sessions', { headers: { [name]: 'root' } }))).toBe('401 UNAUTHENTICATED')
  })
})

describe('E: other sites, and sessions', () => {
  const unsafe = [
    '/api/2.0/mlflow/experiments/create',
    '/ajax-api/2.0/mlflow/experiments/create',
    '/graphql',
    '/v1/traces',
    '/get-artifact',
    '/nowhere',
    '/api/assay/session',
  ]

  test.each(unsafe)('CVE-2026-2611: a foreign page changes nothing at %s', async (path) => {
    const answer = await request(path, {
      method: 'POST',
      body: { name: 'x' },
      headers: { origin: 'https://evil.example' },
    })
    expect(code(answer)).toBe('403 PERMISSION_DENIED')
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  })

  test('CVE-2025-14279: another host', async () => {
    expect(code(await request('/api/assay/session', { headers: { host: 'evil.example' } }))).toBe(
      '403 PERMISSION_DENIED',
    )
  })

  test('CVE-2025-1473, CVE-2023-43472: a cookie alone changes nothing', async () => {
    const cookie = cookieOf(await signIn('alice', PASSWORD))
    const { csrf_token } = (await request('/api/assay/session', { headers: { cookie } })).json as { csrf_token: string }
    const create = (headers: Record<string, string>) =>
      request('/api/2.0/mlflow/experiments/create', {
        method: 'POST',
        body: { name: `e ${randomBytes(4).toString('hex')}` },
        headers: { cookie, ...headers },
      })
    expect(code(await create({}))).toBe('403 PERMISSION_DENIED')
    expect(code(await create({ 'x-assay-csrf': `${csrf_token.slice(0, -1)}_` }))).toBe('403 PERMISSION_DENIED')
    expect(code(await create({ 'x-assay-csrf': csrf_token, 'sec-fetch-site': 'cross-site' }))).toBe(
      '403 PERMISSION_DENIED',
    )
    expect(code(await create({ 'x-assay-csrf': csrf_token, 'content-type': 'text/plain' }))).toBe(
      '400 INVALID_PARAMETER_VALUE',
    )
    expect((await create({ 'x-assay-csrf': csrf_token })).status).toBe(200)
  })

  test('a session that somebody planted is not the one after signing in', async () => {
    const planted = `sid=${randomBytes(32).toString('base64url')}`
    const signedIn = await signIn('alice', PASSWORD, { cookie: planted })
    expect(cookieOf(signedIn)).toMatch(/^sid=.{43}$/)
    expect(cookieOf(signedIn)).not.toBe(planted)
    expect((await request('/api/assay/session', { headers: { cookie: planted } })).json).not.toHaveProperty('user')
  })

  test('the cookie is out of reach of scripts and other sites', async () => {
    const [cookie] = (await signIn('alice', PASSWORD)).headers['set-cookie'] ?? []
    expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/)
    const [secure] = (await signIn('alice', PASSWORD, { host: 'localhost' })).headers['set-cookie'] ?? []
    expect(secure).toMatch(/^__Host-sid=.*; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
    expect(`${cookie}${secure}`).not.toContain('Domain')
  })

  test('a stolen session is worth nothing after signing out', async () => {
    const cookie = cookieOf(await signIn('alice', PASSWORD))
    const { csrf_token } = (await request('/api/assay/session', { headers: { cookie } })).json as { csrf_token: string }
    await request('/api/assay/session', { method: 'DELETE', headers: { cookie, 'x-assay-csrf': csrf_token } })
    expect(code(await request('/api/assay/sessions', { headers: { cookie } }))).toBe('401 UNAUTHENTICATED')
  })
})

describe('G: what is too much', () => {
  test('CVE-2024-6838: names and places of any length', async () => {
    const long = { code: 'INVALID_PARAMETER_VALUE' }
    await expect(alice.ask(createExperiment, { name: 'x'.repeat(501) })).rejects.toMatchObject(long)
    await expect(
      alice.ask(updateExperiment, { experiment_id: own.experiment_id, new_name: 'x'.repeat(501) }),
    ).rejects.toMatchObject(long)
    const artifact_location = `s3://b/${'x'.repeat(2048)}`
    await expect(alice.ask(createExperiment, { name: 'y', artifact_location })).rejects.toMatchObject(long)
  })

  test('S23: a filter of many clauses', async () => {
    const filter = Array.from({ length: 101 }, () => "tags.a = 'b'").join(' and ')
    for (const each of [filter, `tags.a = '${'x'.repeat(17_000)}'`])
      expect(
        code(
          await request('/api/2.0/mlflow/runs/search', {
            method: 'POST',
            body: { experiment_ids: [own.experiment_id], filter: each },
            by: alice,
          }),
        ),
      ).toBe('400 INVALID_PARAMETER_VALUE')
  })
})

test('D, CVE-2024-24595: no password, token or session is readable in the database', async () => {
  const cookie = cookieOf(await signIn('alice', PASSWORD)).slice('sid='.length)
  await signIn(PASSWORD, 'typed into the wrong field')
  const tables = await rows<{ name: string }>(
    server.database!,
    sql`select table_name as name from information_schema.tables where table_schema = ${server.database!.schema}`,
  )
  const kept: string[] = []
  for (const { name } of tables)
    for (const { text } of await rows<{ text: string }>(
      server.database!,
      sql`select query_to_xml(format('select * from %I', ${name}::text), true, true, '')::text as text`,
    ))
      kept.push(text)
  for (const secret of [PASSWORD, alice.token, carol.token, cookie])
    expect(kept.filter((text) => text.includes(secret)).map((text) => text.slice(0, 200))).toEqual([])
  expect(kept.join()).toContain('alice')
  expect(await alice.ask(getSession, {})).toMatchObject({ user: { username: 'alice' } })
})
