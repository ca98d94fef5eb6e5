import { expect, test } from 'vitest'
import { createRun, getRun, logModel, setTag } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { testServer } from '../../test/server.ts'

const server = testServer()
const HISTORY = 'mlflow.log-model.history'
const newRun = async () => (await call(createRun, {}, server)).run.info.run_id
const model = (run_id: string, artifact_path: string) => ({
  run_id,
  artifact_path,
  flavors: {},
  utc_time_created: 'now',
})
const log = (run_id: string, artifact_path: string) =>
  call(logModel, { run_id, model_json: JSON.stringify(model(run_id, artifact_path)) }, server)
const history = async (run_id: string) => {
  const { data } = (await call(getRun, { run_id }, server)).run
  return JSON.parse(data.tags.find(({ key }) => key === HISTORY)?.value ?? 'null') as { artifact_path: string }[] | null
}

test('models are appended to the history in a tag', async () => {
  const run_id = await newRun()
  expect(await history(run_id)).toBeNull()
  await log(run_id, 'first')
  await log(run_id, 'second, ] with "signs" \u2028')
  expect(await history(run_id)).toEqual([model(run_id, 'first'), model(run_id, 'second, ] with "signs" \u2028')])
})

test('models that are logged at once are all in the history', async () => {
  const run_id = await newRun()
  await Promise.all(Array.from({ length: 12 }, (_, i) => log(run_id, `m${i}`)))
  expect(new Set((await history(run_id))?.map(({ artifact_path }) => artifact_path))).toEqual(
    new Set(Array.from({ length: 12 }, (_, i) => `m${i}`)),
  )
})

test.each(['', '[]', ' [ ] ', '[ {"a": 1} ]\n', '[{"a": [1, [2]]}]'])(
  'a history that a client wrote itself goes on: %j',
  async (value) => {
    const run_id = await newRun()
    await call(setTag, { run_id, key: HISTORY, value }, server)
    await log(run_id, 'next')
    const before = (value.trim() === '' ? [] : JSON.parse(value)) as object[]
    expect(await history(run_id)).toEqual([...before, model(run_id, 'next')])
  },
)

test('a model with white space around its JSON is appended whole', async () => {
  const run_id = await newRun()
  await call(logModel, { run_id, model_json: `\n ${JSON.stringify(model(run_id, 'a'), null, 2)} \n` }, server)
  await log(run_id, 'b')
  expect((await history(run_id))?.map(({ artifact_path }) => artifact_path)).toEqual(['a', 'b'])
})

test('a history that is no list is refused and stays as it is', async () => {
  const run_id = await newRun()
  await call(setTag, { run_id, key: HISTORY, value: 'my notes' }, server)
  await expect(log(run_id, 'next')).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
  const { data } = (await call(getRun, { run_id }, server)).run
  expect(data.tags).toContainEqual({ key: HISTORY, value: 'my notes' })
})
