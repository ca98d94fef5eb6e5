import { expect, test } from 'vitest'
import { createRun, getMetricHistory, getRun, logBatch, logMetric, logParam, setTag } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { testServer } from '../../test/server.ts'

const server = testServer()
const newRun = async () => (await call(createRun, { run_name: 'n' }, server)).run.info.run_id
const data = async (run_id: string) => (await call(getRun, { run_id }, server)).run.data
const point = { key: 'm', value: 1, timestamp: 1 }
const overwrite = {
  code: 'INVALID_PARAMETER_VALUE',
  message: expect.stringContaining('Changing param values is not allowed'),
}

test('a param keeps its first value: the same again is fine, another is refused', async () => {
  const run_id = await newRun()
  await call(logParam, { run_id, key: 'lr', value: '0.1' }, server)
  await call(logParam, { run_id, key: 'lr', value: '0.1' }, server)
  await call(
    logBatch,
    {
      run_id,
      params: [
        { key: 'lr', value: '0.1' },
        { key: 'depth', value: '3' },
      ],
    },
    server,
  )
  await expect(call(logParam, { run_id, key: 'lr', value: '0.10' }, server)).rejects.toMatchObject(overwrite)
  await expect(call(logParam, { run_id, key: 'lr', value: '' }, server)).rejects.toMatchObject(overwrite)
  expect((await data(run_id)).params).toEqual([
    { key: 'depth', value: '3' },
    { key: 'lr', value: '0.1' },
  ])
})

test('an over-long param that is repeated is the same param', async () => {
  const run_id = await newRun()
  const value = `${'🙂'.repeat(6000)} and more`
  await call(logParam, { run_id, key: 'text', value }, server)
  await call(logParam, { run_id, key: 'text', value }, server)
  expect((await data(run_id)).params).toEqual([{ key: 'text', value: '🙂'.repeat(6000) }])
})

test('a batch with one param that cannot be changed stores nothing of itself', async () => {
  const run_id = await newRun()
  await call(logParam, { run_id, key: 'lr', value: '0.1' }, server)
  const before = await data(run_id)
  await expect(
    call(
      logBatch,
      {
        run_id,
        metrics: [point],
        params: [
          { key: 'fresh', value: '1' },
          { key: 'lr', value: '0.2' },
        ],
        tags: [
          { key: 'team', value: 'blue' },
          { key: 'mlflow.runName', value: 'renamed' },
        ],
      },
      server,
    ),
  ).rejects.toMatchObject(overwrite)
  expect(await data(run_id)).toEqual(before)
  expect((await call(getMetricHistory, { run_id, metric_key: 'm' }, server)).metrics).toEqual([])
})

test('a param twice in one batch is refused, even alike, and stores nothing', async () => {
  const run_id = await newRun()
  const twice = [
    { key: 'p', value: '1' },
    { key: 'p', value: '1' },
  ]
  await expect(call(logBatch, { run_id, metrics: [point], params: twice }, server)).rejects.toMatchObject({
    code: 'INVALID_PARAMETER_VALUE',
    message: expect.stringContaining('Duplicate parameter keys'),
  })
  expect(await data(run_id)).toMatchObject({ metrics: [], params: [] })
})

test('of two batches at once that disagree on a param, one is stored whole and the other not at all', async () => {
  for (let round = 0; round < 10; round++) {
    const run_id = await newRun()
    const batch = (who: string) =>
      call(
        logBatch,
        {
          run_id,
          metrics: [{ ...point, key: who }],
          params: [
            { key: 'shared', value: who },
            { key: who, value: who },
          ],
          tags: [{ key: who, value: who }],
        },
        server,
      )
    const outcomes = await Promise.allSettled([batch('a'), batch('b')])
    const winner = outcomes[0].status === 'fulfilled' ? 'a' : 'b'
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused).toHaveLength(1)
    expect(refused[0]?.reason).toMatchObject(overwrite)
    const stored = await data(run_id)
    expect(stored.params).toEqual([
      { key: winner, value: winner },
      { key: 'shared', value: winner },
    ])
    expect(stored.metrics.map(({ key }) => key)).toEqual([winner])
    expect(stored.tags.map(({ key }) => key)).toEqual([winner, 'mlflow.runName'])
  }
})

test('many clients that log the same params at once all succeed', async () => {
  const run_id = await newRun()
  const params = Array.from({ length: 50 }, (_, i) => ({ key: `p${i}`, value: String(i) }))
  const shuffled = (n: number) => [...params.slice(n), ...params.slice(0, n)]
  await Promise.all(Array.from({ length: 20 }, (_, n) => call(logBatch, { run_id, params: shuffled(n) }, server)))
  expect((await data(run_id)).params).toHaveLength(50)
})

test('many clients that set the same tags at once all succeed, and every run name fits its tag', async () => {
  const runs = await Promise.all(Array.from({ length: 4 }, newRun))
  await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      call(
        logBatch,
        {
          run_id: runs[n % 4] ?? '',
          tags: [
            { key: 'team', value: String(n) },
            { key: 'mlflow.runName', value: `name ${n}` },
            { key: `t${n % 7}`, value: String(n) },
          ],
        },
        server,
      ),
    ),
  )
  for (const run_id of runs) {
    const { run } = await call(getRun, { run_id }, server)
    expect(run.data.tags).toContainEqual({ key: 'mlflow.runName', value: run.info.run_name })
  }
})

test('writes of all kinds at once are each answered for themselves', async () => {
  const run_id = await newRun()
  await call(logParam, { run_id, key: 'lr', value: '0.1' }, server)
  const absent = 'f'.repeat(32)
  const outcomes = await Promise.allSettled([
    call(logMetric, { run_id, ...point }, server),
    call(logMetric, { run_id: absent, ...point }, server),
    call(logParam, { run_id, key: 'lr', value: '0.2' }, server),
    call(setTag, { run_id, key: 'a', value: 'b' }, server),
    call(createRun, { experiment_id: '987654' }, server),
    call(createRun, {}, server),
    call(logBatch, { run_id, metrics: [{ ...point, step: 1 }] }, server),
  ])
  expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'stored'))).toEqual([
    'stored',
    'RESOURCE_DOES_NOT_EXIST',
    'INVALID_PARAMETER_VALUE',
    'stored',
    'RESOURCE_DOES_NOT_EXIST',
    'stored',
    'stored',
  ])
  expect((await data(run_id)).metrics).toEqual([{ ...point, step: 1 }])
})

test('a batch is seen whole or not at all while it is written', async () => {
  const run_id = await newRun()
  const written = call(
    logBatch,
    {
      run_id,
      metrics: Array.from({ length: 800 }, (_, i) => ({ ...point, key: `m${i}` })),
      params: Array.from({ length: 100 }, (_, i) => ({ key: `p${i}`, value: 'v' })),
      tags: Array.from({ length: 100 }, (_, i) => ({ key: `t${i}`, value: 'v' })),
    },
    server,
  )
  const seen = await Promise.all(Array.from({ length: 20 }, () => data(run_id)))
  await written
  for (const { metrics, params, tags } of [...seen, await data(run_id)])
    expect([
      [0, 0, 1],
      [800, 100, 101],
    ]).toContainEqual([metrics.length, params.length, tags.length])
})
