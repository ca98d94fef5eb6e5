import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TokenScope } from '#contract'
import {
  createExperiment,
  createRegisteredModel,
  createToken,
  createUser,
  listTokens,
  revokeToken,
  searchExperiments,
} from '#contract'
import { sql } from '#kit/sql.ts'
import { call } from '../../../web/lib/client.ts'
import type { TestUser } from '../../test/people.ts'
import { peopleOf } from '../../test/people.ts'
import { startServer } from '../../test/server.ts'

let server: Awaited<ReturnType<typeof startServer>>
let admin: TestUser
let ann: TestUser
beforeAll(async () => {
  server = await startServer({ auth: {} })
  const people = peopleOf(server)
  admin = await people.add('root', { is_admin: true })
  ann = await people.add('ann')
})
afterAll(() => server.close())

const by = (token: string) => ({ base: server.base, headers: { authorization: `Bearer ${token}` } })
const denied = { code: 'PERMISSION_DENIED' }

test('a token is shown once, says when it was used, and counts until it is revoked', async () => {
  const { token, ...made } = await ann.ask(createToken, { name: 'laptop', expires_in_days: 30 })
  expect(token).toMatch(/^mlt_\w{49}$/)
  expect(made).toMatchObject({ name: 'laptop', hint: token.slice(-6), scopes: [] })
  await call(searchExperiments, {}, by(token))
  const { tokens } = await ann.ask(listTokens, {})
  expect(JSON.stringify(tokens)).not.toContain(token)
  expect(tokens[0]).toMatchObject({ name: 'laptop', last_used_on: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) })
  await ann.ask(revokeToken, { token_id: Number(made.token_id) })
  await expect(call(searchExperiments, {}, by(token))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await expect(ann.ask(revokeToken, { token_id: Number(made.token_id) })).rejects.toMatchObject({
    code: 'RESOURCE_DOES_NOT_EXIST',
  })
})

test('a token that has expired is none', async () => {
  const { token, token_id } = await ann.ask(createToken, { name: 'old' })
  await server.database?.query(sql`update tokens set expires_at = now() where token_id = ${Number(token_id)}`)
  await expect(call(searchExperiments, {}, by(token))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test.each<{ scopes: TokenScope[]; reads: boolean; writes: boolean; registers: boolean }>([
  { scopes: ['read'], reads: true, writes: false, registers: false },
  { scopes: ['write'], reads: true, writes: true, registers: false },
  { scopes: ['registry'], reads: true, writes: true, registers: true },
  { scopes: ['access-files'], reads: false, writes: false, registers: false },
  { scopes: ['admin'], reads: true, writes: true, registers: true },
])('a token for $scopes', async ({ scopes, reads, writes, registers }) => {
  const { token } = await ann.ask(createToken, { name: 'held', scopes })
  const tried = async (work: Promise<unknown>, may: boolean) =>
    may ? work : expect(work).rejects.toMatchObject(denied)
  const name = `of ${String(scopes)}`
  await tried(call(searchExperiments, {}, by(token)), reads)
  await tried(call(createExperiment, { name }, by(token)), writes)
  await tried(call(createRegisteredModel, { name }, by(token)), registers)
  // a token makes no token that may more than itself
  await tried(call(createToken, { name: 'more' }, by(token)), scopes[0] === 'admin')
})

test('others make tokens for service accounts alone, and administrators revoke any', async () => {
  await admin.ask(createUser, { username: 'pipeline', kind: 'service' })
  const { token, token_id } = await admin.ask(createToken, { name: 'ci', username: 'pipeline' })
  await call(searchExperiments, {}, by(token))
  await expect(admin.ask(createToken, { name: 'x', username: 'ann' })).rejects.toMatchObject({
    code: 'INVALID_PARAMETER_VALUE',
  })
  await expect(ann.ask(createToken, { name: 'x', username: 'pipeline' })).rejects.toMatchObject(denied)
  await expect(ann.ask(listTokens, { username: 'pipeline' })).rejects.toMatchObject(denied)
  expect((await admin.ask(listTokens, { username: 'pipeline' })).tokens).toMatchObject([{ name: 'ci' }])
  await admin.ask(revokeToken, { token_id: Number(token_id) })
  await expect(call(searchExperiments, {}, by(token))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})
