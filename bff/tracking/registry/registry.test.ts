import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Call } from '#contract'
import {
  createModelVersion,
  createRegisteredModel,
  deleteModelVersion,
  deleteModelVersionTag,
  deleteRegisteredModel,
  deleteRegisteredModelAlias,
  deleteRegisteredModelTag,
  getLatestVersions,
  getModelVersion,
  getModelVersionByAlias,
  getModelVersionDownloadUri,
  getRegisteredModel,
  renameRegisteredModel,
  searchModelVersions,
  searchRegisteredModels,
  setModelVersionTag,
  setRegisteredModelAlias,
  setRegisteredModelTag,
  transitionModelVersionStage,
  updateModelVersion,
  updateRegisteredModel,
} from '#contract'
import { call } from '../../../web/lib/client.ts'
import { testServer } from '../../test/server.ts'

const server = testServer()

const newModel = async (input: Partial<Call<typeof createRegisteredModel>> = {}) =>
  (await call(createRegisteredModel, { name: `model ${randomUUID()}`, ...input }, server)).registered_model.name
const newVersion = async (name: string, input: Partial<Call<typeof createModelVersion>> = {}) =>
  (await call(createModelVersion, { name, source: 's3://bucket/model', ...input }, server)).model_version.version
/** A model with so many versions. */
async function modelWith(versions: number) {
  const name = await newModel()
  for (let i = 0; i < versions; i++) await newVersion(name)
  return name
}
const model = async (name: string) => (await call(getRegisteredModel, { name }, server)).registered_model
const version = async (name: string, number: string) =>
  (await call(getModelVersion, { name, version: number }, server)).model_version
const alias = (name: string, to: string, called = 'champion') =>
  call(setRegisteredModelAlias, { name, alias: called, version: to }, server)
const behind = async (name: string, called = 'champion') =>
  (await call(getModelVersionByAlias, { name, alias: called }, server)).model_version.version
const stage = (name: string, number: string, to: string, archive_existing_versions = false) =>
  call(transitionModelVersionStage, { name, version: number, stage: to, archive_existing_versions }, server)
const absent = { code: 'RESOURCE_DOES_NOT_EXIST' }

test('the answer of create is the model as it is read later', async () => {
  const before = Date.now()
  const tags = [
    { key: 'z', value: '1' },
    { key: 'a', value: '' },
  ]
  const created = await call(createRegisteredModel, { name: 'größe 🙂', description: 'd', tags }, server)
  expect(await call(getRegisteredModel, { name: 'größe 🙂' }, server)).toEqual(created)
  expect(created.registered_model).toMatchObject({ description: 'd', tags: tags.toReversed(), latest_versions: [] })
  expect(created.registered_model.creation_timestamp).toBeGreaterThanOrEqual(before)
  expect(created.registered_model.last_updated_timestamp).toBe(created.registered_model.creation_timestamp)
})

test('of twenty that create the same model at once, one succeeds', async () => {
  const created = await Promise.allSettled(Array.from({ length: 20 }, () => newModel({ name: 'wanted by all' })))
  expect(created.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const outcome of created)
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS' })
})

test('versions count up, each number once, also of those created at once and after deletions', async () => {
  const name = await newModel()
  const made = await Promise.all(Array.from({ length: 20 }, () => newVersion(name)))
  expect(made.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  await call(deleteModelVersion, { name, version: '20' }, server)
  expect(await newVersion(name)).toBe('21')
})

test('a refused version takes no number', async () => {
  const name = await newModel()
  const tags = [{ key: 'k', value: 'x'.repeat(100_001) }]
  await expect(newVersion(name, { tags })).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
  expect(await newVersion(name)).toBe('1')
})

test('a renamed model has all it had, under the new name alone', async () => {
  const name = await modelWith(2)
  const new_name = randomUUID()
  await alias(name, '1')
  await stage(name, '2', 'Staging')
  await call(setRegisteredModelTag, { name, key: 'k', value: 'v' }, server)
  await call(setModelVersionTag, { name, version: '1', key: 'k', value: 'v' }, server)
  const before = await model(name)
  const renamed = (await call(renameRegisteredModel, { name, new_name }, server)).registered_model
  expect(renamed).toEqual({
    ...before,
    name: new_name,
    last_updated_timestamp: renamed.last_updated_timestamp,
    latest_versions: before.latest_versions.map((latest) => ({
      ...latest,
      name: new_name,
      last_updated_timestamp: renamed.last_updated_timestamp,
    })),
  })
  expect(await version(new_name, '1')).toMatchObject({ name: new_name, aliases: ['champion'], tags: [{ key: 'k' }] })
  await expect(model(name)).rejects.toMatchObject(absent)
  expect(await newModel({ name })).toBe(name)
})

test('a deleted model is gone with its versions, and one of the same name starts anew', async () => {
  const name = await modelWith(2)
  await alias(name, '2')
  await call(deleteRegisteredModel, { name }, server)
  await expect(model(name)).rejects.toMatchObject(absent)
  await expect(version(name, '1')).rejects.toMatchObject(absent)
  await newModel({ name })
  expect(await model(name)).toMatchObject({ aliases: [], latest_versions: [] })
  expect(await newVersion(name)).toBe('1')
})

test('a deleted version is in no answer, its aliases are gone, and so is what it said', async () => {
  const name = await modelWith(2)
  await alias(name, '2')
  await alias(name, '2', 'other')
  await alias(name, '1', 'kept')
  await call(deleteModelVersion, { name, version: '2' }, server)
  await expect(version(name, '2')).rejects.toMatchObject(absent)
  await expect(alias(name, '2')).rejects.toMatchObject(absent)
  await expect(call(getModelVersionDownloadUri, { name, version: '2' }, server)).rejects.toMatchObject(absent)
  expect(await model(name)).toMatchObject({
    aliases: [{ alias: 'kept', version: '1' }],
    latest_versions: [{ version: '1' }],
  })
  expect(await behind(name, 'latest')).toBe('1')
  expect((await call(searchModelVersions, { filter: `name = '${name}'` }, server)).model_versions).toHaveLength(1)
})

test('an alias points to one version at a time, and a version may have several', async () => {
  const name = await modelWith(2)
  await alias(name, '1')
  await alias(name, '1', 'second')
  expect((await version(name, '1')).aliases).toEqual(['champion', 'second'])
  await alias(name, '2')
  expect(await behind(name)).toBe('2')
  expect((await version(name, '1')).aliases).toEqual(['second'])
  await call(deleteRegisteredModelAlias, { name, alias: 'champion' }, server)
  await call(deleteRegisteredModelAlias, { name, alias: 'champion' }, server)
  await expect(behind(name)).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
})

test('a stage has as many versions as were moved there, unless the others are archived', async () => {
  const name = await modelWith(4)
  await stage(name, '1', 'Production')
  await stage(name, '2', 'Production')
  await stage(name, '3', 'Staging')
  const stages = async () => Promise.all(['1', '2', '3', '4'].map(async (n) => (await version(name, n)).current_stage))
  expect(await stages()).toEqual(['Production', 'Production', 'Staging', 'None'])
  await stage(name, '4', 'production', true)
  expect(await stages()).toEqual(['Archived', 'Archived', 'Staging', 'Production'])
  await stage(name, '4', 'Production', true)
  expect(await stages()).toEqual(['Archived', 'Archived', 'Staging', 'Production'])
})

test('the latest version of each stage is the newest there', async () => {
  const name = await modelWith(5)
  for (const number of ['1', '3']) await stage(name, number, 'Staging')
  for (const number of ['2', '4']) await stage(name, number, 'Archived')
  const latest = async (stages: string[] = []) =>
    (await call(getLatestVersions, { name, stages }, server)).model_versions.map((found) => found.version)
  expect(await latest()).toEqual(['5', '3', '4'])
  expect(await latest(['archived', 'NONE'])).toEqual(['5', '4'])
  expect(await latest(['Production'])).toEqual([])
  expect((await model(name)).latest_versions.map((found) => found.version)).toEqual(['5', '3', '4'])
})

test('descriptions and tags are replaced and removed', async () => {
  const name = await modelWith(1)
  const number = { name, version: '1' }
  await call(updateRegisteredModel, { name, description: 'of the model' }, server)
  await call(updateModelVersion, { ...number, description: 'of the version' }, server)
  for (const value of ['1', '2']) {
    await call(setRegisteredModelTag, { name, key: 'k', value }, server)
    await call(setModelVersionTag, { ...number, key: 'k', value }, server)
  }
  const tags = [{ key: 'k', value: '2' }]
  expect(await model(name)).toMatchObject({ description: 'of the model', tags })
  expect(await version(name, '1')).toMatchObject({ description: 'of the version', tags })
  for (let i = 0; i < 2; i++) {
    await call(deleteRegisteredModelTag, { name, key: 'k' }, server)
    await call(deleteModelVersionTag, { ...number, key: 'k' }, server)
  }
  expect([(await model(name)).tags, (await version(name, '1')).tags]).toEqual([[], []])
})

test('whatever is done to a version or an alias is a change of the model', async () => {
  const name = await modelWith(1)
  const number = { name, version: '1' }
  const changes = [
    () => newVersion(name),
    () => call(updateModelVersion, { ...number, description: 'd' }, server),
    () => call(setModelVersionTag, { ...number, key: 'k', value: 'v' }, server),
    () => call(deleteModelVersionTag, { ...number, key: 'k' }, server),
    () => alias(name, '1'),
    () => call(deleteRegisteredModelAlias, { name, alias: 'champion' }, server),
    () => stage(name, '1', 'Staging'),
    () => call(deleteModelVersion, number, server),
  ]
  for (const change of changes) {
    const before = Date.now()
    await change()
    expect((await model(name)).last_updated_timestamp).toBeGreaterThanOrEqual(before)
  }
})

test('a version that is changed while it is deleted is gone, or the change came first', async () => {
  for (let round = 0; round < 10; round++) {
    const name = await modelWith(1)
    const number = { name, version: '1' }
    const outcomes = await Promise.allSettled([
      call(setModelVersionTag, { ...number, key: 'k', value: 'v' }, server),
      call(deleteModelVersion, number, server),
      call(updateModelVersion, { ...number, description: 'd' }, server),
    ])
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(absent)
    await expect(version(name, '1')).rejects.toMatchObject(absent)
  }
})

test('a prompt is what its tag says, also when that changes', async () => {
  const name = await newModel()
  const found = async (isPrompt: string) => {
    const filter = `name = '${name}' AND tags.\`mlflow.prompt.is_prompt\` = '${isPrompt}'`
    return (await call(searchRegisteredModels, { filter }, server)).registered_models.length
  }
  expect([await found('true'), await found('false')]).toEqual([0, 1])
  await call(setRegisteredModelTag, { name, key: 'mlflow.prompt.is_prompt', value: 'True' }, server)
  expect([await found('true'), await found('false')]).toEqual([1, 0])
  await call(deleteRegisteredModelTag, { name, key: 'mlflow.prompt.is_prompt' }, server)
  expect([await found('true'), await found('false')]).toEqual([0, 1])
})

test('models and versions come page by page, each once, in the order that is asked for', async () => {
  const set = randomUUID()
  for (let i = 0; i < 5; i++) {
    const name = await newModel({ name: `${set} ${i}`, tags: [{ key: 'set', value: set }] })
    for (let n = 0; n < 2; n++) await newVersion(name)
  }
  const models = await pages(async (page_token) => {
    const page = await call(
      searchRegisteredModels,
      { filter: `tags.set = '${set}'`, order_by: ['name DESC'], max_results: 2, page_token },
      server,
    )
    return [page.registered_models.map(({ name }) => name.slice(-1)), page.next_page_token]
  })
  expect(models).toEqual([['4', '3'], ['2', '1'], ['0']])
  const versions = await pages(async (page_token) => {
    const page = await call(
      searchModelVersions,
      { filter: `name LIKE '${set}%'`, order_by: ['version_number'], max_results: 4, page_token },
      server,
    )
    return [page.model_versions.map((found) => `${found.name.slice(-1)}/${found.version}`), page.next_page_token]
  })
  expect(versions).toEqual([
    ['0/1', '1/1', '2/1', '3/1'],
    ['4/1', '0/2', '1/2', '2/2'],
    ['3/2', '4/2'],
  ])
})

async function pages(ask: (token: string | undefined) => Promise<[string[], string | undefined]>) {
  const all: string[][] = []
  let token: string | undefined
  do {
    const [page, next] = await ask(token)
    all.push(page)
    token = next
  } while (token)
  return all
}
