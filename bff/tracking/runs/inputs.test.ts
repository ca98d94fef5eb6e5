import { expect, test } from 'vitest'
import { createExperiment, createRun, deleteRun, getRun, logInputs, searchDatasets, searchRuns } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { testServer } from '../../test/server.ts'

const server = testServer()
const newExperiment = async (name: string) => (await call(createExperiment, { name }, server)).experiment_id
const newRun = async (experiment_id = '0') => (await call(createRun, { experiment_id }, server)).run.info.run_id
const inputs = async (run_id: string) => (await call(getRun, { run_id }, server)).run.inputs
const context = (value: string) => [{ key: 'mlflow.data.context', value }]
const wine = {
  name: 'wine',
  digest: 'abc',
  source_type: 'http',
  source: '{"url":"a"}',
  schema: '{}',
  profile: '{"n":1}',
}

test('a dataset is logged with its tags and all it says of itself', async () => {
  const run_id = await newRun()
  await call(logInputs, { run_id, datasets: [{ dataset: wine, tags: context('train') }] }, server)
  expect(await inputs(run_id)).toEqual({
    dataset_inputs: [{ dataset: wine, tags: context('train') }],
    model_inputs: [],
  })
})

test('of a dataset that is logged again the first source stays, in its experiment', async () => {
  const [experiment_id, other] = [await newExperiment('first'), await newExperiment('second')]
  const changed = { ...wine, source: '{"url":"b"}', schema: null, profile: null }
  const [first, again, elsewhere] = [await newRun(experiment_id), await newRun(experiment_id), await newRun(other)]
  await call(logInputs, { run_id: first, datasets: [{ dataset: wine }] }, server)
  await call(logInputs, { run_id: again, datasets: [{ dataset: changed }] }, server)
  await call(logInputs, { run_id: elsewhere, datasets: [{ dataset: changed }] }, server)
  expect((await inputs(again)).dataset_inputs).toEqual([{ dataset: wine, tags: [] }])
  expect((await inputs(elsewhere)).dataset_inputs[0]?.dataset).toEqual({
    name: 'wine',
    digest: 'abc',
    source_type: 'http',
    source: '{"url":"b"}',
  })
})

test('a dataset of a run that is logged again keeps its old tags', async () => {
  const run_id = await newRun()
  await call(logInputs, { run_id, datasets: [{ dataset: wine, tags: context('train') }] }, server)
  await call(logInputs, { run_id, datasets: [{ dataset: wine, tags: context('test') }] }, server)
  expect((await inputs(run_id)).dataset_inputs).toEqual([{ dataset: wine, tags: context('train') }])
})

test('another digest is another dataset', async () => {
  const run_id = await newRun()
  const later = { ...wine, digest: 'def' }
  await call(logInputs, { run_id, datasets: [{ dataset: later }, { dataset: wine }, { dataset: later }] }, server)
  expect((await inputs(run_id)).dataset_inputs.map(({ dataset }) => dataset.digest)).toEqual(['abc', 'def'])
})

test('a model is an input once', async () => {
  const run_id = await newRun()
  for (let i = 0; i < 2; i++)
    await call(logInputs, { run_id, models: [{ model_id: 'm-b' }, { model_id: 'm-a' }] }, server)
  expect((await inputs(run_id)).model_inputs).toEqual([{ model_id: 'm-a' }, { model_id: 'm-b' }])
})

test('many runs that log the same datasets at once share them', async () => {
  const experiment_id = await newExperiment('shared')
  const datasets = Array.from({ length: 10 }, (_, i) => ({ dataset: { ...wine, digest: String(i) } }))
  const runs = await Promise.all(Array.from({ length: 10 }, () => newRun(experiment_id)))
  await Promise.all(
    runs.map((run_id, i) => call(logInputs, { run_id, datasets: i % 2 ? datasets : [...datasets].reverse() }, server)),
  )
  for (const run_id of runs) expect((await inputs(run_id)).dataset_inputs).toHaveLength(10)
})

test('runs are found by their datasets', async () => {
  const experiment_id = await newExperiment('searched')
  const [train] = [await newRun(experiment_id), await newRun(experiment_id)]
  await call(logInputs, { run_id: train, datasets: [{ dataset: wine, tags: context('train') }] }, server)
  const { runs } = await call(
    searchRuns,
    { experiment_ids: [experiment_id], filter: "dataset.name = 'wine' and dataset.context = 'train'" },
    server,
  )
  expect(runs.map(({ info }) => info.run_id)).toEqual([train])
  expect(runs[0]?.inputs.dataset_inputs).toHaveLength(1)
})

test('a thousand datasets at once are logged', async () => {
  const run_id = await newRun()
  const datasets = Array.from({ length: 1000 }, (_, i) => ({
    dataset: { ...wine, digest: `d${i}` },
    tags: context('x'),
  }))
  await call(logInputs, { run_id, datasets }, server)
  expect((await inputs(run_id)).dataset_inputs).toHaveLength(1000)
})

test('the datasets of an experiment are told once for each use, by active runs only', async () => {
  const experiment_id = await newExperiment('summaries')
  const [first, second, gone] = [await newRun(experiment_id), await newRun(experiment_id), await newRun(experiment_id)]
  const other = { ...wine, name: 'beer' }
  await call(
    logInputs,
    { run_id: first, datasets: [{ dataset: wine, tags: context('train') }, { dataset: other }] },
    server,
  )
  await call(
    logInputs,
    { run_id: second, datasets: [{ dataset: wine, tags: context('train') }, { dataset: other }] },
    server,
  )
  await call(logInputs, { run_id: gone, datasets: [{ dataset: wine, tags: context('test') }] }, server)
  await call(deleteRun, { run_id: gone }, server)
  const { dataset_summaries } = await call(searchDatasets, { experiment_ids: [experiment_id] }, server)
  expect(dataset_summaries).toEqual([
    { experiment_id, name: 'beer', digest: 'abc' },
    { experiment_id, name: 'wine', digest: 'abc', context: 'train' },
  ])
})
