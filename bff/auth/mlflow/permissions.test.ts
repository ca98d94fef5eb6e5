import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PermissionName } from '#contract'
import {
  createExperiment,
  createExperimentPermission,
  createRegisteredModel,
  createRegisteredModelPermission,
  deleteExperimentPermission,
  deleteRegisteredModelPermission,
  getExperiment,
  getExperimentPermission,
  getRegisteredModel,
  getRegisteredModelPermission,
  getUserPermission,
  grantUserPermission,
  listCurrentUserPermissions,
  listUserPermissions,
  revokeUserPermission,
  updateExperimentPermission,
  updateRegisteredModelPermission,
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

const newExperiment = async () => (await ann.ask(createExperiment, { name: `e ${randomUUID()}` })).experiment_id
const newModel = async () => {
  const name = `m ${randomUUID()}`
  await ann.ask(createRegisteredModel, { name })
  return name
}
const database = () => server.database as NonNullable<typeof server.database>
const held = (resource_id: string) =>
  rows<{ permission: PermissionName }>(
    database(),
    sql`select permission from grants where user_id = ${bob.user_id} and resource_id = ${resource_id} order by grant_id`,
  )

test('3.6: a permission on an experiment is created once, got, updated and deleted, and counts at once', async () => {
  const experiment_id = await newExperiment()
  const bobs = { experiment_id, username: 'bob' }
  const made = await ann.ask(createExperimentPermission, { ...bobs, permission: 'READ' })
  expect(made).toEqual({ experiment_permission: { experiment_id, user_id: bob.user_id, permission: 'READ' } })
  await bob.ask(getExperiment, { experiment_id })
  await expect(ann.ask(createExperimentPermission, { ...bobs, permission: 'EDIT' })).rejects.toMatchObject({
    code: 'RESOURCE_ALREADY_EXISTS',
    message: `Experiment permission (experiment_id=${experiment_id}, username=bob) already exists.`,
  })
  await ann.ask(updateExperimentPermission, { ...bobs, permission: 'NO_PERMISSIONS' })
  expect(await ann.ask(getExperimentPermission, bobs)).toMatchObject({
    experiment_permission: { permission: 'NO_PERMISSIONS' },
  })
  await expect(bob.ask(getExperiment, { experiment_id })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  await ann.ask(deleteExperimentPermission, bobs)
  const missing = {
    code: 'RESOURCE_DOES_NOT_EXIST',
    message: `Experiment permission with experiment_id=${experiment_id} and username=bob not found`,
  }
  await expect(ann.ask(getExperimentPermission, bobs)).rejects.toMatchObject(missing)
  await expect(ann.ask(deleteExperimentPermission, bobs)).rejects.toMatchObject(missing)
  await expect(ann.ask(updateExperimentPermission, { ...bobs, permission: 'EDIT' })).rejects.toMatchObject(missing)
})

test('3.6: a permission on a registered model likewise', async () => {
  const name = await newModel()
  const bobs = { name, username: 'bob' }
  const made = await ann.ask(createRegisteredModelPermission, { ...bobs, permission: 'READ' })
  expect(made).toEqual({ registered_model_permission: { name, user_id: bob.user_id, permission: 'READ' } })
  await bob.ask(getRegisteredModel, { name })
  await expect(ann.ask(createRegisteredModelPermission, { ...bobs, permission: 'READ' })).rejects.toMatchObject({
    message: `Registered model permission (name=${name}, username=bob) already exists.`,
  })
  await ann.ask(updateRegisteredModelPermission, { ...bobs, permission: 'EDIT' })
  expect(await ann.ask(getRegisteredModelPermission, bobs)).toMatchObject({
    registered_model_permission: { permission: 'EDIT' },
  })
  await ann.ask(deleteRegisteredModelPermission, bobs)
  await expect(ann.ask(getRegisteredModelPermission, bobs)).rejects.toMatchObject({
    message: `Registered model permission with name=${name} and username=bob not found`,
  })
})

describe.each([
  { kind: 'experiment', make: newExperiment, type: 'experiment' as const },
  { kind: 'registered model', make: newModel, type: 'registered_model' as const },
  { kind: 'prompt', make: newModel, type: 'prompt' as const },
])('3.17: a permission on one $kind', ({ make, type }) => {
  test('is granted once, got by its user, denied, and revoked', async () => {
    const bobs = { username: 'bob', resource_type: type, resource_id: await make() }
    expect(await bob.ask(getUserPermission, bobs)).toEqual({ allowed: false, permission: 'NO_PERMISSIONS' })
    await ann.ask(grantUserPermission, { ...bobs, permission: 'READ' })
    expect(await bob.ask(getUserPermission, bobs)).toEqual({ allowed: false, permission: 'READ' })
    await expect(ann.ask(grantUserPermission, { ...bobs, permission: 'EDIT' })).rejects.toMatchObject({
      code: 'RESOURCE_ALREADY_EXISTS',
    })
    await ann.ask(revokeUserPermission, bobs)
    await ann.ask(grantUserPermission, { ...bobs, permission: 'EDIT' })
    expect(await admin.ask(getUserPermission, bobs)).toEqual({ allowed: true, permission: 'EDIT' })
    await ann.ask(revokeUserPermission, bobs)
    await ann.ask(grantUserPermission, { ...bobs, permission: 'DENY' })
    expect(await bob.ask(getUserPermission, bobs)).toEqual({ allowed: false, permission: 'DENY' })
    await ann.ask(revokeUserPermission, bobs)
    await expect(ann.ask(revokeUserPermission, bobs)).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' })
  })
})

test('those of a sign-off are left alone', async () => {
  const resource_id = await newExperiment()
  const bobs = { username: 'bob', resource_type: 'experiment' as const, resource_id }
  await people.give(bob, { resource_type: 'experiment', resource_id }, 'APPROVE')
  await expect(ann.ask(revokeUserPermission, bobs)).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' })
  await ann.ask(grantUserPermission, { ...bobs, permission: 'READ' })
  await ann.ask(revokeUserPermission, bobs)
  expect(await held(resource_id)).toEqual([{ permission: 'APPROVE' }])
  expect(await admin.ask(getUserPermission, bobs)).toEqual({ allowed: false, permission: 'READ' })
})

test('of two that are created at once one is refused', async () => {
  const experiment_id = await newExperiment()
  const asked = (['READ', 'EDIT', 'MANAGE', 'USE'] as const).map((permission) =>
    ann.ask(createExperimentPermission, { experiment_id, username: 'bob', permission }),
  )
  const outcomes = (await Promise.allSettled(asked)).map(({ status }) => status)
  expect(outcomes.filter((status) => status === 'fulfilled')).toHaveLength(1)
  expect(await held(experiment_id)).toHaveLength(1)
})

test('on everything of a kind is granted by administrators alone', async () => {
  const user = await people.add('everywhere')
  const all = { username: 'everywhere', resource_type: 'registered_model' as const, resource_id: '*' }
  await people.give(ann, { resource_type: 'registered_model', resource_id: '*' }, 'MANAGE')
  await expect(ann.ask(grantUserPermission, { ...all, permission: 'READ' })).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
  })
  await admin.ask(grantUserPermission, { ...all, permission: 'READ' })
  const name = await newModel()
  await user.ask(getRegisteredModel, { name })
  expect(await user.ask(getUserPermission, { ...all, resource_id: name })).toMatchObject({ permission: 'READ' })
  await admin.ask(revokeUserPermission, all)
  await expect(user.ask(getRegisteredModel, { name })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
})

test('no registered model is called as all of them are', async () => {
  await expect(bob.ask(createRegisteredModel, { name: '*' })).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
})

test('all that a user holds is listed for them and for administrators', async () => {
  const user = await people.add('holder')
  const resource_id = await newExperiment()
  await ann.ask(grantUserPermission, {
    username: 'holder',
    resource_type: 'experiment',
    resource_id,
    permission: 'DENY',
  })
  const permissions = [
    {
      resource_type: 'experiment',
      resource_pattern: resource_id,
      permission: 'DENY',
      workspace: 'default',
      role_id: null,
      role_name: null,
    },
  ]
  expect(await user.ask(listCurrentUserPermissions, {})).toEqual({ is_admin: false, permissions })
  expect(await admin.ask(listUserPermissions, { username: 'holder' })).toEqual({ is_admin: false, permissions })
  expect(await admin.ask(listCurrentUserPermissions, {})).toMatchObject({ is_admin: true })
  await expect(bob.ask(listUserPermissions, { username: 'holder' })).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
  })
})

describe('refused', () => {
  const grant = { username: 'bob', resource_type: 'experiment', permission: 'READ' } as const
  test('to who does not manage it, and not there to nobody but administrators', async () => {
    const resource_id = await newExperiment()
    const bobs = { username: 'bob', experiment_id: resource_id }
    const denied = { code: 'PERMISSION_DENIED', details: { permission: 'MANAGE' } }
    await expect(bob.ask(grantUserPermission, { ...grant, resource_id })).rejects.toMatchObject(denied)
    await expect(bob.ask(getExperimentPermission, bobs)).rejects.toMatchObject(denied)
    await expect(ann.ask(grantUserPermission, { ...grant, resource_id: '999' })).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    })
    await admin.ask(grantUserPermission, { ...grant, resource_id: '999' })
    await expect(
      ann.ask(getUserPermission, { username: 'bob', resource_type: 'experiment', resource_id }),
    ).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(await admin.ask(getUserPermission, { username: 'root', resource_type: 'experiment', resource_id })).toEqual({
      allowed: true,
      permission: 'MANAGE',
    })
  })

  test.each([
    {
      why: 'a permission that there is not',
      change: { permission: 'WRITE' },
      says: "Invalid permission 'WRITE'. Valid",
    },
    { why: 'the denial of old clients', change: { permission: 'NO_PERMISSIONS' }, says: "'MANAGE', 'DENY'" },
    {
      why: 'runs apart from their experiment',
      change: { resource_type: 'run', resource_id: '*' },
      says: 'runs, versions',
    },
    { why: 'a workspace', change: { resource_type: 'workspace', resource_id: '*' }, says: 'grants are on experiment' },
    { why: 'the default experiment', change: { resource_id: '0' }, says: 'mlflow.set_experiment' },
    { why: 'no user', change: { username: '' }, says: "required parameter 'username'" },
  ])('$why', async ({ change, says }) => {
    const asked = { ...grant, resource_id: '1', ...change } as typeof grant & { resource_id: string }
    await expect(admin.ask(grantUserPermission, asked)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining(says),
    })
  })

  test('a user who is not there', async () => {
    const experiment_id = await newExperiment()
    const nobodys = { experiment_id, username: 'nobody' }
    const missing = { code: 'RESOURCE_DOES_NOT_EXIST', message: 'User with username=nobody not found' }
    await expect(ann.ask(createExperimentPermission, { ...nobodys, permission: 'READ' })).rejects.toMatchObject(missing)
    await expect(ann.ask(getExperimentPermission, nobodys)).rejects.toMatchObject(missing)
  })

  test('what an access file is in charge of, by all of them, naming the file', async () => {
    const experiment_id = await newExperiment()
    const name = await newModel()
    await database().transaction(async (db) => {
      await db.query(sql`insert into access_applies (applied_by, digest, summary) values ('root', 'd', '{}')`)
      await db.query(
        sql`insert into access_files (path, experiment_id, digest, apply_id)
            select 'fraud.yaml', ${experiment_id}::bigint, 'd', max(apply_id) from access_applies`,
      )
      await db.query(sql`insert into access_file_models (path, name) values ('fraud.yaml', ${name})`)
    })
    const managed = { code: 'RESOURCE_CONFLICT', details: { access_file: 'fraud.yaml' } }
    const ofExperiment = { username: 'bob', experiment_id }
    const ofAny = { username: 'bob', resource_type: 'registered_model' as const, resource_id: name }
    for (const asked of [
      () => ann.ask(createExperimentPermission, { ...ofExperiment, permission: 'READ' }),
      () => ann.ask(updateExperimentPermission, { ...ofExperiment, permission: 'READ' }),
      () => ann.ask(deleteExperimentPermission, ofExperiment),
      () => admin.ask(grantUserPermission, { ...ofAny, permission: 'READ' }),
      () => admin.ask(revokeUserPermission, ofAny),
    ])
      await expect(asked()).rejects.toMatchObject(managed)
  })
})

test('each change is in the audit', async () => {
  const experiment_id = await newExperiment()
  const bobs = { experiment_id, username: 'bob' }
  await ann.ask(createExperimentPermission, { ...bobs, permission: 'READ' })
  await ann.ask(updateExperimentPermission, { ...bobs, permission: 'EDIT' })
  await ann.ask(deleteExperimentPermission, bobs)
  const done = await rows(
    database(),
    sql`select actor, action, details from audit where object_id = ${experiment_id} and details ->> 'holder' = 'bob' order by seq`,
  )
  expect(done).toEqual([
    { actor: 'ann', action: 'grant.give', details: { holder: 'bob', permission: 'READ' } },
    { actor: 'ann', action: 'grant.give', details: { holder: 'bob', permission: 'EDIT', before: 'READ' } },
    { actor: 'ann', action: 'grant.take', details: { holder: 'bob', permission: 'EDIT' } },
  ])
})
