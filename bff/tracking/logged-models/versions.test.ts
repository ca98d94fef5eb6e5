import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import { testDatabase } from '../../test/database.ts'
import { ensureDefaultExperiment } from '../experiments/experiments.ts'
import { createLoggedModel } from './create.ts'
import { getLoggedModel } from './read.ts'
import { noteModelVersion } from './tags.ts'
import { deleteLoggedModel } from './update.ts'

let db: Database
beforeAll(async () => {
  db = await openDatabase(await testDatabase())
  await ensureDefaultExperiment(db, 'mlflow-artifacts:')
})
afterAll(() => db.close())

const newModel = async (tag?: string) => {
  const tags = tag === undefined ? [] : [{ key: 'mlflow.modelVersions', value: tag }]
  const nothing = { name: undefined, model_type: undefined, source_run_id: undefined, params: [] }
  const made = { experiment_id: '0', ...nothing, tags }
  const root = { uri: 'mlflow-artifacts:', proxied: true }
  return (await db.transaction((tx) => createLoggedModel(tx, made, root))).model.info.model_id
}
const note = (model_id: string, name: string, version: number) =>
  db.transaction((tx) => noteModelVersion(tx, model_id, { name, version }))
const versions = async (model_id: string) =>
  JSON.parse((await getLoggedModel(db, { model_id, allow_deleted: true })).model.info.tags?.[0]?.value ?? 'null')

test('the versions of a model are told in its tag, each once', async () => {
  const model_id = await newModel()
  await Promise.all([note(model_id, 'a', 1), note(model_id, 'b', 7), note(model_id, 'a', 1)])
  const named = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
  expect((await versions(model_id)).sort(named)).toEqual([
    { name: 'a', version: 1 },
    { name: 'b', version: 7 },
  ])
})

test.each(['', '{', '{}', '7'])('the tag %j is no list of versions, and makes room for one', async (tag) => {
  const model_id = await newModel(tag)
  await note(model_id, 'a', 1)
  expect(await versions(model_id)).toEqual([{ name: 'a', version: 1 }])
})

test('a model that is not there or deleted is left alone', async () => {
  const model_id = await newModel()
  await db.transaction((tx) => deleteLoggedModel(tx, { model_id }))
  await note(model_id, 'a', 1)
  await note('m-none', 'a', 1)
  expect(await versions(model_id)).toBeNull()
})
