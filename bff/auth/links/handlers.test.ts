import { expect, onTestFinished, test } from 'vitest'
import type { Call, Endpoint, Output } from '#contract'
import {
  createUser,
  followLink,
  getLink,
  getSession,
  getUser,
  listMails,
  listUsers,
  makeLink,
  requestOf,
  requestPasswordReset,
  signIn,
} from '#contract'
import { rows, sql } from '#kit/sql.ts'
import { call } from '../../../web/lib/client.ts'
import { ask } from '../../test/ask.ts'
import { startMailServer } from '../../test/mail-server.ts'
import { PASSWORD, peopleOf } from '../../test/people.ts'
import { startServer } from '../../test/server.ts'
import type { AuthConfig } from '../config.ts'
import { createLink } from './links.ts'
import { prepareSetUp } from './set-up.ts'

const NEW_PASSWORD = 'quartz lantern 91 meadow'

async function start(auth: Partial<AuthConfig> = {}) {
  const server = await startServer({ auth })
  onTestFinished(() => server.close())
  const database = server.database!
  const people = peopleOf(server)
  return { ...server, database, people, ask: <E extends Endpoint>(e: E, input: Call<E>) => call(e, input, server) }
}

/** As a browser does it: what comes back, and the session that it begins. */
async function inBrowser<E extends Endpoint>(base: string, endpoint: E, input: Call<E>, cookie = '') {
  const { method, path, body = '' } = requestOf(endpoint, input)
  const headers = { 'Content-Type': 'application/json', cookie }
  const { status, json, headers: said } = await ask(base + path, { method, body, headers })
  return { status, json: json as Output<E>, cookie: said['set-cookie']?.[0]?.split(';')[0] ?? '' }
}

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'no refusal',
    ({ code }: { code: string }) => code,
  )
const secretOf = (link: string | undefined) => link?.split('#')[1] ?? 'no link'

async function withMail() {
  const mails = await startMailServer()
  const server = await start({ mail: mails.config, publicUrl: 'https://assay.example.org', organisation: 'Ministry' })
  return { mails, ...server }
}
const secretIn = ({ text }: { text?: string | undefined }) =>
  secretOf(/https:\/\/assay\.example\.org\/link#\S+/.exec(text ?? '')?.[0])

test('until there is an administrator all is closed but the set-up, which makes one, once', async () => {
  const { base, database, ask: asNobody } = await start()
  const secret = secretOf(await prepareSetUp(database, undefined))
  expect((await asNobody(getSession, {})).auth).toBe('setup')
  await expect(asNobody(listUsers, {})).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
    message: expect.stringMatching(/no administrator yet: open the set-up link/),
  })
  expect((await ask(`${base}/health`)).status).toBe(200)
  expect(await asNobody(getLink, { secret })).toEqual({
    purpose: 'setup',
    organisation: 'Assay',
    password: { min_length: 12, max_length: 128 },
  })

  const input = { secret, username: 'Root@Example.org', password: NEW_PASSWORD }
  for (const [why, wrong] of [
    ['no name', { username: '' }],
    ['a bad name', { username: 'a b' }],
    ['a short password', { password: 'short' }],
    ['a password that everyone knows', { password: 'password1234' }],
  ] as const)
    expect([why, await code(asNobody(followLink, { ...input, ...wrong }))]).toEqual([why, 'INVALID_PARAMETER_VALUE'])

  const made = await inBrowser(base, followLink, input)
  expect(made.json).toEqual({ username: 'root@example.org', token: expect.stringMatching(/^mlt_/) })
  const session = await inBrowser(base, getSession, {}, made.cookie)
  expect(session.json).toMatchObject({
    auth: 'on',
    user: { username: 'root@example.org', is_admin: true, email: 'root@example.org' },
  })
  const byToken = await call(
    getUser,
    { username: 'root@example.org' },
    { base, headers: { authorization: `Bearer ${made.json.token}` } },
  )
  expect(byToken.user.is_admin).toBe(true)
  expect(await code(asNobody(followLink, input))).toBe('RESOURCE_CONFLICT')
  expect(await prepareSetUp(database, undefined)).toBeUndefined()
})

test('of two set-up links that many use at once, one makes the administrator', async () => {
  const { database, ask } = await start()
  const secrets = [await prepareSetUp(database, undefined), await prepareSetUp(database, undefined)]
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, i) =>
      code(ask(followLink, { secret: secretOf(secrets[i % 2]), username: `root${i}`, password: NEW_PASSWORD })),
    ),
  )
  expect(answers.filter((answer) => answer === 'no refusal')).toHaveLength(1)
  expect(answers.filter((answer) => answer === 'RESOURCE_CONFLICT')).toHaveLength(5)
  expect(await rows(database, sql`select from users`)).toHaveLength(1)
})

test('an administrator who is configured is made at start, by one of several servers, and is not changed later', async () => {
  const { database, ask } = await start()
  const root = { username: 'root', password: PASSWORD }
  await expect(prepareSetUp(database, { ...root, password: 'root' })).rejects.toThrow(/too short/)
  const secrets = await Promise.all([1, 2, 3].map(() => prepareSetUp(database, root)))
  expect(secrets).toEqual([undefined, undefined, undefined])
  await prepareSetUp(database, { ...root, password: NEW_PASSWORD })
  expect(await rows(database, sql`select username, is_admin from users`)).toEqual([
    { username: 'root', is_admin: true },
  ])
  expect((await ask(signIn, root)).user?.username).toBe('root')
  expect(await code(ask(signIn, { ...root, password: NEW_PASSWORD }))).toBe('UNAUTHENTICATED')
})

test('without mail the administrator hands out the link of who is invited, who then signs in', async () => {
  const { base, people, ask } = await start({ staticPrefix: '/ml' })
  const admin = await people.add('root', { is_admin: true })
  const { link } = await admin.ask(createUser, { username: 'ana', email: 'ana@example.org' })
  expect(link).toMatch(/^\/ml\/link#[\w-]{43}$/)
  const secret = secretOf(link)
  expect(await ask(getLink, { secret })).toMatchObject({ purpose: 'invite', username: 'ana' })
  expect(await code(ask(followLink, { secret, password: 'ana@example.org' }))).toBe('INVALID_PARAMETER_VALUE')
  const begun = await inBrowser(base, followLink, { secret, password: NEW_PASSWORD, username: 'root' })
  expect(begun.json).toEqual({ username: 'ana' })
  expect((await inBrowser(base, getSession, {}, begun.cookie)).json.user).toMatchObject({
    username: 'ana',
    is_admin: false,
  })
  expect((await ask(signIn, { username: 'ana', password: NEW_PASSWORD })).user?.username).toBe('ana')
  expect(await code(ask(getLink, { secret }))).toBe('RESOURCE_CONFLICT')
})

test('with mail who is invited gets the link, and the administrator does not', async () => {
  const { mails, people, ask } = await withMail()
  const admin = await people.add('root', { is_admin: true })
  expect(await admin.ask(createUser, { username: 'ana', email: 'ana@example.org' })).not.toHaveProperty('link')
  const [mail] = await mails.took(1)
  expect(mail).toMatchObject({ subject: 'Ministry: your access to Assay', to: [{ address: 'ana@example.org' }] })
  expect(mail?.text).toContain('root has added you')
  expect(await ask(followLink, { secret: secretIn(mail!), password: NEW_PASSWORD })).toEqual({
    username: 'ana',
    tracking_uri: 'https://assay.example.org',
  })
  const { mails: sent } = await admin.ask(listMails, { state: 'sent' })
  expect(sent).toEqual([
    expect.objectContaining({ to: 'ana@example.org', letter: 'invite', attempts: 1, sent_at: expect.any(Number) }),
  ])
  expect((await admin.ask(listMails, { state: 'failed' })).mails).toEqual([])
})

test('a new password comes by mail, and what the old one opened is closed', async () => {
  const { base, mails, people, ask } = await withMail()
  await people.add('ana', { email: 'ana@example.org', password: PASSWORD })
  const before = await inBrowser(base, signIn, { username: 'ana', password: PASSWORD })
  expect(await ask(requestPasswordReset, { username: 'ANA@example.org ' })).toEqual({})
  const [mail] = await mails.took(1)
  expect(mail?.subject).toBe('Ministry: a new password for Assay')
  expect(await ask(getLink, { secret: secretIn(mail!) })).toMatchObject({ purpose: 'reset', username: 'ana' })
  await ask(followLink, { secret: secretIn(mail!), password: NEW_PASSWORD })
  expect((await inBrowser(base, getSession, {}, before.cookie)).json).not.toHaveProperty('user')
  expect(await code(ask(signIn, { username: 'ana', password: PASSWORD }))).toBe('UNAUTHENTICATED')
  expect((await ask(signIn, { username: 'ana', password: NEW_PASSWORD })).user?.username).toBe('ana')
})

test('whoever does not exist, is disabled, has no address, or signs in elsewhere is answered alike and mailed nothing', async () => {
  const { database, mails, people, ask } = await withMail()
  await people.add('known', { email: 'known@example.org', password: PASSWORD })
  await people.add('nomail', { password: PASSWORD })
  await people.add('robot', { email: 'robot@example.org', kind: 'service' })
  await people.add('gone', { email: 'gone@example.org', password: PASSWORD })
  const { user_id } = await people.add('oidc', { email: 'oidc@example.org' })
  await rows(database, sql`update users set disabled_at = now() where username = 'gone'`)
  await rows(database, sql`insert into user_identities values ('https://id.example.org', '1', ${user_id})`)
  for (const username of ['nobody', 'nomail', 'robot', 'gone', 'oidc'])
    expect(await ask(requestPasswordReset, { username })).toEqual({})
  await ask(requestPasswordReset, { username: 'known' })
  expect((await mails.took(1)).map(({ to }) => to?.[0]?.address)).toEqual(['known@example.org'])
  expect(await rows(database, sql`select from mails`)).toHaveLength(1)
})

test('asking for new passwords is throttled, alike for who exists and who does not, and locks nobody out', async () => {
  const { people, ask } = await withMail()
  await people.add('ana', { email: 'ana@example.org', password: PASSWORD })
  const answers = async (username: string) => {
    const said: string[] = []
    for (let i = 0; i < 7; i++) said.push(await code(ask(requestPasswordReset, { username })))
    return said
  }
  const expected = [...Array(5).fill('no refusal'), ...Array(2).fill('REQUEST_LIMIT_EXCEEDED')]
  expect(await answers('ana')).toEqual(expected)
  expect(await answers('nobody')).toEqual(expected)
  expect((await ask(signIn, { username: 'ana', password: PASSWORD })).user?.username).toBe('ana')
})

test('an administrator makes links, of which the newest works; three an hour', async () => {
  const { people, mails, ask } = await withMail()
  const admin = await people.add('root', { is_admin: true })
  const ana = await people.add('ana', { email: 'ana@example.org', password: PASSWORD })
  await people.add('robot', { kind: 'service' })
  expect(await code(ana.ask(makeLink, { username: 'ana' }))).toBe('PERMISSION_DENIED')
  expect(await code(ana.ask(listMails, { state: 'sent' }))).toBe('PERMISSION_DENIED')
  expect(await code(admin.ask(makeLink, { username: 'robot' }))).toBe('INVALID_PARAMETER_VALUE')
  expect(await code(admin.ask(makeLink, { username: 'nobody' }))).toBe('RESOURCE_DOES_NOT_EXIST')
  expect(await admin.ask(makeLink, { username: 'ana' })).toEqual({ mailed: true, hours: 2 })
  const [mail] = await mails.took(1)
  const byHand = await admin.ask(makeLink, { username: 'ana', by_hand: true })
  expect(byHand).toEqual({
    mailed: false,
    hours: 2,
    link: expect.stringMatching(/^https:\/\/assay\.example\.org\/link#/),
  })
  expect(await code(ask(getLink, { secret: secretIn(mail!) }))).toBe('RESOURCE_CONFLICT')
  expect(await ask(getLink, { secret: secretOf(byHand.link) })).toMatchObject({ purpose: 'reset' })
  await admin.ask(makeLink, { username: 'ana' })
  expect(await code(admin.ask(makeLink, { username: 'ana' }))).toBe('REQUEST_LIMIT_EXCEEDED')
})

test('a link does not set the password of another user', async () => {
  const { database, people, ask } = await start()
  const ana = await people.add('ana', { password: PASSWORD })
  await people.add('ben', { password: PASSWORD })
  const { secret } = await database.transaction((db) =>
    createLink(db, { purpose: 'reset', user_id: ana.user_id, hours: 1 }),
  )
  expect(await ask(followLink, { secret, password: NEW_PASSWORD, username: 'ben' })).toEqual({ username: 'ana' })
  expect((await ask(signIn, { username: 'ben', password: PASSWORD })).user?.username).toBe('ben')
})
