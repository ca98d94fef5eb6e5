import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  changePassword,
  changeProfile,
  createExperiment,
  endSession,
  endSessions,
  getLink,
  getSession,
  listSessions,
  searchExperiments,
  signIn,
  signOut,
} from '#contract'
import { sql } from '#kit/sql.ts'
import { call } from '../../../web/lib/client.ts'
import { PASSWORD, peopleOf, signedIn } from '../../test/people.ts'
import { startServer } from '../../test/server.ts'
import { createLink } from '../links/links.ts'

let server: Awaited<ReturnType<typeof startServer>>
let people: ReturnType<typeof peopleOf>
beforeAll(async () => {
  server = await startServer({ auth: {} })
  people = peopleOf(server)
  await people.add('root', { is_admin: true })
})
afterAll(() => server.close())

test('signing in begins a session that the cookie alone does not change anything with', async () => {
  await people.add('ann', { password: PASSWORD })
  const browser = await signedIn(server.base, 'Ann')
  expect(browser.setCookie).toMatch(/^sid=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
  expect(await browser.ask(getSession, {})).toMatchObject({ auth: 'on', user: { username: 'ann', has_password: true } })
  await browser.ask(createExperiment, { name: 'from a page' })
  const { cookie } = browser
  for (const headers of [
    { cookie },
    { cookie, 'x-assay-csrf': 'something else' },
    { ...browser.headers, 'sec-fetch-site': 'cross-site' },
    { ...browser.headers, 'sec-fetch-site': 'same-site' },
  ])
    await expect(call(createExperiment, { name: 'forged' }, { base: server.base, headers })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    })
  expect((await browser.ask(searchExperiments, {})).experiments).toMatchObject([{ name: 'from a page' }])
})

test('on localhost, and behind TLS, the cookie is kept from other hosts', async () => {
  await people.add('lou', { password: PASSWORD })
  const local = await signedIn(server.base.replace('127.0.0.1', 'localhost'), 'lou')
  expect(local.setCookie).toMatch(/^__Host-sid=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
})

test('a wrong password and an unknown user are answered alike', async () => {
  await people.add('una', { password: PASSWORD })
  const refused = { code: 'UNAUTHENTICATED', message: 'The username or the password is wrong.' }
  const ask = (username: string, password: string) => call(signIn, { username, password }, { base: server.base })
  await expect(ask('una', 'wrong horse 1234')).rejects.toMatchObject(refused)
  await expect(ask('nobody at all', 'wrong horse 1234')).rejects.toMatchObject(refused)
})

test('sessions are listed and ended; signing out ends this one for good', async () => {
  await people.add('bea', { password: PASSWORD })
  const [first, second, third] = [
    await signedIn(server.base, 'bea'),
    await signedIn(server.base, 'bea'),
    await signedIn(server.base, 'bea'),
  ]
  const { sessions } = await third.ask(listSessions, {})
  expect(sessions.map(({ current }) => current)).toEqual([true, false, false])
  await third.ask(endSession, { session_id: Number(sessions[2]!.session_id) })
  await expect(first.ask(listSessions, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await expect(third.ask(endSession, { session_id: Number(sessions[2]!.session_id) })).rejects.toMatchObject({
    code: 'RESOURCE_DOES_NOT_EXIST',
  })
  expect(await third.ask(endSessions, {})).toEqual({ ended: 1 })
  await expect(second.ask(listSessions, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await third.ask(signOut, {})
  await expect(third.ask(listSessions, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('a session that was not used for half a day, or is a week old, has ended', async () => {
  await people.add('cyd', { password: PASSWORD })
  for (const change of [
    sql`last_seen_at = now() - interval '13 hours'`,
    sql`expires_at = now() - interval '1 second'`,
  ]) {
    const browser = await signedIn(server.base, 'cyd')
    await server.database?.query(sql`update sessions set ${change}`)
    await expect(browser.ask(listSessions, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  }
})

test('a new password needs the old one, must be good, and ends the other sessions', async () => {
  const dee = await people.add('dee', { password: PASSWORD })
  const [here, there] = [await signedIn(server.base, 'dee'), await signedIn(server.base, 'dee')]
  const change = (current_password: string, new_password: string) =>
    here.ask(changePassword, { current_password, new_password })
  await expect(change('not this one 123', 'walrus fjord lantern')).rejects.toMatchObject({
    details: { field: 'current_password' },
  })
  for (const bad of ['elevenchars', ' '.repeat(12), 'password1234', 'dee dee dee dee', 'x'.repeat(129), '123456789012'])
    await expect(change(PASSWORD, bad), bad).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
  const { secret } = await server.database!.transaction((db) =>
    createLink(db, { purpose: 'reset', user_id: dee.user_id, hours: 1 }),
  )
  await change(PASSWORD, 'walrus fjord lantern')
  await expect(call(getLink, { secret }, server)).rejects.toMatchObject({ code: 'RESOURCE_CONFLICT' })
  await expect(there.ask(listSessions, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  for (const display_name of ['De\0e', 'De\ud800e'])
    await expect(here.ask(changeProfile, { display_name })).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
  await here.ask(changeProfile, { display_name: ' Dee ' })
  expect(await here.ask(getSession, {})).toMatchObject({ user: { display_name: 'Dee' } })
  await expect(signedIn(server.base, 'dee')).rejects.toThrow('wrong')
  await signedIn(server.base, 'dee', 'walrus fjord lantern')
})
