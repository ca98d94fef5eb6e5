import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  addGroupMember,
  createExperiment,
  createGroup,
  createRegisteredModel,
  decideAccessRequest,
  deleteGroup,
  deleteRegisteredModel,
  getAccess,
  getAllowed,
  getExperiment,
  getRegisteredModel,
  giveAccess,
  listAccessRequests,
  renameRegisteredModel,
  requestAccess,
  searchRegisteredModels,
  takeAccess,
} from '#contract'
import { rows, sql } from '#kit/sql.ts'
import type { TestUser } from '../../test/people.ts'
import { peopleOf } from '../../test/people.ts'
import { startServer } from '../../test/server.ts'

let server: Awaited<ReturnType<typeof startServer>>
let admin: TestUser
let ann: TestUser
let bob: TestUser
let cyd: TestUser
beforeAll(async () => {
  server = await startServer({ auth: {} })
  const people = peopleOf(server)
  admin = await people.add('root', { is_admin: true })
  ann = await people.add('ann')
  bob = await people.add('bob')
  cyd = await people.add('cyd')
})
afterAll(() => server.close())

const newExperiment = async (by: TestUser) => {
  const { experiment_id } = await by.ask(createExperiment, { name: randomUUID() })
  return { resource_type: 'experiment', resource_id: experiment_id } as const
}
const denied = { code: 'PERMISSION_DENIED' }
const reads = (by: TestUser, { resource_id }: { resource_id: string }) =>
  by.ask(getExperiment, { experiment_id: resource_id })

test('a manager gives and takes, at once; a permission of the ladder replaces another, a sign-off stands beside', async () => {
  const e = await newExperiment(ann)
  await expect(bob.ask(giveAccess, { ...e, username: 'bob', permission: 'READ' })).rejects.toMatchObject(denied)
  await ann.ask(giveAccess, { ...e, username: 'bob', permission: 'READ' })
  await reads(bob, e)
  await ann.ask(giveAccess, { ...e, username: 'bob', permission: 'EDIT' })
  await ann.ask(giveAccess, { ...e, username: 'bob', permission: 'APPROVE' })
  expect(await ann.ask(getAccess, e)).toMatchObject({
    default_permission: 'NO_PERMISSIONS',
    grants: [
      { user: { username: 'ann' }, permission: 'MANAGE', granted_by: 'ann' },
      { user: { username: 'bob' }, permission: 'APPROVE' },
      { user: { username: 'bob' }, permission: 'EDIT', granted_by: 'ann' },
    ],
    people: [
      { username: 'ann', permissions: ['MANAGE'] },
      { username: 'bob', through: ['bob'] },
    ],
  })
  await ann.ask(takeAccess, { ...e, username: 'bob', permission: 'EDIT' })
  expect((await bob.ask(getAllowed, e)).may).toEqual({
    read: true,
    use: false,
    edit: false,
    manage: false,
    review: false,
    approve: true,
  })
  await ann.ask(takeAccess, { ...e, username: 'bob', permission: 'APPROVE' })
  await expect(reads(bob, e)).rejects.toMatchObject(denied)
  await expect(ann.ask(takeAccess, { ...e, username: 'bob', permission: 'READ' })).rejects.toMatchObject({
    code: 'RESOURCE_DOES_NOT_EXIST',
  })
})

test('a group gives what it has to its members, and takes it along', async () => {
  const e = await newExperiment(ann)
  const name = randomUUID()
  await admin.ask(createGroup, { name })
  await admin.ask(addGroupMember, { name, username: 'cyd' })
  await ann.ask(giveAccess, { ...e, group: name, permission: 'READ' })
  await reads(cyd, e)
  expect((await ann.ask(getAccess, e)).people).toMatchObject([
    { username: 'ann' },
    { username: 'cyd', through: [name] },
  ])
  await ann.ask(giveAccess, { ...e, username: 'cyd', permission: 'NO_PERMISSIONS' })
  await expect(reads(cyd, e)).rejects.toMatchObject(denied)
  await ann.ask(takeAccess, { ...e, username: 'cyd', permission: 'NO_PERMISSIONS' })
  await reads(cyd, e)
  await admin.ask(deleteGroup, { name })
  await expect(reads(cyd, e)).rejects.toMatchObject(denied)
})

test('everything of a kind is given by administrators alone', async () => {
  const every = { resource_type: 'registered_model', resource_id: '*' } as const
  await admin.ask(giveAccess, { ...every, username: 'cyd', permission: 'MANAGE' })
  await expect(cyd.ask(giveAccess, { ...every, username: 'bob', permission: 'READ' })).rejects.toMatchObject(denied)
  await admin.ask(takeAccess, { ...every, username: 'cyd', permission: 'MANAGE' })
})

test('the default experiment is given to nobody', async () => {
  const zero = { resource_type: 'experiment', resource_id: '0' } as const
  await expect(admin.ask(giveAccess, { ...zero, username: 'bob', permission: 'READ' })).rejects.toMatchObject({
    code: 'INVALID_PARAMETER_VALUE',
    message: expect.stringContaining('mlflow.set_experiment'),
  })
})

test('what one may not see can be asked for; whoever manages it decides, once', async () => {
  const e = await newExperiment(ann)
  const asked = { ...e, permission: 'READ', message: 'for the audit' } as const
  const { request_id } = await bob.ask(requestAccess, asked)
  await expect(bob.ask(requestAccess, asked)).rejects.toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS' })
  expect((await bob.ask(getAllowed, e)).request).toEqual({ request_id, permission: 'READ' })
  expect((await cyd.ask(listAccessRequests, {})).to_decide).toEqual([])
  expect((await ann.ask(listAccessRequests, {})).to_decide).toMatchObject([
    { user: { username: 'bob' }, permission: 'READ', message: 'for the audit' },
  ])
  const decide = (by: TestUser, decision: 'granted' | 'refused') =>
    by.ask(decideAccessRequest, { request_id: Number(request_id), decision })
  await expect(decide(cyd, 'granted')).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' })
  await decide(ann, 'granted')
  await reads(bob, e)
  await expect(decide(ann, 'refused')).rejects.toMatchObject({ code: 'RESOURCE_CONFLICT' })
  expect((await bob.ask(listAccessRequests, {})).own[0]).toMatchObject({ decision: 'granted', decided_by: 'ann' })
})

test('nobody but an administrator decides what they asked for themselves', async () => {
  const e = await newExperiment(ann)
  await ann.ask(giveAccess, { ...e, username: 'bob', permission: 'MANAGE' })
  const askedBy = async (by: TestUser) => {
    const { request_id } = await by.ask(requestAccess, { ...e, permission: 'APPROVE' })
    return { request_id: Number(request_id), decision: 'granted' as const }
  }
  const bobs = await askedBy(bob)
  const listed = async (by: TestUser) => (await by.ask(listAccessRequests, {})).to_decide.map((each) => each.request_id)
  expect([await listed(bob), await listed(ann)].map((ids) => ids.map(Number).includes(bobs.request_id))).toEqual([
    false,
    true,
  ])
  await expect(bob.ask(decideAccessRequest, bobs)).rejects.toMatchObject(denied)
  await ann.ask(decideAccessRequest, bobs)
  await admin.ask(decideAccessRequest, await askedBy(admin))
})

test('thousands of requests of one person hide nobody else’s', async () => {
  const database = server.database as NonNullable<typeof server.database>
  const flood = await peopleOf(server).add('flood')
  await rows(
    database,
    sql`insert into access_requests (user_id, resource_type, resource_id, permission)
        select ${flood.user_id}, 'experiment', (1000000 + i)::text, 'READ' from generate_series(1, 2000) i`,
  )
  const e = await newExperiment(ann)
  const { request_id } = await cyd.ask(requestAccess, { ...e, permission: 'READ' })
  const toDecide = async (by: TestUser) => (await by.ask(listAccessRequests, {})).to_decide
  for (const by of [ann, admin]) expect((await toDecide(by)).map((each) => each.request_id)).toContain(request_id)
  expect((await toDecide(ann)).map(({ user }) => user.username)).not.toContain('flood')
  expect(await toDecide(bob)).toEqual([])
})

test('grants on a registered model follow its name, and go with it', async () => {
  const name = randomUUID()
  await ann.ask(createRegisteredModel, { name })
  await ann.ask(giveAccess, {
    resource_type: 'registered_model',
    resource_id: name,
    username: 'bob',
    permission: 'READ',
  })
  const renamed = `${name} anew`
  await ann.ask(renameRegisteredModel, { name, new_name: renamed })
  await bob.ask(getRegisteredModel, { name: renamed })
  expect((await bob.ask(searchRegisteredModels, {})).registered_models).toMatchObject([{ name: renamed }])
  await ann.ask(deleteRegisteredModel, { name: renamed })
  await cyd.ask(createRegisteredModel, { name: renamed })
  await expect(bob.ask(getRegisteredModel, { name: renamed })).rejects.toMatchObject(denied)
  await expect(ann.ask(getRegisteredModel, { name: renamed })).rejects.toMatchObject(denied)
})
