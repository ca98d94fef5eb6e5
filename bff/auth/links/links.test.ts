import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'
import { testDatabase } from '../../test/database.ts'
import type { NewLink } from './links.ts'
import { consumeLink, createLink, describeLink, planLink, renewLink } from './links.ts'

let database: Database
let user_id: number

beforeAll(async () => {
  database = await openDatabase(await testDatabase())
})
afterAll(() => database.close())
beforeEach(async () => {
  await rows(database, sql`delete from users`)
  await rows(database, sql`delete from links`)
  const ana = await row<{ user_id: number }>(
    database,
    sql`insert into users (username, username_key, email) values ('ana', 'ana', 'ana@example.org') returning user_id`,
  )
  user_id = ana!.user_id
})

const make = (link: Partial<NewLink> = {}) =>
  database.transaction((db) => createLink(db, { purpose: 'invite', user_id, hours: 72, ...link } as NewLink))
const use = (secret: string) => database.transaction((db) => consumeLink(db, secret))
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'no refusal',
    ({ code, message }: { code: string; message: string }) => `${code} ${message}`,
  )
const DEAD = 'RESOURCE_CONFLICT This link was used, has expired, or was replaced by a newer one. Ask for another.'

test('a link says whose it is as often as it is looked at, and is used once', async () => {
  const { secret } = await make()
  const link = { purpose: 'invite', user_id, username: 'ana', email: 'ana@example.org' }
  expect(await describeLink(database, secret)).toEqual(link)
  expect(await describeLink(database, secret)).toEqual(link)
  expect(await use(secret)).toEqual(link)
  expect(await refusal(use(secret))).toBe(DEAD)
  expect(await refusal(describeLink(database, secret))).toBe(DEAD)
})

test('of twenty that use a link at the same time one succeeds', async () => {
  const { secret } = await make()
  const answers = await Promise.all(Array.from({ length: 20 }, () => refusal(use(secret))))
  expect(answers.filter((answer) => answer === 'no refusal')).toHaveLength(1)
  expect(answers.filter((answer) => answer === DEAD)).toHaveLength(19)
})

test('what fails after the use of a link gives the link back', async () => {
  const { secret } = await make()
  const failing = database.transaction(async (db) => {
    await consumeLink(db, secret)
    throw new Error('the disk is full')
  })
  await expect(failing).rejects.toThrow('the disk is full')
  expect(await use(secret)).toMatchObject({ username: 'ana' })
})

test.each<{ why: string; spoil: (db: Db, secret: string) => Promise<unknown> }>([
  { why: 'expired', spoil: (db) => rows(db, sql`update links set expires_at = now() - interval '1 second'`) },
  { why: 'of a disabled user', spoil: (db) => rows(db, sql`update users set disabled_at = now()`) },
  { why: 'of a removed user', spoil: (db) => rows(db, sql`delete from users`) },
  { why: 'replaced by a newer one', spoil: () => make() },
  { why: 'used', spoil: (_db, secret) => use(secret) },
])('a link that is $why is answered as one that never was', async ({ spoil }) => {
  const { secret } = await make()
  await spoil(database, secret)
  const never = [await refusal(describeLink(database, 'x'.repeat(43))), await refusal(use('x'.repeat(43)))]
  expect([await refusal(describeLink(database, secret)), await refusal(use(secret))]).toEqual(never)
})

test('a new link ends the older ones of the same purpose only, and using one ends all', async () => {
  const invite = await make()
  const reset = await make({ purpose: 'reset' })
  expect(await describeLink(database, invite.secret)).toMatchObject({ purpose: 'invite' })
  await use(reset.secret)
  expect(await refusal(use(invite.secret))).toBe(DEAD)
})

test('a fourth link within an hour is refused, whoever makes it, and an hour later it is not', async () => {
  const answers = await Promise.all(Array.from({ length: 5 }, () => refusal(make())))
  expect(answers.filter((answer) => answer === 'no refusal')).toHaveLength(3)
  expect(answers.find((answer) => answer !== 'no refusal')).toMatch(/^REQUEST_LIMIT_EXCEEDED 3 links were made/)
  await rows(database, sql`update links set created_at = created_at - interval '61 minutes'`)
  expect(await refusal(make())).toBe('no refusal')
})

test('the secret of a mailed link is made when it is sent, and its hours count from then', async () => {
  const link_id = await database.transaction((db) => planLink(db, { purpose: 'reset', user_id, hours: 1 }))
  await rows(
    database,
    sql`update links set created_at = now() - interval '50 minutes', expires_at = now() + interval '10 minutes'`,
  )
  const first = await renewLink(database, link_id)
  const second = await renewLink(database, link_id)
  expect(await refusal(describeLink(database, first!))).toBe(DEAD)
  expect(await describeLink(database, second!)).toMatchObject({ purpose: 'reset' })
  const left = await row<{ minutes: number }>(
    database,
    sql`select round(extract(epoch from expires_at - now()) / 60)::int minutes from links`,
  )
  expect(left).toEqual({ minutes: 60 })
  await use(second!)
  expect(await renewLink(database, link_id)).toBeUndefined()
})

test('links for setting up stand beside each other until one is used', async () => {
  const [first, second] = await Promise.all([
    make({ purpose: 'setup', user_id: undefined }),
    make({ purpose: 'setup', user_id: undefined }),
  ])
  expect(await describeLink(database, first.secret)).toEqual({ purpose: 'setup' })
  await use(second.secret)
  expect(await refusal(use(first.secret))).toBe(DEAD)
})

test('no secret is in the database', async () => {
  const { secret } = await make()
  const [text] = await database.texts(sql`select json_agg(l)::text from links l`)
  expect(text?.[0]).not.toContain(secret)
  expect(text?.[0]).not.toContain(Buffer.from(secret).toString('hex'))
  expect(text?.[0]).not.toContain(Buffer.from(secret, 'base64url').toString('hex'))
})
