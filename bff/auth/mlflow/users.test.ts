import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createExperimentPermission,
  createMlflowUser,
  createRegisteredModelPermission,
  deleteMlflowUser,
  getCurrentMlflowUser,
  getLink,
  getMlflowUser,
  listMlflowUsers,
  updateMlflowUserAdmin,
  updateMlflowUserPassword,
} from '#contract'
import { rows, sql } from '#kit/sql.ts'
import { call } from '../../../web/lib/client.ts'
import type { TestUser } from '../../test/people.ts'
import { PASSWORD, peopleOf } from '../../test/people.ts'
import { startServer } from '../../test/server.ts'
import { createLink } from '../links/links.ts'

let server: Awaited<ReturnType<typeof startServer>>
let people: ReturnType<typeof peopleOf>
let admin: TestUser
let ann: TestUser
beforeAll(async () => {
  server = await startServer({ auth: {} })
  people = peopleOf(server)
  admin = await people.add('root', { is_admin: true })
  ann = await people.add('ann')
})
afterAll(() => server.close())

const OTHER = 'quartz meadow lantern 7'
const signedIn = (username: string, password: string) => ({
  base: server.base,
  headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` },
})
const me = (username: string, password: string) => call(getCurrentMlflowUser, {}, signedIn(username, password))

test('an administrator adds a user, who signs in and is what the client of 3.6 needs to read', async () => {
  const { user } = await admin.ask(createMlflowUser, { username: 'new', password: PASSWORD })
  expect(user).toEqual({
    id: expect.any(Number),
    username: 'new',
    is_admin: false,
    experiment_permissions: [],
    registered_model_permissions: [],
    scorer_permissions: [],
  })
  expect(await me('new', PASSWORD)).toEqual({
    user: { id: user.id, username: 'new', is_admin: false },
    is_basic_auth: true,
  })
})

test('a user has the permissions that were given to them alone, in two lists', async () => {
  const { user_id } = await people.add('listed')
  await admin.ask(createExperimentPermission, { username: 'listed', experiment_id: '77', permission: 'READ' })
  await admin.ask(createRegisteredModelPermission, { username: 'listed', name: 'm', permission: 'NO_PERMISSIONS' })
  expect((await admin.ask(getMlflowUser, { username: 'listed' })).user).toMatchObject({
    experiment_permissions: [{ experiment_id: '77', user_id, permission: 'READ' }],
    registered_model_permissions: [{ name: 'm', user_id, permission: 'NO_PERMISSIONS' }],
  })
  expect((await admin.ask(listMlflowUsers, {})).users).toContainEqual({
    id: user_id,
    username: 'listed',
    is_admin: false,
    roles: [],
  })
})

describe('refused', () => {
  test.each([
    { why: 'a name that is taken', username: 'ann', password: PASSWORD, code: 'RESOURCE_ALREADY_EXISTS' },
    { why: 'a short password', username: 'short', password: 'eleven char', code: 'INVALID_PARAMETER_VALUE' },
    {
      why: 'the password that MLflow shipped',
      username: 'old',
      password: 'password1234',
      code: 'INVALID_PARAMETER_VALUE',
    },
    { why: 'no password', username: 'empty', password: '', code: 'INVALID_PARAMETER_VALUE' },
    { why: 'no name', username: '', password: PASSWORD, code: 'INVALID_PARAMETER_VALUE' },
  ])('$why', async ({ username, password, code }) => {
    await expect(admin.ask(createMlflowUser, { username, password })).rejects.toMatchObject({ code })
  })

  test.each([
    { why: 'adding a user', asks: () => ann.ask(createMlflowUser, { username: 'x', password: PASSWORD }) },
    { why: 'seeing another', asks: () => ann.ask(getMlflowUser, { username: 'root' }) },
    { why: 'seeing one that is not there', asks: () => ann.ask(getMlflowUser, { username: 'nobody' }) },
    { why: 'seeing all', asks: () => ann.ask(listMlflowUsers, {}) },
    {
      why: "another's password",
      asks: () => ann.ask(updateMlflowUserPassword, { username: 'root', password: OTHER, current_password: OTHER }),
    },
    { why: 'making an administrator', asks: () => ann.ask(updateMlflowUserAdmin, { username: 'ann', is_admin: true }) },
    { why: 'deleting', asks: () => ann.ask(deleteMlflowUser, { username: 'root' }) },
  ])('to one who is no administrator: $why', async ({ asks }) => {
    await expect(asks()).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringMatching(/^Permission denied/),
    })
  })

  test.each([
    { why: 'get', asks: () => admin.ask(getMlflowUser, { username: 'nobody' }) },
    { why: 'delete', asks: () => admin.ask(deleteMlflowUser, { username: 'nobody' }) },
    { why: 'password', asks: () => admin.ask(updateMlflowUserPassword, { username: 'nobody', password: OTHER }) },
    { why: 'admin', asks: () => admin.ask(updateMlflowUserAdmin, { username: 'nobody', is_admin: true }) },
  ])('a user who is not there: $why', async ({ asks }) => {
    await expect(asks()).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
      message: 'User with username=nobody not found',
    })
  })
})

describe('a password', () => {
  test('is set by an administrator for anyone, and ends what was signed in before', async () => {
    await people.add('forgetful', { password: PASSWORD })
    await me('forgetful', PASSWORD)
    await admin.ask(updateMlflowUserPassword, { username: 'forgetful', password: OTHER })
    await me('forgetful', OTHER)
    await expect(me('forgetful', PASSWORD)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  test('that is new ends the links by which another could be set', async () => {
    const database = server.database as NonNullable<typeof server.database>
    const user = await people.add('linked', { password: PASSWORD })
    const made = async () =>
      (await database.transaction((db) => createLink(db, { purpose: 'reset', user_id: user.user_id, hours: 1 }))).secret
    const change = { username: 'linked', password: OTHER }
    for (const asks of [
      () => admin.ask(updateMlflowUserPassword, change),
      () => user.ask(updateMlflowUserPassword, { ...change, password: PASSWORD, current_password: OTHER }),
    ]) {
      const secret = await made()
      await call(getLink, { secret }, server)
      await asks()
      await expect(call(getLink, { secret }, server)).rejects.toMatchObject({ code: 'RESOURCE_CONFLICT' })
    }
  })

  test('of one’s own is changed with the current one, which a request signed in by it has said', async () => {
    const user = await people.add('careful', { password: PASSWORD })
    const change = { username: 'careful', password: OTHER }
    await expect(user.ask(updateMlflowUserPassword, change)).rejects.toMatchObject({
      message: 'Current password is required when changing your own password.',
    })
    await expect(
      user.ask(updateMlflowUserPassword, { ...change, current_password: 'of somebody else' }),
    ).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE', message: 'Current password does not match.' })
    await expect(
      user.ask(updateMlflowUserPassword, { ...change, password: PASSWORD, current_password: PASSWORD }),
    ).rejects.toMatchObject({ message: 'New password must differ from the current password.' })
    await user.ask(updateMlflowUserPassword, { ...change, current_password: PASSWORD })
    await call(updateMlflowUserPassword, { ...change, password: PASSWORD }, signedIn('careful', OTHER))
    expect((await me('careful', PASSWORD)).user.username).toBe('careful')
  })

  test('is not for a service account', async () => {
    await people.add('pipeline', { kind: 'service' })
    await expect(admin.ask(updateMlflowUserPassword, { username: 'pipeline', password: OTHER })).rejects.toMatchObject({
      message: expect.stringContaining('service account'),
    })
  })
})

test('the last administrator stays, and nobody deletes themselves', async () => {
  await expect(admin.ask(updateMlflowUserAdmin, { username: 'root', is_admin: false })).rejects.toMatchObject({
    code: 'INVALID_PARAMETER_VALUE',
  })
  await expect(admin.ask(deleteMlflowUser, { username: 'root' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  const second = await people.add('second')
  await admin.ask(updateMlflowUserAdmin, { username: 'second', is_admin: true })
  expect((await second.ask(getMlflowUser, { username: 'second' })).user.is_admin).toBe(true)
  await second.ask(updateMlflowUserAdmin, { username: 'second', is_admin: false })
  await admin.ask(deleteMlflowUser, { username: 'second' })
  await expect(second.ask(getCurrentMlflowUser, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
})

test('what was done to users is in the audit, without their passwords', async () => {
  const done = await rows<{ actor: string; action: string; details: unknown }>(
    server.database as NonNullable<typeof server.database>,
    sql`select actor, action, object_id, details from audit where object_type = 'user' order by seq`,
  )
  expect(done).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ actor: 'root', action: 'user.create', object_id: 'new' }),
      expect.objectContaining({ actor: 'root', action: 'user.password', object_id: 'forgetful' }),
      expect.objectContaining({ actor: 'careful', action: 'user.password', object_id: 'careful' }),
      expect.objectContaining({ action: 'user.update', object_id: 'second' }),
      expect.objectContaining({ actor: 'root', action: 'user.delete', object_id: 'second' }),
    ]),
  )
  for (const secret of [PASSWORD, OTHER, '$argon2']) expect(JSON.stringify(done)).not.toContain(secret)
})
