import { afterAll, beforeAll, expect, test } from 'vitest'
import { deleteUser, endSessions, getSession, revokeToken, signIn, takeAccess, updateUser } from '#contract'
import { rows, sql } from '#kit/sql.ts'
import { call } from '../../web/lib/client.ts'
import { ask } from '../test/ask.ts'
import { testDatabase } from '../test/database.ts'
import type { TestUser } from '../test/people.ts'
import { PASSWORD, peopleOf } from '../test/people.ts'
import type { World } from '../test/route-table/world.ts'
import { newWorld, share } from '../test/route-table/world.ts'
import { startServer } from '../test/server.ts'

type Server = Awaited<ReturnType<typeof startServer>>

/** Where things are changed, and where people are at work. The embedded database serves one process, so there it is one server. */
let here: Server
let there: Server
let people: ReturnType<typeof peopleOf>
let admin: TestUser
let world: World
beforeAll(async () => {
  const database = await testDatabase()
  here = await startServer({ database, auth: {} })
  there = 'url' in database ? await startServer({ database, auth: {} }) : here
  people = peopleOf(here)
  admin = await people.add('root', { is_admin: true })
  world = await newWorld(here.base, admin)
})
afterAll(async () => {
  if (there !== here) await there.close()
  await here.close()
})

let count = 0
/** Somebody who reads, with a token, a password and a session. */
async function worker() {
  const user = await people.add(`worker-${count++}`, { password: PASSWORD })
  await share(admin, world, user.username, 'READ')
  const body = JSON.stringify({ username: user.username, password: PASSWORD })
  const answer = await ask(`${there.base}${signIn.path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', 'content-length': String(body.length) },
  })
  const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  const basic = { authorization: `Basic ${Buffer.from(`${user.username}:${PASSWORD}`).toString('base64')}` }
  return { user, credentials: { token: user.headers, session: { cookie }, password: basic } }
}
type Credentials = Awaited<ReturnType<typeof worker>>['credentials']
type Kind = keyof Credentials

const tokenOf = async ({ user_id }: TestUser) =>
  (await rows<{ token_id: number }>(here.database!, sql`select token_id from tokens where user_id = ${user_id}`))[0]!
    .token_id

/** Asks again and again by each credential; tells how long after the change the last one was let in. */
async function lastSuccess(credentials: Credentials, kinds: readonly Kind[], change: () => Promise<unknown>) {
  const run = `${there.base}/api/2.0/mlflow/runs/get?run_id=${world.run_id}`
  const isIn = async (kind: Kind) =>
    (await ask(run, { headers: credentials[kind] as Record<string, string> })).status === 200
  for (const kind of kinds) expect([kind, await isIn(kind)]).toEqual([kind, true])
  await change()
  const changed = performance.now()
  let last = 0
  while (performance.now() - changed < 1_500)
    for (const kind of kinds) {
      const asked = performance.now()
      if (await isIn(kind)) last = Math.max(last, asked - changed)
    }
  return last
}

test.each<{ what: string; kinds: Kind[]; change: (user: TestUser) => Promise<unknown> }>([
  {
    what: 'disabling a user',
    kinds: ['token', 'session', 'password'],
    change: ({ username }) => admin.ask(updateUser, { username, disabled: true }),
  },
  {
    what: 'deleting a user',
    kinds: ['token', 'session', 'password'],
    change: ({ username }) => admin.ask(deleteUser, { username }),
  },
  {
    what: 'revoking a token',
    kinds: ['token'],
    change: async (user) => admin.ask(revokeToken, { token_id: await tokenOf(user) }),
  },
  { what: 'ending sessions', kinds: ['session'], change: (user) => user.ask(endSessions, {}) },
  {
    what: 'taking access',
    kinds: ['token', 'session', 'password'],
    change: ({ username }) =>
      admin.ask(takeAccess, {
        resource_type: 'experiment',
        resource_id: world.experiment_id,
        username,
        permission: 'READ',
      }),
  },
])('F-25: $what counts within a second, at another server too', async ({ kinds, change }) => {
  const { user, credentials } = await worker()
  expect(await lastSuccess(credentials, kinds, () => change(user))).toBeLessThan(1_000)
})

test('its negative control: where nothing is changed, they are let in to the end', async () => {
  const { credentials } = await worker()
  expect(await lastSuccess(credentials, ['token', 'session', 'password'], async () => {})).toBeGreaterThan(1_000)
  expect((await call(getSession, {}, { base: there.base, headers: credentials.token })).user).toBeDefined()
})
