import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import {
  applyAccessFiles,
  createExperiment,
  createRegisteredModel,
  createRun,
  createToken,
  deleteUser,
  getAccess,
  getAccessFilesStatus,
  getExperiment,
  getExperimentByName,
  getRun,
  giveAccess,
  listGroups,
  listUsers,
  planAccessFiles,
  takeAccess,
  updateUser,
} from '#contract'
import { rows, sql } from '#kit/sql.ts'
import { call } from '../../../web/lib/client.ts'
import { testDatabase } from '../../test/database.ts'
import type { TestUser } from '../../test/people.ts'
import { peopleOf } from '../../test/people.ts'
import { startServer } from '../../test/server.ts'
import type { Texts } from './folder.ts'

let server: Awaited<ReturnType<typeof startServer>>
let people: ReturnType<typeof peopleOf>
let admin: TestUser
let x: string
beforeAll(async () => {
  server = await startServer({ auth: {} })
  people = peopleOf(server)
  admin = await people.add('root', { is_admin: true })
})
afterAll(() => server.close())
beforeEach(async () => {
  // what one test put in charge is nobody's in the next
  await apply({}, { confirm: true })
  x = randomUUID().slice(0, 8)
})

const files = (texts: Texts) => ({ ...texts })
const plan = (texts: Texts) => admin.ask(planAccessFiles, { files: files(texts) })
const apply = (texts: Texts, more: { confirm?: boolean; commit_id?: string } = {}) =>
  admin.ask(applyAccessFiles, { files: files(texts), ...more })
const lines = (changes: { line: string }[]) => changes.map(({ line }) => line)
const query = <T>(q: ReturnType<typeof sql>) => rows<T>(server.database!, q)
const idOf = async (experiment_name: string) =>
  (await admin.ask(getExperimentByName, { experiment_name })).experiment.experiment_id
const file = (experiment: string, access: string, more = '') => `experiment: ${experiment}\naccess: ${access}\n${more}`

test('a folder makes users, groups, the experiment and its grants, and a second time nothing', async () => {
  const texts = {
    'fraud.yaml': file(
      `fraud-${x}`,
      `{manage: [lead-${x}@example.org], edit: ["group:team-${x}"]}`,
      `description: Benefits\nmodels: [model-${x}]\n`,
    ),
    'groups.yaml': `groups: {team-${x}: [a-${x}@example.org]}\n`,
  }
  const wanted = [
    `+ user a-${x}@example.org, who is sent an invitation`,
    `+ user lead-${x}@example.org, who is sent an invitation`,
    `+ group team-${x}`,
    `+ member of group team-${x}: a-${x}@example.org`,
    `+ experiment fraud-${x}`,
    `+ MANAGE of experiment fraud-${x}: lead-${x}@example.org`,
    `+ EDIT of experiment fraud-${x}: group:team-${x}`,
    `+ MANAGE of model model-${x}: lead-${x}@example.org`,
    `+ EDIT of model model-${x}: group:team-${x}`,
  ]
  expect(lines((await plan(texts)).changes)).toEqual(wanted)
  await expect(idOf(`fraud-${x}`)).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' })
  const commit_id = 'a'.repeat(40)
  expect(lines((await apply(texts, { commit_id })).changes)).toEqual(wanted)
  expect(await plan(texts)).toMatchObject({ changes: [], takes_over: [] })
  expect(await apply(texts)).toMatchObject({ changes: [], takes_over: [] })

  const experiment_id = await idOf(`fraud-${x}`)
  expect((await admin.ask(getExperiment, { experiment_id })).experiment.tags).toEqual([
    { key: 'mlflow.note.content', value: 'Benefits' },
  ])
  const { users } = await admin.ask(listUsers, { search: x })
  expect(users.map(({ username, groups, has_password }) => ({ username, groups, has_password }))).toEqual([
    { username: `a-${x}@example.org`, groups: [`team-${x}`], has_password: false },
    { username: `lead-${x}@example.org`, groups: [], has_password: false },
  ])
  const { groups } = await admin.ask(listGroups, {})
  expect(groups.find(({ name }) => name === `team-${x}`)?.members).toMatchObject([{ sources: ['files'] }])
  expect(await admin.ask(getAccess, { resource_type: 'experiment', resource_id: experiment_id })).toMatchObject({
    access_file: 'fraud.yaml',
    grants: [
      { user: { username: `lead-${x}@example.org` }, permission: 'MANAGE', access_file: 'fraud.yaml' },
      { group: `team-${x}`, permission: 'EDIT', access_file: 'fraud.yaml' },
    ],
  })

  const { last_apply, files: inCharge } = await admin.ask(getAccessFilesStatus, {})
  expect(last_apply).toMatchObject({ applied_by: 'root', commit_id, changes: 9, lines: wanted })
  expect(inCharge).toEqual([{ path: 'fraud.yaml', experiment_id, experiment: `fraud-${x}`, models: [`model-${x}`] }])
  const mails = await query<{ to_address: string; letter: string; hours: number }>(
    sql`select to_address, letter, hours from mails left join links using (link_id)
        where to_address like ${`%${x}%`} order by to_address`,
  )
  expect(mails).toEqual([
    { to_address: `a-${x}@example.org`, letter: 'invite', hours: 72 },
    { to_address: `lead-${x}@example.org`, letter: 'invite', hours: 72 },
  ])
  const audit = await query<{ actor: string; object_id: string; details: Record<string, unknown> }>(
    sql`select actor, object_id, details from audit where action = 'access.apply' order by seq desc limit 1`,
  )
  expect(audit).toEqual([
    {
      actor: 'root',
      object_id: last_apply?.digest,
      details: expect.objectContaining({ changes: 9, commit_id, lines: wanted }),
    },
  ])
})

test('who is listed may, who no longer is may not, at once; the data stays', async () => {
  const ann = await people.add(`ann-${x}`, { email: `ann-${x}@example.org` })
  const others = Array.from({ length: 4 }, (_, i) => `o${i}-${x}@example.org`).join(', ')
  const listed = file(`e-${x}`, `{edit: [ann-${x}@example.org], read: [${others}]}`)
  await apply({ 'e.yaml': listed })
  const experiment_id = await idOf(`e-${x}`)
  const { run } = await ann.ask(createRun, { experiment_id })
  await apply({ 'e.yaml': file(`e-${x}`, `{read: [${others}]}`) })
  const refused = { code: 'PERMISSION_DENIED' }
  await expect(ann.ask(getRun, { run_id: run.info.run_id })).rejects.toMatchObject(refused)
  expect((await admin.ask(getRun, { run_id: run.info.run_id })).run.info.run_id).toBe(run.info.run_id)
  const letters = await query<{ letter: string; content: object }>(
    sql`select letter, content from mails where to_address = ${`ann-${x}@example.org`} order by mail_id`,
  )
  const thing = { resource_type: 'experiment', resource_id: experiment_id, name: `e-${x}` }
  expect(letters).toEqual([
    { letter: 'access-changed', content: { by: '', changes: [{ ...thing, permissions: ['EDIT'] }] } },
    { letter: 'access-changed', content: { by: '', changes: [{ ...thing, permissions: [] }] } },
  ])

  await apply({}, { confirm: true })
  expect(await admin.ask(getAccess, { resource_type: 'experiment', resource_id: experiment_id })).toMatchObject({
    grants: [],
  })
  expect((await admin.ask(getRun, { run_id: run.info.run_id })).run.info.run_id).toBe(run.info.run_id)
})

test('what a file is in charge of is changed nowhere else, and what was given before is taken over', async () => {
  const ann = await people.add(`ann-${x}`, { email: `ann-${x}@example.org` })
  const bob = await people.add(`bob-${x}`)
  const { experiment_id } = await ann.ask(createExperiment, { name: `e-${x}` })
  const resource = { resource_type: 'experiment', resource_id: experiment_id } as const
  await ann.ask(giveAccess, { ...resource, username: bob.username, permission: 'READ' })
  const texts = { 'e.yaml': file(`e-${x}`, `{manage: [ann-${x}@example.org], read: ["user:${bob.username}"]}`) }
  expect(await plan(texts)).toMatchObject({
    changes: [],
    takes_over: [
      { line: `= MANAGE of experiment e-${x}: ann-${x}@example.org`, path: 'e.yaml' },
      { line: `= READ of experiment e-${x}: user:${bob.username}`, path: 'e.yaml' },
    ],
  })
  await apply(texts)
  expect(await plan(texts)).toMatchObject({ changes: [], takes_over: [] })
  const managed = { code: 'RESOURCE_CONFLICT', details: { access_file: 'e.yaml' } }
  const more = { ...resource, username: bob.username, permission: 'EDIT' as const }
  await expect(ann.ask(giveAccess, more)).rejects.toMatchObject(managed)
  await expect(admin.ask(giveAccess, more)).rejects.toMatchObject(managed)
  await expect(ann.ask(takeAccess, { ...more, permission: 'READ' })).rejects.toMatchObject(managed)
})

test('a model in a file is granted before it exists, and whoever creates it does not manage it thereby', async () => {
  const ann = await people.add(`ann-${x}`)
  await apply({ 'm.yaml': `models: [m-${x}]\naccess: {read: ["user:${ann.username}"]}\n` })
  await ann.ask(createRegisteredModel, { name: `m-${x}` })
  const { grants } = await admin.ask(getAccess, { resource_type: 'registered_model', resource_id: `m-${x}` })
  expect(grants.map(({ permission, access_file }) => [permission, access_file])).toEqual([['READ', 'm.yaml']])
})

test('much is taken only when it is confirmed, and the last administrator stays one', async () => {
  const texts = { 'e.yaml': file(`e-${x}`, `{read: [a-${x}@example.org, b-${x}@example.org]}`) }
  await apply(texts)
  const fewer = { 'e.yaml': file(`e-${x}`, `{read: [a-${x}@example.org]}`) }
  const to_confirm = ['1 of 2 rights of a person on an experiment or model would go (50 %)']
  expect(await plan(fewer)).toMatchObject({ to_confirm })
  await expect(apply(fewer)).rejects.toMatchObject({ code: 'RESOURCE_CONFLICT', details: { to_confirm } })
  expect(await plan(texts)).toMatchObject({ changes: [] })
  await apply(fewer, { confirm: true })
  await apply({}, { confirm: true })
  expect((await admin.ask(listUsers, { search: 'root' })).users).toMatchObject([{ is_admin: true, disabled: false }])
})

test('wrong files change nothing and are told of by their lines', async () => {
  const texts = {
    'a.yaml': file(`a-${x}`, `{read: [a-${x}@example.org]}`),
    'b.yaml': `experiment: b-${x}\nacess: {}\n`,
    'c.yaml': file(`c-${x}`, '{read: ["group:nobody"]}'),
  }
  await expect(apply(texts)).rejects.toMatchObject({
    code: 'INVALID_PARAMETER_VALUE',
    details: { problems: ['b.yaml:1:1: access is missing', 'b.yaml:2:1: acess is not a setting'] },
  })
  await expect(apply({ ...texts, 'b.yaml': file(`b-${x}`, '{}') })).rejects.toThrow(
    /^c\.yaml:2:17: There is no group:nobody/,
  )
  await expect(idOf(`a-${x}`)).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' })
  await expect(apply({ 'a.yaml': file(`a-${x}`, '{}', 'artifacts: s3://not-allowed/a\n') })).rejects.toThrow(
    /^a\.yaml:1:1: Invalid value 's3:\/\/not-allowed\/a' for parameter 'artifact_location'/,
  )
  expect((await admin.ask(listUsers, { search: x })).users).toEqual([])
})

test('an experiment whose apply failed afterwards stays, nobody’s, and the next apply takes it', async () => {
  const texts = { 'e.yaml': file(`e-${x}`, `{manage: [a-${x}@example.org]}`) }
  await query(
    sql`create function assay.no_users() returns trigger language plpgsql as 'begin raise exception ''no''; end'`,
  )
  await query(sql`create trigger no_users before insert on assay.users for each row execute function assay.no_users()`)
  onTestFinished(async () => void (await query(sql`drop function if exists assay.no_users cascade`)))
  await expect(apply(texts)).rejects.toMatchObject({ status: 500 })
  const experiment_id = await idOf(`e-${x}`)
  expect(await admin.ask(getAccess, { resource_type: 'experiment', resource_id: experiment_id })).toMatchObject({
    grants: [],
  })
  expect((await admin.ask(getAccessFilesStatus, {})).files).toEqual([])
  await query(sql`drop function assay.no_users cascade`)
  expect(lines((await apply(texts)).changes)).toEqual([
    `+ user a-${x}@example.org, who is sent an invitation`,
    `+ MANAGE of experiment e-${x}: a-${x}@example.org`,
  ])
  expect(await idOf(`e-${x}`)).toBe(experiment_id)
})

test('of several applies at once one does the work', async () => {
  const texts = { 'e.yaml': file(`e-${x}`, `{manage: [a-${x}@example.org]}`) }
  await Promise.all(Array.from({ length: 4 }, () => apply(texts)))
  expect(await plan(texts)).toMatchObject({ changes: [] })
  expect(await query(sql`select 1 from mails where to_address = ${`a-${x}@example.org`}`)).toHaveLength(1)
})

test('a token for access files applies them and does nothing else; others do not', async () => {
  const { token } = await admin.ask(createToken, { name: 'ci', scopes: ['access-files'] })
  const ci = { base: server.base, headers: { authorization: `Bearer ${token}` } }
  const texts = { 'e.yaml': file(`e-${x}`, '{}') }
  await call(applyAccessFiles, { files: texts }, ci)
  expect((await call(getAccessFilesStatus, {}, ci)).last_apply?.applied_by).toBe('root')
  const refused = { code: 'PERMISSION_DENIED' }
  await expect(call(listUsers, {}, ci)).rejects.toMatchObject(refused)
  await expect(call(getExperimentByName, { experiment_name: `e-${x}` }, ci)).rejects.toMatchObject(refused)
  const ann = await people.add(`ann-${x}`)
  await expect(ann.ask(planAccessFiles, { files: texts })).rejects.toMatchObject(refused)
  const write = await admin.ask(createToken, { name: 'w', scopes: ['write'] })
  await expect(
    call(planAccessFiles, { files: texts }, { base: server.base, headers: { authorization: `Bearer ${write.token}` } }),
  ).rejects.toMatchObject(refused)
})

test('who is disabled is told nothing', async () => {
  const ann = await people.add(`ann-${x}`, { email: `ann-${x}@example.org` })
  await admin.ask(updateUser, { username: ann.username, disabled: true })
  await apply({ 'e.yaml': file(`e-${x}`, `{read: [ann-${x}@example.org]}`) })
  expect(await query(sql`select 1 from mails where to_address = ${`ann-${x}@example.org`}`)).toEqual([])
})

test('a user who is gone is drift, and is invited again', async () => {
  const texts = { 'e.yaml': file(`e-${x}`, `{read: [a-${x}@example.org]}`) }
  await apply(texts)
  await admin.ask(deleteUser, { username: `a-${x}@example.org` })
  expect(lines((await plan(texts)).changes)).toEqual([
    `+ user a-${x}@example.org, who is sent an invitation`,
    `+ READ of experiment e-${x}: a-${x}@example.org`,
  ])
})

test('a watched folder is applied once it is the same twice, and says why it is not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-watch-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const watching = await startServer({
    database: await testDatabase(),
    auth: { files: { domains: ['example.org'], watch: { folder, everyMs: 50 } } },
  })
  onTestFinished(() => watching.close())
  const root = await peopleOf(watching).add('root', { is_admin: true })
  const status = async () => await root.ask(getAccessFilesStatus, {})
  await writeFile(join(folder, 'e.yaml'), file('e', '{read: [a@example.org]}'))
  await vi.waitFor(
    async () => expect(await status()).toMatchObject({ files: [{ path: 'e.yaml' }], last_apply: { applied_by: '' } }),
    10_000,
  )
  expect(await status()).toMatchObject({ watch: { folder, drift: [] }, mails: { waiting: 1, failed: 0 } })

  await writeFile(join(folder, 'e.yaml'), file('e', '{read: [a@example.com]}'))
  const error = 'e.yaml:2:17: a@example.com is outside of the allowed mail domains (example.org)'
  await vi.waitFor(async () => expect((await status()).watch).toMatchObject({ error }), 10_000)

  await writeFile(join(folder, 'e.yaml'), file('e', '{}'))
  await vi.waitFor(
    async () =>
      expect((await status()).watch).toMatchObject({
        error: expect.stringMatching(/^1 of 1 rights .* --confirm/),
        drift: ['- READ of experiment e: a@example.org'],
      }),
    10_000,
  )
})

test('a digest that is seen once is not applied', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-watch-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'e.yaml'), file('e', '{read: [a@example.org]}'))
  const watching = await startServer({
    database: await testDatabase(),
    auth: { files: { domains: [], watch: { folder, everyMs: 3_600_000 } } },
  })
  onTestFinished(() => watching.close())
  const root = await peopleOf(watching).add('root', { is_admin: true })
  const status = async () => root.ask(getAccessFilesStatus, {})
  await vi.waitFor(async () => expect((await status()).watch?.drift).toHaveLength(3), 10_000)
  expect(await status()).toMatchObject({ files: [] })
})
