import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  addRolePermission,
  assignRole,
  createExperiment,
  createRole,
  deleteRole,
  getExperiment,
  getRole,
  getUserPermission,
  listGroups,
  listMlflowUsers,
  listRolePermissions,
  listRoles,
  listRoleUsers,
  listUserPermissions,
  listUserRoles,
  removeRolePermission,
  unassignRole,
  updateRole,
  updateRolePermission,
} from '#contract'
import { rows, sql } from '#kit/sql.ts'
import type { TestUser } from '../../test/people.ts'
import { peopleOf } from '../../test/people.ts'
import { startServer } from '../../test/server.ts'

let server: Awaited<ReturnType<typeof startServer>>
let people: ReturnType<typeof peopleOf>
let admin: TestUser
let ann: TestUser
let bob: TestUser
beforeAll(async () => {
  server = await startServer({ auth: {} })
  people = peopleOf(server)
  admin = await people.add('root', { is_admin: true })
  ann = await people.add('ann')
  bob = await people.add('bob')
})
afterAll(() => server.close())

const database = () => server.database as NonNullable<typeof server.database>
const newExperiment = async () => (await ann.ask(createExperiment, { name: `e ${randomUUID()}` })).experiment_id
const newRole = async () => {
  const { role } = await admin.ask(createRole, { name: `team ${randomUUID()}`, workspace: 'default' })
  return { role_id: Number(role.id), name: role.name }
}

test('a role is a group: created, described, renamed, listed and deleted', async () => {
  const { role } = await admin.ask(createRole, { name: 'fraud', workspace: 'default', description: 'who finds it' })
  expect(role).toEqual({
    id: expect.any(Number),
    name: 'fraud',
    workspace: 'default',
    description: 'who finds it',
    permissions: [],
  })
  const role_id = Number(role.id)
  await expect(admin.ask(createRole, { name: 'fraud', workspace: 'default' })).rejects.toMatchObject({
    code: 'RESOURCE_ALREADY_EXISTS',
    message: 'Role (name=fraud, workspace=default) already exists.',
  })
  expect((await admin.ask(updateRole, { role_id, name: 'fraud team' })).role).toEqual({ ...role, name: 'fraud team' })
  await admin.ask(updateRole, { role_id, description: '' })
  expect((await admin.ask(getRole, { role_id })).role).toEqual({ ...role, name: 'fraud team', description: null })
  expect((await admin.ask(listGroups, {})).groups).toContainEqual({ name: 'fraud team', description: '', members: [] })
  expect((await admin.ask(listRoles, { workspace: 'default' })).roles.map(({ name }) => name)).toContain('fraud team')
  await admin.ask(deleteRole, { role_id })
  await expect(admin.ask(getRole, { role_id })).rejects.toMatchObject({
    code: 'RESOURCE_DOES_NOT_EXIST',
    message: `Role with id=${role_id} not found`,
  })
})

test('its members may do what it was granted, from when they are assigned until they are not', async () => {
  const experiment_id = await newExperiment()
  const { role_id, name } = await newRole()
  const { role_permission } = await admin.ask(addRolePermission, {
    role_id,
    resource_type: 'experiment',
    resource_pattern: experiment_id,
    permission: 'READ',
  })
  expect(role_permission).toEqual({
    id: expect.any(Number),
    role_id,
    resource_type: 'experiment',
    resource_pattern: experiment_id,
    permission: 'READ',
  })
  const { assignment } = await admin.ask(assignRole, { username: 'bob', role_id })
  expect(assignment).toEqual({ id: expect.any(Number), user_id: bob.user_id, role_id })
  await bob.ask(getExperiment, { experiment_id })
  expect((await admin.ask(listRoleUsers, { role_id })).assignments).toEqual([assignment])
  expect((await bob.ask(listUserRoles, { username: 'bob' })).roles).toEqual([
    (await bob.ask(getRole, { role_id })).role,
  ])
  expect((await bob.ask(listRolePermissions, { role_id })).role_permissions).toEqual([role_permission])
  expect((await admin.ask(listUserPermissions, { username: 'bob' })).permissions).toContainEqual({
    resource_type: 'experiment',
    resource_pattern: experiment_id,
    permission: 'READ',
    workspace: 'default',
    role_id,
    role_name: name,
  })
  const users = (await admin.ask(listMlflowUsers, {})).users
  expect(users.find(({ username }) => username === 'bob')?.roles.map(({ id }) => id)).toEqual([role_id])
  await admin.ask(unassignRole, { username: 'bob', role_id })
  await expect(bob.ask(getExperiment, { experiment_id })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  await expect(admin.ask(unassignRole, { username: 'bob', role_id })).rejects.toMatchObject({
    message: `User role assignment (user_id=${bob.user_id}, role_id=${role_id}) not found`,
  })
})

test('what it was granted is replaced under its id, denied and taken back; of its members each wins or loses by it', async () => {
  const experiment_id = await newExperiment()
  const { role_id } = await newRole()
  await admin.ask(assignRole, { username: 'bob', role_id })
  await people.give(bob, { resource_type: 'experiment', resource_id: experiment_id }, 'EDIT')
  const grant = { role_id, resource_type: 'experiment' as const, resource_pattern: experiment_id }
  const { role_permission } = await admin.ask(addRolePermission, { ...grant, permission: 'MANAGE' })
  const role_permission_id = Number(role_permission.id)
  const bobs = () =>
    bob.ask(getUserPermission, { username: 'bob', resource_type: 'experiment', resource_id: experiment_id })
  expect(await bobs()).toEqual({ allowed: true, permission: 'MANAGE' })
  await expect(admin.ask(addRolePermission, { ...grant, permission: 'READ' })).rejects.toMatchObject({
    code: 'RESOURCE_ALREADY_EXISTS',
  })
  expect((await admin.ask(updateRolePermission, { role_permission_id, permission: 'DENY' })).role_permission).toEqual({
    ...role_permission,
    permission: 'DENY',
  })
  expect(await bobs()).toEqual({ allowed: false, permission: 'DENY' })
  await expect(bob.ask(getExperiment, { experiment_id })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  await admin.ask(removeRolePermission, { role_permission_id })
  expect(await bobs()).toEqual({ allowed: true, permission: 'EDIT' })
  const missing = {
    code: 'RESOURCE_DOES_NOT_EXIST',
    message: `Role permission with id=${role_permission_id} not found`,
  }
  await expect(admin.ask(removeRolePermission, { role_permission_id })).rejects.toMatchObject(missing)
  await expect(admin.ask(updateRolePermission, { role_permission_id, permission: 'READ' })).rejects.toMatchObject(
    missing,
  )
})

test('deleting a role takes from its members what it was granted', async () => {
  const experiment_id = await newExperiment()
  const { role_id } = await newRole()
  await admin.ask(addRolePermission, {
    role_id,
    resource_type: 'experiment',
    resource_pattern: experiment_id,
    permission: 'READ',
  })
  await admin.ask(assignRole, { username: 'bob', role_id })
  await bob.ask(getExperiment, { experiment_id })
  await admin.ask(deleteRole, { role_id })
  await expect(bob.ask(getExperiment, { experiment_id })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
})

test('a grant of one user, or of a sign-off, is no permission of a role', async () => {
  const resource_id = await newExperiment()
  await people.give(bob, { resource_type: 'experiment', resource_id }, 'READ')
  const [grant] = await rows<{ grant_id: number }>(
    database(),
    sql`select grant_id from grants where user_id = ${bob.user_id} and resource_id = ${resource_id}`,
  )
  await expect(admin.ask(removeRolePermission, { role_permission_id: grant?.grant_id ?? 0 })).rejects.toMatchObject({
    code: 'RESOURCE_DOES_NOT_EXIST',
  })
  const { role_id } = await newRole()
  await database().query(
    sql`insert into grants (group_id, resource_type, resource_id, permission) values (${role_id}, 'experiment', ${resource_id}, 'APPROVE')`,
  )
  expect((await admin.ask(listRolePermissions, { role_id })).role_permissions).toEqual([])
})

describe('refused', () => {
  test('to who is no administrator: all but their own roles', async () => {
    const { role_id } = await newRole()
    const experiment = { resource_type: 'experiment', resource_pattern: '1', permission: 'READ' } as const
    for (const asked of [
      () => ann.ask(createRole, { name: 'mine', workspace: 'default' }),
      () => ann.ask(getRole, { role_id }),
      () => ann.ask(getRole, { role_id: 4711 }),
      () => ann.ask(listRoles, {}),
      () => ann.ask(updateRole, { role_id, name: 'mine' }),
      () => ann.ask(deleteRole, { role_id }),
      () => ann.ask(addRolePermission, { role_id, ...experiment }),
      () => ann.ask(listRolePermissions, { role_id }),
      () => ann.ask(assignRole, { role_id, username: 'ann' }),
      () => ann.ask(unassignRole, { role_id, username: 'ann' }),
      () => ann.ask(listRoleUsers, { role_id }),
      () => ann.ask(listUserRoles, { username: 'bob' }),
      () => ann.ask(removeRolePermission, { role_permission_id: 1 }),
      () => ann.ask(updateRolePermission, { role_permission_id: 1, permission: 'READ' }),
    ])
      await expect(asked()).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  })

  test.each([
    { why: 'another workspace', input: { name: 'a', workspace: 'other' }, says: 'there are no workspaces' },
    { why: 'a name of what one user holds', input: { name: '__user_7__', workspace: 'default' }, says: "'__user_'" },
    { why: 'no name', input: { name: '', workspace: 'default' }, says: "required parameter 'name'" },
  ])('$why', async ({ input, says }) => {
    await expect(admin.ask(createRole, input)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining(says),
    })
  })

  test('a change of nothing, and a member twice', async () => {
    const { role_id } = await newRole()
    await expect(admin.ask(updateRole, { role_id })).rejects.toMatchObject({
      message: "At least one of 'name' or 'description' must be provided to update a role.",
    })
    await admin.ask(assignRole, { role_id, username: 'bob' })
    await expect(admin.ask(assignRole, { role_id, username: 'bob' })).rejects.toMatchObject({
      code: 'RESOURCE_ALREADY_EXISTS',
      message: `User role assignment (user_id=${bob.user_id}, role_id=${role_id}) already exists`,
    })
  })

  test('what the access files say of a group', async () => {
    const { role_id, name } = await newRole()
    await database().query(
      sql`insert into group_members (group_id, user_id, source) values (${role_id}, ${bob.user_id}, 'files')`,
    )
    const conflict = { code: 'RESOURCE_CONFLICT', message: expect.stringContaining('access files') }
    await expect(admin.ask(unassignRole, { role_id, username: 'bob' })).rejects.toMatchObject(conflict)
    await expect(admin.ask(deleteRole, { role_id })).rejects.toMatchObject(conflict)
    await expect(admin.ask(updateRole, { role_id, name: 'another' })).rejects.toMatchObject(conflict)
    expect((await admin.ask(updateRole, { role_id, description: 'd' })).role.name).toBe(name)
  })
})

test('each change is in the audit', async () => {
  const { role_id, name } = await newRole()
  const grant = { role_id, resource_type: 'prompt' as const, resource_pattern: 'p', permission: 'READ' as const }
  await admin.ask(assignRole, { role_id, username: 'bob' })
  await admin.ask(unassignRole, { role_id, username: 'bob' })
  const { role_permission } = await admin.ask(addRolePermission, grant)
  await admin.ask(updateRolePermission, { role_permission_id: Number(role_permission.id), permission: 'DENY' })
  await admin.ask(removeRolePermission, { role_permission_id: Number(role_permission.id) })
  await admin.ask(updateRole, { role_id, description: 'of us' })
  await admin.ask(deleteRole, { role_id })
  const done = await rows<{ action: string }>(
    database(),
    sql`select action from audit where actor = 'root' and (object_id = ${name} or details ->> 'holder' = ${`group:${name}`})
        order by seq`,
  )
  expect(done.map(({ action }) => action)).toEqual([
    'group.create',
    'group.add',
    'group.remove',
    'grant.give',
    'grant.give',
    'grant.take',
    'group.update',
    'group.delete',
  ])
})
