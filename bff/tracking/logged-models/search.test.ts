import { expect, test } from 'vitest'
import type { Call } from '#contract'
import {
  createExperiment,
  createLoggedModel,
  createRun,
  deleteLoggedModel,
  finalizeLoggedModel,
  logBatch,
  searchLoggedModels,
} from '#contract'
import { call } from '../../../web/lib/client.ts'
import { testServer } from '../../test/server.ts'

const server = testServer()
const newExperiment = async (name: string) => (await call(createExperiment, { name }, server)).experiment_id
const newRun = async (experiment_id: string) => (await call(createRun, { experiment_id }, server)).run.info.run_id
const newModel = async (experiment_id: string, name: string, more: Partial<Call<typeof createLoggedModel>> = {}) =>
  (await call(createLoggedModel, { experiment_id, name, ...more }, server)).model.info.model_id
const search = (experiment_id: string, query: Partial<Call<typeof searchLoggedModels>> = {}) =>
  call(searchLoggedModels, { experiment_ids: [experiment_id], ...query }, server)
const names = async (...asked: Parameters<typeof search>) =>
  (await search(...asked)).models.map(({ info }) => info.name)
const point = (model_id: string, value: number, timestamp: number, dataset?: string) => ({
  key: 'acc',
  value,
  timestamp,
  step: 0,
  model_id,
  ...(dataset ? { dataset_name: dataset, dataset_digest: 'd' } : {}),
})

test('models are found by what they are, newest first', async () => {
  const experiment = await newExperiment('found')
  const tree = await newModel(experiment, 'tree', { model_type: 'sklearn', params: [{ key: 'depth', value: '3' }] })
  await newModel(experiment, 'forest', { source_run_id: 'abc', tags: [{ key: 'val/team', value: 'blue' }] })
  const gone = await newModel(experiment, 'gone')
  await call(deleteLoggedModel, { model_id: gone }, server)
  await call(finalizeLoggedModel, { model_id: tree, status: 'LOGGED_MODEL_READY' }, server)
  for (const { filter, expected } of [
    { filter: '', expected: ['forest', 'tree'] },
    { filter: "name = 'tree'", expected: ['tree'] },
    { filter: "attributes.name LIKE '%re%'", expected: ['forest', 'tree'] },
    { filter: "status = 'READY' AND model_type = 'sklearn'", expected: ['tree'] },
    { filter: "status IN ('PENDING')", expected: ['forest'] },
    { filter: "source_run_id = 'abc'", expected: ['forest'] },
    { filter: `model_id != '${tree}'`, expected: ['forest'] },
    { filter: "params.depth = '3'", expected: ['tree'] },
    { filter: "tags.`val/team` ILIKE 'BLUE'", expected: ['forest'] },
    { filter: 'creation_timestamp > 1 and last_updated_time > 1', expected: ['forest', 'tree'] },
    { filter: 'creation_time < 1', expected: [] },
  ])
    expect({ filter, found: (await names(experiment, { filter })).sort() }).toEqual({ filter, found: expected })
  const inOrder = await names(experiment, { order_by: [{ field_name: 'name' }] })
  expect(inOrder).toEqual(['forest', 'tree'])
})

test('metrics are those of the datasets that are asked for, and the latest in time gives the order', async () => {
  const experiment = await newExperiment('measured')
  const [a, b, c] = [await newModel(experiment, 'a'), await newModel(experiment, 'b'), await newModel(experiment, 'c')]
  const [first, second] = [await newRun(experiment), await newRun(experiment)]
  const log = (run_id: string, ...metrics: ReturnType<typeof point>[]) => call(logBatch, { run_id, metrics }, server)
  await log(first, point(a, 0.9, 1, 'train'), point(a, 0.5, 2, 'test'), point(b, 0.7, 1, 'train'))
  await log(second, point(a, 0.1, 9), point(b, 0.8, 3, 'test'))
  await log(second, point(b, 0.6, 2, 'test'))
  const on = (name: string) => [{ dataset_name: name }]
  expect((await names(experiment, { filter: 'metrics.acc > 0.85' })).sort()).toEqual(['a'])
  expect(await names(experiment, { filter: 'metrics.acc > 0.85', datasets: on('test') })).toEqual([])
  expect((await names(experiment, { datasets: on('test') })).sort()).toEqual(['a', 'b'])
  expect(await names(experiment, { datasets: [{ dataset_name: 'test', dataset_digest: 'x' }] })).toEqual([])
  const by = (more: object) => ({ order_by: [{ field_name: 'metrics.acc', ...more }] })
  expect(await names(experiment, by({ ascending: false }))).toEqual(['b', 'a', 'c'])
  expect(await names(experiment, by({}))).toEqual(['a', 'b', 'c'])
  expect(await names(experiment, by({ ascending: false, dataset_name: 'train' }))).toEqual(['a', 'b', 'c'])
  const found = await search(experiment, { filter: "name = 'b'" })
  expect(found.models[0]?.data.metrics).toMatchObject([
    { value: 0.7, run_id: first, dataset_name: 'train', model_id: b },
    { value: 0.8, run_id: second, dataset_name: 'test', dataset_digest: 'd' },
  ])
  expect(c).not.toBe(a)
})

test('pages hold together, and a token is for its own search', async () => {
  const experiment = await newExperiment('paged')
  for (const name of ['a', 'b', 'c', 'd', 'e']) await newModel(experiment, name)
  const asked = { order_by: [{ field_name: 'name', ascending: false }], max_results: 2 }
  const found: string[] = []
  let page_token: string | undefined
  do {
    const page = await search(experiment, { ...asked, page_token })
    found.push(...page.models.map(({ info }) => info.name))
    page_token = page.next_page_token
  } while (page_token)
  expect(found).toEqual(['e', 'd', 'c', 'b', 'a'])
  const { next_page_token } = await search(experiment, asked)
  for (const other of [{ filter: "name = 'a'" }, { order_by: [] }, { datasets: [{ dataset_name: 'a' }] }])
    await expect(search(experiment, { ...asked, ...other, page_token: next_page_token })).rejects.toThrow(
      'belongs to another search',
    )
  await expect(search(experiment, { page_token: 'abc' })).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
})
