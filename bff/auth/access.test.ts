import { randomUUID } from 'node:crypto'
import { get } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createExperiment,
  createLoggedModel,
  createRun,
  createToken,
  getAllowed,
  getExperiment,
  getExperimentByName,
  getRun,
  getSession,
  logBatch,
  logMetric,
  searchExperiments,
  searchRuns,
  updateUser,
} from '#contract'
import { call } from '../../web/lib/client.ts'
import type { TestUser } from '../test/people.ts'
import { PASSWORD, peopleOf } from '../test/people.ts'
import { startServer } from '../test/server.ts'

let server: Awaited<ReturnType<typeof startServer>>
let people: ReturnType<typeof peopleOf>
let admin: TestUser
let ann: TestUser
let bob: TestUser
beforeAll(async () => {
  server = await startServer({ auth: {} })
  people = peopleOf(server)
  admin = await people.add('root', { is_admin: true })
  ann = await people.add('ann', { password: PASSWORD })
  bob = await people.add('bob')
})
afterAll(() => server.close())

const newExperiment = async (user: TestUser) =>
  (await user.ask(createExperiment, { name: `e ${randomUUID()}` })).experiment_id
const experiment = (resource_id: string) => ({ resource_type: 'experiment', resource_id }) as const
const newRun = async (user: TestUser, experiment_id: string) =>
  (await user.ask(createRun, { experiment_id })).run.info.run_id

describe('an experiment', () => {
  test('is managed by whoever created it, and exists for nobody else', async () => {
    const id = await newExperiment(ann)
    expect((await ann.ask(getExperiment, { experiment_id: id })).experiment.experiment_id).toBe(id)
    await expect(bob.ask(getExperiment, { experiment_id: id })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      details: { permission: 'READ', resource_type: 'experiment', resource_id: id },
    })
    await expect(bob.ask(getExperiment, { experiment_id: '999999' })).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    })
    const seen = (await bob.ask(searchExperiments, {})).experiments
    expect(seen).toEqual([])
    expect((await admin.ask(searchExperiments, {})).experiments.length).toBeGreaterThan(1)
    await expect(bob.ask(searchRuns, { experiment_ids: [id] })).resolves.toEqual({ runs: [] })
  })

  test('is read, written and managed by those it was given to, at once and no longer than it is theirs', async () => {
    const id = await newExperiment(ann)
    const run_id = await newRun(ann, id)
    const metric = { run_id, key: 'm', value: 1, timestamp: 1, step: 0 }
    await people.give(bob, experiment(id), 'READ')
    await eventually(() => bob.ask(getRun, { run_id }))
    await expect(bob.ask(logMetric, metric)).rejects.toMatchObject({ details: { permission: 'EDIT' } })
    await people.give(bob, experiment(id), 'EDIT')
    await eventually(() => bob.ask(logMetric, metric))
    await people.give(bob, experiment(id), 'NO_PERMISSIONS')
    await eventually(() => expect(bob.ask(getRun, { run_id })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' }))
  })

  test('without a name lands in the default one, which is nobody’s: the refusal says what to do', async () => {
    await expect(bob.ask(createRun, { experiment_id: '0' })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('mlflow.set_experiment'),
    })
    await expect(bob.ask(getExperimentByName, { experiment_name: 'no such' })).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    })
  })

  test('says what the caller may do with it, and whom to ask', async () => {
    const id = await newExperiment(ann)
    expect(await bob.ask(getAllowed, { resource_type: 'experiment', resource_id: id })).toMatchObject({
      permissions: [],
      may: { read: false, manage: false },
      managers: [{ username: 'ann' }],
    })
    const run_id = await newRun(ann, id)
    expect(await ann.ask(getAllowed, { resource_type: 'run', resource_id: run_id })).toMatchObject({
      resource_id: id,
      may: { read: true, manage: true, approve: false },
    })
  })
})

describe('a caller', () => {
  const who = async (headers: Record<string, string>) =>
    (await call(getSession, {}, { base: server.base, headers })).user
  const basic = (user: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  })

  test('is known by a token, by a password, and by a token as the password', async () => {
    expect(await who(ann.headers)).toMatchObject({ username: 'ann' })
    expect(await who(basic('ann', PASSWORD))).toMatchObject({ username: 'ann' })
    expect(await who(basic('ANN', ann.token))).toMatchObject({ username: 'ann' })
    expect(await who(basic('bob', ann.token))).toBeUndefined()
    expect(await who(basic('ann', 'something else 99'))).toBeUndefined()
    expect(await who({})).toBeUndefined()
  })

  test('who is not known is told how to be', async () => {
    const headers = { authorization: `Bearer ${ann.token.slice(0, -1)}${ann.token.endsWith('x') ? 'y' : 'x'}` }
    const asked = call(searchExperiments, {}, { base: server.base, headers })
    await expect(asked).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringContaining('MLFLOW_TRACKING_TOKEN'),
    })
  })
})

/** Grants made in the database, and not through this server, count within half a second. */
async function eventually<T>(work: () => Promise<T>): Promise<T> {
  const until = Date.now() + 1000
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (Date.now() > until) throw error
    }
  }
}

test('a point that names somebody else’s logged model is refused as a whole', async () => {
  const theirs = await newExperiment(ann)
  const { model } = await ann.ask(createLoggedModel, { experiment_id: theirs, name: 'm' })
  const run_id = await newRun(bob, await newExperiment(bob))
  const point = { key: 'm', value: 1, timestamp: 1, model_id: model.info.model_id }
  const denied = { code: 'PERMISSION_DENIED', details: { resource_id: theirs } }
  await expect(bob.ask(logMetric, { run_id, ...point })).rejects.toMatchObject(denied)
  await expect(bob.ask(logBatch, { run_id, metrics: [point] })).rejects.toMatchObject(denied)
  expect((await bob.ask(getRun, { run_id })).run.data.metrics).toEqual([])
})

test('who is not known is asked for a password in programs, and never in browsers', async () => {
  // `fetch` says that it is a browser's
  const asked = (path: string, headers: Record<string, string> = {}) =>
    new Promise<string | undefined>((resolve, reject) => {
      get(server.base + path, { headers }, (answer) => resolve(answer.resume().headers['www-authenticate'])).on(
        'error',
        reject,
      )
    })
  expect(await asked('/api/2.0/mlflow/runs/get?run_id=x')).toBe('Basic realm="mlflow"')
  expect(await asked('/ajax-api/2.0/mlflow/runs/get?run_id=x')).toBeUndefined()
  expect(await asked('/api/2.0/mlflow/runs/get?run_id=x', { 'sec-fetch-mode': 'cors' })).toBeUndefined()
})

test('a page token is of whoever got it', async () => {
  const id = await newExperiment(ann)
  for (let n = 0; n < 3; n++) await newRun(ann, id)
  await people.give(bob, experiment(id), 'READ')
  const asked = { experiment_ids: [id], max_results: 1 }
  const { next_page_token } = await ann.ask(searchRuns, asked)
  await eventually(() => bob.ask(getExperiment, { experiment_id: id }))
  expect((await ann.ask(searchRuns, { ...asked, page_token: next_page_token })).runs).toHaveLength(1)
  await expect(bob.ask(searchRuns, { ...asked, page_token: next_page_token })).rejects.toMatchObject({
    code: 'INVALID_PARAMETER_VALUE',
  })
})

test('an id has one spelling: a denial of 1 is no grant of 01', async () => {
  const open = await startServer({ auth: { defaultPermission: 'READ' } })
  const others = peopleOf(open)
  await others.add('root', { is_admin: true })
  const eve = await others.add('eve')
  const { experiment_id } = await (await others.add('owner')).ask(createExperiment, { name: 'denied' })
  await others.give(eve, experiment(experiment_id), 'NO_PERMISSIONS')
  await eventually(() =>
    expect(eve.ask(getExperiment, { experiment_id })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' }),
  )
  for (const id of [`0${experiment_id}`, ` ${experiment_id}`, `+${experiment_id}`, `${experiment_id}.0`]) {
    await expect(eve.ask(getExperiment, { experiment_id: id }), id).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    })
    await expect(eve.ask(searchRuns, { experiment_ids: [id] }), id).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    })
  }
  await open.close()
})

test('two credentials of one user, looked for at once, end together', async () => {
  const dora = await people.add('dora')
  const second = (await dora.ask(createToken, { name: 'second' })).token
  const who = (token: string) =>
    call(getSession, {}, { base: server.base, headers: { authorization: `Bearer ${token}` } }).then(({ user }) => user)
  // changed, so that both are looked for anew
  await admin.ask(updateUser, { username: 'dora', disabled: true })
  await admin.ask(updateUser, { username: 'dora', disabled: false })
  expect(await Promise.all([who(dora.token), who(second)])).toMatchObject([{ username: 'dora' }, { username: 'dora' }])
  await admin.ask(updateUser, { username: 'dora', disabled: true })
  expect(await Promise.all([who(dora.token), who(second)])).toEqual([undefined, undefined])
})

test('what anybody may ask has a small body', async () => {
  const body = JSON.stringify({ username: 'x', password: 'y'.repeat(20_000) })
  const headers = { 'content-type': 'application/json' }
  for (const [method, path] of [
    ['POST', '/api/assay/session'],
    ['DELETE', '/api/assay/session'],
    ['POST', '/api/assay/password-reset'],
  ] as const)
    expect((await fetch(server.base + path, { method, headers, body })).status, `${method} ${path}`).toBe(413)
})
