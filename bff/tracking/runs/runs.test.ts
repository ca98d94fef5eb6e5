import { expect, test } from 'vitest'
import type { Call } from '#contract'
import {
  countRuns,
  createExperiment,
  createRun,
  deleteRun,
  deleteTag,
  getMetricHistory,
  getRun,
  logBatch,
  logInputs,
  logMetric,
  logModel,
  logParam,
  restoreRun,
  searchRuns,
  setTag,
  updateRun,
} from '#contract'
import { call } from '../../../web/lib/client.ts'
import { testServer } from '../../test/server.ts'

const server = testServer()

const start = async (input: Call<typeof createRun> = {}) => (await call(createRun, input, server)).run
const newRun = async (input: Call<typeof createRun> = {}) => (await start(input)).info.run_id
const get = async (run_id: string) => (await call(getRun, { run_id }, server)).run
const names = async (run_id: string) => {
  const { info, data } = await get(run_id)
  return [info.run_name, data.tags.find(({ key }) => key === 'mlflow.runName')?.value]
}

test('a batch is in the run as it was logged', async () => {
  const run_id = await newRun({ run_name: 'first', start_time: 5 })
  await call(
    logBatch,
    {
      run_id,
      metrics: [
        { key: 'loss', value: 0.5, timestamp: 1, step: 1 },
        { key: 'loss', value: 'NaN', timestamp: 2, step: 2 },
      ],
      params: [{ key: 'lr', value: '0.1' }],
      tags: [{ key: 'team', value: 'blue' }],
    },
    server,
  )
  const run = await get(run_id)
  expect(run.info).toMatchObject({ run_name: 'first', start_time: 5, status: 'RUNNING' })
  expect(run.data).toEqual({
    metrics: [{ key: 'loss', value: Number.NaN, timestamp: 2, step: 2 }],
    params: [{ key: 'lr', value: '0.1' }],
    tags: [
      { key: 'mlflow.runName', value: 'first' },
      { key: 'team', value: 'blue' },
    ],
  })
})

test.each([
  'plain',
  '"',
  '\\',
  '\\u0001',
  'two\nlines',
  '\u0001\u001f',
  '\u007f\u2028',
  '🙂 é',
  '"},{"key":"k","value":"',
  "'",
  '%s$1',
])('what is logged is read as it was, from one run and from a page: %j', async (odd) => {
  const { experiment_id } = await call(createExperiment, { name: `odd ${odd}` }, server)
  const run_id = await newRun({ experiment_id, run_name: odd, user_id: odd })
  const pairs = [
    { key: 'a/b.c-d e:f_é', value: 'plain' },
    { key: 'odd', value: odd },
  ]
  await call(logBatch, { run_id, params: pairs, tags: pairs }, server)
  const run = await get(run_id)
  expect(run.info).toMatchObject({ run_name: odd, user_id: odd })
  expect(run.data.params).toEqual(pairs)
  expect(run.data.tags).toEqual([pairs[0], { key: 'mlflow.runName', value: odd }, pairs[1]])
  expect((await call(searchRuns, { experiment_ids: [experiment_id] }, server)).runs).toEqual([run])
})

test('the answer of create is the run as it is read later', async () => {
  const { experiment_id } = await call(createExperiment, { name: 'created' }, server)
  const run = await start({
    experiment_id,
    user_id: 'ann 🙂',
    run_name: 'mine',
    start_time: 2n ** 62n,
    tags: [
      { key: 'z', value: 'last' },
      { key: 'a', value: 'first' },
    ],
  })
  const read = await get(run.info.run_id)
  expect(read.info).toEqual(run.info)
  expect(new Set(read.data.tags)).toEqual(new Set(run.data.tags))
  expect(run.info).toEqual({
    run_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    run_uuid: run.info.run_id,
    run_name: 'mine',
    experiment_id,
    user_id: 'ann 🙂',
    status: 'RUNNING',
    start_time: 2n ** 62n,
    artifact_uri: `mlflow-artifacts:/${experiment_id}/${run.info.run_id}/artifacts`,
    lifecycle_stage: 'active',
  })
})

test('a run without an experiment belongs to Default', async () => {
  expect((await start()).info.experiment_id).toBe('0')
  expect((await start({ experiment_id: '' })).info.experiment_id).toBe('0')
})

test('a run without a name gets one: adjective, noun, number', async () => {
  const run_id = await newRun()
  const [name, tag] = await names(run_id)
  expect(name).toMatch(/^[a-z]+-[a-z]+-\d{1,3}$/)
  expect(tag).toBe(name)
})

test('the name of a run and the tag mlflow.runName are one, whoever writes', async () => {
  const tags = (value: string) => [{ key: 'mlflow.runName', value }]
  const run_id = await newRun({ tags: tags('by tag on create') })
  expect(await names(run_id)).toEqual(['by tag on create', 'by tag on create'])
  await call(updateRun, { run_id, run_name: 'by update' }, server)
  expect(await names(run_id)).toEqual(['by update', 'by update'])
  await call(setTag, { run_id, key: 'mlflow.runName', value: 'by set-tag' }, server)
  expect(await names(run_id)).toEqual(['by set-tag', 'by set-tag'])
  await call(logBatch, { run_id, tags: [...tags('no'), ...tags('by log-batch')] }, server)
  expect(await names(run_id)).toEqual(['by log-batch', 'by log-batch'])
  await call(updateRun, { run_id, run_name: '' }, server)
  expect(await names(run_id)).toEqual(['by log-batch', 'by log-batch'])
})

test('update changes what is sent and nothing else, and a run may run again after its end', async () => {
  const run_id = await newRun({ run_name: 'n' })
  const ended = await call(updateRun, { run_id, status: 'FINISHED', end_time: 50 }, server)
  expect(ended.run_info).toMatchObject({ status: 'FINISHED', end_time: 50, run_name: 'n' })
  await call(updateRun, { run_id, status: 'RUNNING' }, server)
  expect((await get(run_id)).info).toMatchObject({ status: 'RUNNING', end_time: 50, run_name: 'n' })
  await call(logMetric, { run_id, key: 'm', value: 1, timestamp: 1 }, server)
  expect((await get(run_id)).data.metrics).toHaveLength(1)
})

test('a running run can be deleted, twice, and restored, twice', async () => {
  const run_id = await newRun()
  for (const [endpoint, lifecycle_stage] of [
    [deleteRun, 'deleted'],
    [deleteRun, 'deleted'],
    [restoreRun, 'active'],
    [restoreRun, 'active'],
  ] as const) {
    await call(endpoint, { run_id }, server)
    expect((await get(run_id)).info).toMatchObject({ lifecycle_stage, status: 'RUNNING' })
  }
})

test('a deleted run takes nothing, and what it has can still be read', async () => {
  const { experiment_id } = await call(createExperiment, { name: 'with a deleted run' }, server)
  const run_id = await newRun({ experiment_id })
  await call(
    logBatch,
    { run_id, metrics: [{ key: 'm', value: 1, timestamp: 1 }], tags: [{ key: 't', value: '' }] },
    server,
  )
  await call(deleteRun, { run_id }, server)
  const before = await get(run_id)

  const model_json = JSON.stringify({ artifact_path: 'm', flavors: {}, utc_time_created: '', run_id })
  const writes = [
    call(updateRun, { run_id, status: 'FINISHED' }, server),
    call(logMetric, { run_id, key: 'm', value: 2, timestamp: 2 }, server),
    call(logParam, { run_id, key: 'p', value: '' }, server),
    call(setTag, { run_id, key: 't', value: 'x' }, server),
    call(deleteTag, { run_id, key: 't' }, server),
    call(logBatch, { run_id }, server),
    call(logModel, { run_id, model_json }, server),
    call(logInputs, { run_id }, server),
  ]
  for (const outcome of await Promise.allSettled(writes))
    expect(outcome).toMatchObject({
      status: 'rejected',
      reason: { code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining(`The run ${run_id} must be in`) },
    })
  expect(await get(run_id)).toEqual(before)
  expect((await call(getMetricHistory, { run_id, metric_key: 'm' }, server)).metrics).toHaveLength(1)
  expect((await call(searchRuns, { experiment_ids: [experiment_id] }, server)).runs).toEqual([])
  const deleted = await call(searchRuns, { experiment_ids: [experiment_id], run_view_type: 'DELETED_ONLY' }, server)
  expect(deleted.runs).toEqual([before])
})

test('a tag is replaced, may be empty, and is removed once', async () => {
  const run_id = await newRun()
  for (const value of ['red', 'blue', '']) {
    await call(setTag, { run_id, key: 'team', value }, server)
    expect((await get(run_id)).data.tags).toContainEqual({ key: 'team', value })
  }
  await call(deleteTag, { run_id, key: 'team' }, server)
  await expect(call(deleteTag, { run_id, key: 'team' }, server)).rejects.toMatchObject({
    code: 'RESOURCE_DOES_NOT_EXIST',
    message: expect.stringContaining('No tag with name: team'),
  })
})

test('a hundred runs that start at once are a hundred runs', async () => {
  const { experiment_id } = await call(createExperiment, { name: 'crowded' }, server)
  const ids = await Promise.all(Array.from({ length: 100 }, (_, i) => newRun({ experiment_id, run_name: `run ${i}` })))
  expect(new Set(ids).size).toBe(100)
  const found = await call(searchRuns, { experiment_ids: [experiment_id], max_results: 1000 }, server)
  expect(new Set(found.runs.map(({ info }) => info.run_id))).toEqual(new Set(ids))
  const filter = "run_name like 'run 1%'"
  expect(await call(countRuns, { experiment_ids: [experiment_id], filter }, server)).toEqual({ total: 11, more: false })
})

test('an end that is repeated, or told to a run that never logged, is fine', async () => {
  const run_id = await newRun()
  for (let i = 0; i < 2; i++) await call(updateRun, { run_id, status: 'KILLED', end_time: 9 }, server)
  expect((await get(run_id)).info).toMatchObject({ status: 'KILLED', end_time: 9 })
})
