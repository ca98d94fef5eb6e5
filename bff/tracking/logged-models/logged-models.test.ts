import { expect, test } from 'vitest'
import type { Call } from '#contract'
import {
  createExperiment,
  createLoggedModel,
  createRun,
  deleteExperiment,
  deleteLoggedModel,
  deleteLoggedModelTag,
  downloadArtifact,
  finalizeLoggedModel,
  getLoggedModel,
  logLoggedModelParams,
  logMetric,
  setLoggedModelTags,
} from '#contract'
import { call, urlOf } from '../../../web/lib/client.ts'
import { testServer } from '../../test/server.ts'

const server = testServer()
const newExperiment = async (name: string) => (await call(createExperiment, { name }, server)).experiment_id
const create = async (input: Partial<Call<typeof createLoggedModel>> = {}) =>
  (await call(createLoggedModel, { experiment_id: '0', ...input }, server)).model
const get = async (model_id: string) => (await call(getLoggedModel, { model_id }, server)).model

test('a model is what its client said, pending until its files are there', async () => {
  const pairs = [
    { key: 'a b', value: '1' },
    { key: 'z', value: '' },
  ]
  const model = await create({ name: 'clf', model_type: 'agent', source_run_id: 'r', params: pairs, tags: pairs })
  const { model_id, creation_timestamp_ms } = model.info
  expect(model_id).toMatch(/^m-[0-9a-f]{32}$/)
  expect(model).toEqual({
    info: {
      model_id,
      experiment_id: '0',
      name: 'clf',
      model_type: 'agent',
      source_run_id: 'r',
      status: 'LOGGED_MODEL_PENDING',
      creation_timestamp_ms,
      last_updated_timestamp_ms: creation_timestamp_ms,
      artifact_uri: `mlflow-artifacts:/0/models/${model_id}/artifacts`,
      tags: pairs,
    },
    data: { params: pairs, metrics: [] },
  })
  expect(await get(model_id)).toEqual(model)
  const ready = (await call(finalizeLoggedModel, { model_id, status: 'LOGGED_MODEL_READY' }, server)).model
  expect(ready.info.status).toBe('LOGGED_MODEL_READY')
  expect(ready.info.last_updated_timestamp_ms).toBeGreaterThanOrEqual(Number(creation_timestamp_ms))
  expect(await get(model_id)).toEqual(ready)
})

test('a model without a name gets one, and one with a name that clients could not write again is refused', async () => {
  expect((await create()).info.name).toMatch(/^[a-z]+-[a-z]+-\d+$/)
  for (const name of ['a/b', 'a:b', 'a.b', '%', '"', "it's", 'n'.repeat(501)])
    await expect(create({ name })).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
})

test('an experiment that is not there or deleted takes no model, and keeps those that it has', async () => {
  await expect(create({ experiment_id: '4711' })).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' })
  const experiment_id = await newExperiment('deleted')
  const before = await create({ experiment_id })
  await call(deleteExperiment, { experiment_id }, server)
  await expect(create({ experiment_id })).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
  expect(await get(before.info.model_id)).toEqual(before)
})

test('a param has one value: twice the same is one, two values make no model', async () => {
  const twice = [
    { key: 'a', value: '1' },
    { key: 'a', value: '1' },
  ]
  expect((await create({ params: twice })).data.params).toEqual([{ key: 'a', value: '1' }])
  const changed = [...twice, { key: 'a', value: '2' }]
  await expect(create({ name: 'changed', params: changed })).rejects.toThrow('Changing param values is not allowed')
})

test('tags are set again and removed, params are set once', async () => {
  const { model_id } = (await create({ tags: [{ key: 'a/b', value: '1' }], params: [{ key: 'p', value: '1' }] })).info
  const tags = [
    { key: 'a/b', value: '2' },
    { key: 'c', value: '' },
  ]
  const set = (await call(setLoggedModelTags, { model_id, tags }, server)).model
  expect(set.info.tags).toEqual(tags)
  await call(deleteLoggedModelTag, { model_id, tag_key: 'a/b' }, server)
  expect((await get(model_id)).info.tags).toEqual([{ key: 'c', value: '' }])
  const log = (value: string) => call(logLoggedModelParams, { model_id, params: [{ key: 'p', value }] }, server)
  expect((await log('1')).model.data.params).toEqual([{ key: 'p', value: '1' }])
  await expect(log('2')).rejects.toThrow("was already logged with value='1'")
})

test('a deleted model is gone for all who do not ask for deleted ones', async () => {
  const { info } = await create({ name: 'deleted' })
  const { model_id } = info
  for (const _ of [1, 2]) await call(deleteLoggedModel, { model_id }, server)
  const gone = { code: 'RESOURCE_DOES_NOT_EXIST', message: `Logged model with ID '${model_id}' not found.` }
  await expect(get(model_id)).rejects.toMatchObject(gone)
  await expect(call(finalizeLoggedModel, { model_id, status: 2 }, server)).rejects.toMatchObject(gone)
  const { model } = await call(getLoggedModel, { model_id, allow_deleted: 'TRUE' }, server)
  expect(model.info).toMatchObject({ model_id, name: 'deleted' })
  await expect(get('m-unknown')).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' })
  await expect(call(deleteLoggedModel, { model_id: 'm-unknown' }, server)).rejects.toMatchObject({
    code: 'RESOURCE_DOES_NOT_EXIST',
  })
})

test('a model has every point that names it, and says of which run and dataset it is', async () => {
  const { model_id } = (await create()).info
  const { run_id } = (await call(createRun, { experiment_id: '0' }, server)).run.info
  const log = (point: Omit<Call<typeof logMetric>, 'run_id' | 'model_id' | 'key'>) =>
    call(logMetric, { run_id, model_id, key: 'acc', ...point }, server)
  await log({ value: 0.5, timestamp: 1, step: 1 })
  await log({ value: 'NaN', timestamp: 2, step: 2, dataset_name: 'wine', dataset_digest: 'd' })
  await log({ value: 'Infinity', timestamp: 3, step: 3 })
  await log({ value: 'Infinity', timestamp: 3, step: 3 })
  const named = { key: 'acc', model_id, run_id }
  expect((await get(model_id)).data.metrics).toEqual([
    { ...named, value: 0.5, timestamp: 1, step: 1 },
    { ...named, value: Number.NaN, timestamp: 2, step: 2, dataset_name: 'wine', dataset_digest: 'd' },
    { ...named, value: Number.MAX_VALUE, timestamp: 3, step: 3 },
  ])
})

test('the files of a model are below its experiment; one that is deleted keeps them and takes no more', async () => {
  const { model_id } = (await create()).info
  const at = (path: string) => urlOf(downloadArtifact, { path }, server.base)
  const file = `0/models/${model_id}/artifacts/MLmodel`
  const put = (path: string) => fetch(at(path), { method: 'PUT', body: 'flavors: {}' }).then(({ status }) => status)
  expect(await put(file)).toBe(200)
  expect(await (await fetch(at(file))).text()).toBe('flavors: {}')
  const elsewhere = await newExperiment('elsewhere')
  expect(await put(`${elsewhere}/models/${model_id}/artifacts/MLmodel`)).toBe(404)
  expect(await put('0/models/m-unknown/artifacts/MLmodel')).toBe(404)
  await call(deleteLoggedModel, { model_id }, server)
  expect(await put(file)).toBe(404)
  expect(await (await fetch(at(file))).text()).toBe('flavors: {}')
})
