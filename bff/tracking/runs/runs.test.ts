import { expect, test } from 'vitest'
import { createRun, getRun, logBatch } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { testServer } from '../../test/server.ts'

const server = testServer()

test('a batch is in the run as it was logged', async () => {
  const { run } = await call(createRun, { run_name: 'first', start_time: 5 }, server)
  const run_id = run.info.run_id
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
  const found = await call(getRun, { run_id }, server)
  expect(found.run.info).toMatchObject({ run_name: 'first', start_time: 5, status: 'RUNNING' })
  expect(found.run.data).toEqual({
    metrics: [{ key: 'loss', value: Number.NaN, timestamp: 2, step: 2 }],
    params: [{ key: 'lr', value: '0.1' }],
    tags: [
      { key: 'mlflow.runName', value: 'first' },
      { key: 'team', value: 'blue' },
    ],
  })
})
