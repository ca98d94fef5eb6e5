import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  countExperiments,
  createExperiment,
  createRun,
  deleteExperiment,
  deleteExperimentTag,
  deleteRun,
  getExperiment,
  getExperimentByName,
  getRun,
  logMetric,
  restoreExperiment,
  searchExperiments,
  setExperimentTag,
  summariseExperiments,
  updateExperiment,
  updateRun,
} from '#contract'
import { call } from '../../../web/lib/client.ts'
import { testServer } from '../../test/server.ts'

const server = testServer()

const newExperiment = async (name: string = randomUUID()) =>
  (await call(createExperiment, { name }, server)).experiment_id
const newRun = async (experiment_id: string) => (await call(createRun, { experiment_id }, server)).run.info.run_id
const experiment = async (experiment_id: string) => (await call(getExperiment, { experiment_id }, server)).experiment
const stage = async (run_id: string) => (await call(getRun, { run_id }, server)).run.info.lifecycle_stage

test('the experiment Default is there from the start, with id 0', async () => {
  expect(await experiment('0')).toMatchObject({
    experiment_id: '0',
    name: 'Default',
    lifecycle_stage: 'active',
    artifact_location: 'mlflow-artifacts:/0',
  })
})

test('an experiment is found by id and by name, with its tags and times', async () => {
  const before = Date.now()
  const name = 'glass β-sheets 🙂'
  const { experiment_id } = await call(
    createExperiment,
    {
      name,
      tags: [
        { key: 'team', value: 'blue' },
        { key: 'note', value: '' },
      ],
    },
    server,
  )
  const found = await experiment(experiment_id)
  expect(found).toMatchObject({
    name,
    artifact_location: `mlflow-artifacts:/${experiment_id}`,
    tags: [
      { key: 'note', value: '' },
      { key: 'team', value: 'blue' },
    ],
  })
  expect(found.creation_time).toBeGreaterThanOrEqual(before)
  expect(found.last_update_time).toBe(found.creation_time)
  expect(await call(getExperimentByName, { experiment_name: name }, server)).toEqual({ experiment: found })
})

test('ids count up, and a refused creation takes none', async () => {
  const first = Number(await newExperiment('counted'))
  await expect(newExperiment('counted')).rejects.toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS' })
  expect(Number(await newExperiment())).toBe(first + 1)
})

test('of twenty that create the same name at once, one succeeds', async () => {
  const created = await Promise.allSettled(Array.from({ length: 20 }, () => newExperiment('wanted by all')))
  expect(created.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const outcome of created)
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS' })
})

test('the name of a deleted experiment stays taken, for a new one and for a rename', async () => {
  const experiment_id = await newExperiment('kept back')
  await call(deleteExperiment, { experiment_id }, server)
  await expect(newExperiment('kept back')).rejects.toMatchObject({
    code: 'RESOURCE_ALREADY_EXISTS',
    message: expect.stringContaining('restore'),
  })
  const other = await newExperiment()
  await expect(call(updateExperiment, { experiment_id: other, new_name: 'kept back' }, server)).rejects.toMatchObject({
    code: 'RESOURCE_ALREADY_EXISTS',
  })
})

test('a rename is seen under the new name alone', async () => {
  const experiment_id = await newExperiment('old name')
  await call(updateExperiment, { experiment_id, new_name: 'new name' }, server)
  expect((await experiment(experiment_id)).name).toBe('new name')
  await expect(call(getExperimentByName, { experiment_name: 'old name' }, server)).rejects.toMatchObject({
    code: 'RESOURCE_DOES_NOT_EXIST',
  })
  await newExperiment('old name')
})

test('a deleted experiment takes its active runs along, and gives those back alone', async () => {
  const experiment_id = await newExperiment()
  const [kept, deletedBefore] = [await newRun(experiment_id), await newRun(experiment_id)]
  await call(deleteRun, { run_id: deletedBefore }, server)

  await call(deleteExperiment, { experiment_id }, server)
  expect((await experiment(experiment_id)).lifecycle_stage).toBe('deleted')
  expect([await stage(kept), await stage(deletedBefore)]).toEqual(['deleted', 'deleted'])

  await call(restoreExperiment, { experiment_id }, server)
  expect((await experiment(experiment_id)).lifecycle_stage).toBe('active')
  expect([await stage(kept), await stage(deletedBefore)]).toEqual(['active', 'deleted'])
})

test('a run that is deleted by hand while its experiment is deleted comes back with the experiment', async () => {
  const experiment_id = await newExperiment()
  const run_id = await newRun(experiment_id)
  await call(deleteExperiment, { experiment_id }, server)
  await call(deleteRun, { run_id }, server)
  await call(restoreExperiment, { experiment_id }, server)
  expect(await stage(run_id)).toBe('active')
})

test('a deleted experiment takes no runs, no tags and no metrics', async () => {
  const experiment_id = await newExperiment()
  const run_id = await newRun(experiment_id)
  await call(deleteExperiment, { experiment_id }, server)
  const refused = { code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining("'active' state") }
  await expect(newRun(experiment_id)).rejects.toMatchObject(refused)
  await expect(call(setExperimentTag, { experiment_id, key: 'a', value: 'b' }, server)).rejects.toMatchObject(refused)
  await expect(call(updateExperiment, { experiment_id, new_name: randomUUID() }, server)).rejects.toMatchObject(refused)
  await expect(call(logMetric, { run_id, key: 'm', value: 1, timestamp: 1 }, server)).rejects.toMatchObject(refused)
})

test('a run that is created while its experiment is deleted is either refused or deleted with it', async () => {
  const experiment_id = await newExperiment()
  const racing = [
    ...Array.from({ length: 10 }, () => newRun(experiment_id)),
    call(deleteExperiment, { experiment_id }, server).then(() => undefined),
    ...Array.from({ length: 10 }, () => newRun(experiment_id)),
  ]
  for (const outcome of await Promise.allSettled(racing)) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
    else if (outcome.value) expect(await stage(outcome.value)).toBe('deleted')
  }
})

test('a tag is replaced, and removed once', async () => {
  const experiment_id = await newExperiment()
  await call(setExperimentTag, { experiment_id, key: 'a key: a/b.c', value: 'red' }, server)
  await call(setExperimentTag, { experiment_id, key: 'a key: a/b.c', value: 'blue\nlines' }, server)
  expect((await experiment(experiment_id)).tags).toEqual([{ key: 'a key: a/b.c', value: 'blue\nlines' }])
  await call(deleteExperimentTag, { experiment_id, key: 'a key: a/b.c' }, server)
  expect((await experiment(experiment_id)).tags).toEqual([])
  await expect(call(deleteExperimentTag, { experiment_id, key: 'a key: a/b.c' }, server)).rejects.toMatchObject({
    code: 'RESOURCE_DOES_NOT_EXIST',
  })
})

test('an experiment has fifty custom views and not one more, but each may change', async () => {
  const view = (i: number) => ({ key: `mlflow.customView.view${i}`, value: '{}' })
  const { experiment_id } = await call(
    createExperiment,
    { name: randomUUID(), tags: Array.from({ length: 50 }, (_, i) => view(i)) },
    server,
  )
  await expect(call(setExperimentTag, { experiment_id, ...view(50) }, server)).rejects.toMatchObject({
    code: 'INVALID_PARAMETER_VALUE',
  })
  await call(setExperimentTag, { experiment_id, ...view(3), value: 'changed' }, server)
  expect((await experiment(experiment_id)).tags).toHaveLength(50)
})

test('experiments come newest first, page by page, and each once', async () => {
  const tag = randomUUID()
  const made: string[] = []
  for (let i = 0; i < 5; i++)
    made.push(
      (await call(createExperiment, { name: `${tag}-${i}`, tags: [{ key: 'set', value: tag }] }, server)).experiment_id,
    )
  const filter = `tags.set = '${tag}'`
  expect(await call(countExperiments, { filter }, server)).toEqual({ total: 5 })
  const pages: string[][] = []
  let page_token: string | undefined
  do {
    const page = await call(searchExperiments, { filter, max_results: 2, page_token }, server)
    pages.push(page.experiments.map(({ experiment_id }) => experiment_id))
    page_token = page.next_page_token
  } while (page_token)
  expect(pages.map((page) => page.length)).toEqual([2, 2, 1])
  const found = await call(searchExperiments, { filter, order_by: ['name'] }, server)
  expect(found.experiments.map(({ experiment_id }) => experiment_id)).toEqual(made)
  expect(new Set(pages.flat())).toEqual(new Set(made))
})

test('a summary counts the active runs of an experiment, those running and those failed', async () => {
  const [experiment_id, empty] = [await newExperiment(), await newExperiment()]
  const start = async (start_time: number) =>
    (await call(createRun, { experiment_id, start_time }, server)).run.info.run_id
  const [failed, deleted] = [await start(10), await start(99)]
  await start(30)
  await call(updateRun, { run_id: failed, status: 'FAILED' }, server)
  await call(deleteRun, { run_id: deleted }, server)
  expect(await call(summariseExperiments, { experiment_ids: [experiment_id, empty, '987654'] }, server)).toEqual({
    summaries: [
      { experiment_id, runs: 2, running: 1, failed: 1, last_start_time: 30 },
      { experiment_id: empty, runs: 0, running: 0, failed: 0 },
    ],
  })
})

test('every experiment and every run is printed with the same members, as R binds them to rows', async () => {
  const { experiment_id } = await call(
    createExperiment,
    { name: randomUUID(), tags: [{ key: 'a', value: 'b' }] },
    server,
  )
  await call(createRun, { experiment_id, run_name: 'n', user_id: 'ann', start_time: 1 }, server)
  await newRun(experiment_id)
  const printed = async (path: string, body: object) => {
    const answer = await fetch(`${server.base}/api/2.0/mlflow/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await answer.json()) as Record<string, object[]>
  }
  const members = (list: object[] = []) => new Set(list.map((item) => Object.keys(item).sort().join()))
  const { experiments } = await printed('experiments/search', { view_type: 'ALL' })
  expect(members(experiments)).toEqual(
    new Set(['artifact_location,creation_time,experiment_id,last_update_time,lifecycle_stage,name,tags']),
  )
  const { runs } = (await printed('runs/search', { experiment_ids: [experiment_id] })) as { runs?: { info: object }[] }
  expect(members(runs?.map(({ info }) => info))).toEqual(
    new Set(['artifact_uri,experiment_id,lifecycle_stage,run_id,run_name,run_uuid,start_time,status,user_id']),
  )
})
