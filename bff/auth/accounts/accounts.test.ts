import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  addGroupMember,
  createGroup,
  createUser,
  deleteGroup,
  deleteUser,
  findPeople,
  getUser,
  listGroups,
  listUsers,
  removeGroupMember,
  searchExperiments,
  updateUser,
} from '#contract'
import type { TestUser } from '../../test/people.ts'
import { PASSWORD, peopleOf, signedIn } from '../../test/people.ts'
import { startServer } from '../../test/server.ts'

let server: Awaited<ReturnType<typeof startServer>>
let people: ReturnType<typeof peopleOf>
let admin: TestUser
beforeAll(async () => {
  server = await startServer({ auth: {} })
  people = peopleOf(server)
  admin = await people.add('root', { is_admin: true })
})
afterAll(() => server.close())

test('a person is added with a link to hand out, and nobody else who looks alike', async () => {
  const { user, link } = await admin.ask(createUser, { username: 'Ann@Example.org', display_name: 'Ann' })
  expect(user).toMatchObject({ username: 'ann@example.org', email: 'ann@example.org', has_password: false, groups: [] })
  expect(link).toMatch(/\/link#[\w-]{43}$/)
  for (const username of ['ann@example.org', 'ANN@EXAMPLE.ORG', '\uff41nn@example.org'])
    await expect(admin.ask(createUser, { username })).rejects.toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS' })
  for (const username of ['a b', 'a:b', 'a/b', 'a\u200bb', ' '])
    await expect(admin.ask(createUser, { username }), username).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    })
})

test('users are found by part of a name, page by page', async () => {
  for (const n of [1, 2, 3]) await people.add(`page-${n}`)
  const first = await admin.ask(listUsers, { search: 'PAGE', max_results: 2 })
  expect(first.users.map(({ username }) => username)).toEqual(['page-1', 'page-2'])
  const rest = await admin.ask(listUsers, { search: 'PAGE', max_results: 2, page_token: first.next_page_token })
  expect(rest).toMatchObject({ users: [{ username: 'page-3' }] })
  expect(rest.next_page_token).toBeUndefined()
  const bob = await people.add('bob')
  await expect(bob.ask(listUsers, {})).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  expect((await bob.ask(findPeople, { search: 'page-2' })).people).toEqual([{ username: 'page-2', display_name: '' }])
})

test('a mail address is found by its parts by administrators, and as a whole by everyone', async () => {
  const fay = await people.add('fay', { email: 'hidden@example.net' })
  const found = async (search: string) => (await fay.ask(findPeople, { search })).people.map(({ username }) => username)
  for (const part of ['hidden', '@example.net', 'idden@example.net']) {
    expect(await found(part), part).toEqual([])
    expect((await admin.ask(listUsers, { search: part })).users, part).toMatchObject([{ username: 'fay' }])
  }
  for (const whole of ['hidden@example.net', ' Hidden@Example.NET ']) expect(await found(whole), whole).toEqual(['fay'])
})

test('who is disabled is signed out at once, and comes back when enabled', async () => {
  const cyd = await people.add('cyd', { password: PASSWORD })
  const browser = await signedIn(server.base, 'cyd')
  await admin.ask(updateUser, { username: 'cyd', disabled: true })
  await expect(cyd.ask(searchExperiments, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await expect(browser.ask(searchExperiments, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  await expect(signedIn(server.base, 'cyd')).rejects.toThrow('wrong')
  await admin.ask(updateUser, { username: 'cyd', disabled: false })
  await cyd.ask(searchExperiments, {})
  await expect(browser.ask(searchExperiments, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('the last administrator stays', async () => {
  const last = { code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining('last administrator') }
  await expect(admin.ask(updateUser, { username: 'root', is_admin: false })).rejects.toMatchObject(last)
  await expect(admin.ask(updateUser, { username: 'root', disabled: true })).rejects.toMatchObject(last)
  await expect(admin.ask(deleteUser, { username: 'root' })).rejects.toMatchObject(last)
  const dee = await people.add('dee')
  await admin.ask(updateUser, { username: 'dee', is_admin: true })
  expect((await dee.ask(getUser, { username: 'root' })).user).toMatchObject({ is_admin: true, disabled: false })
  await dee.ask(deleteUser, { username: 'bob' })
  await expect(dee.ask(getUser, { username: 'bob' })).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' })
})

test('groups have members, by hand', async () => {
  await people.add('eve')
  await admin.ask(createGroup, { name: 'assurance', description: 'Model assurance' })
  await expect(admin.ask(createGroup, { name: 'assurance' })).rejects.toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS' })
  await admin.ask(addGroupMember, { name: 'assurance', username: 'EVE' })
  expect((await admin.ask(listGroups, {})).groups).toEqual([
    {
      name: 'assurance',
      description: 'Model assurance',
      members: [{ username: 'eve', display_name: '', sources: ['hand'] }],
    },
  ])
  expect((await admin.ask(getUser, { username: 'eve' })).user.groups).toEqual(['assurance'])
  await admin.ask(removeGroupMember, { name: 'assurance', username: 'eve' })
  await admin.ask(deleteGroup, { name: 'assurance' })
  expect((await admin.ask(listGroups, {})).groups).toEqual([])
})
