import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createExperiment,
  createRun,
  deleteExperiment,
  getMetricHistory,
  getRun,
  logBatch,
  searchRuns,
  summariseSeries,
} from '#contract'
import { call } from '../../../web/lib/client.ts'
import { testDatabase } from '../../test/database.ts'
import { startServer } from '../../test/server.ts'

// The embedded database belongs to one process.
describe.runIf(process.env.ASSAY_TEST_DATABASE_URL)('two servers on one database', () => {
  let servers: Awaited<ReturnType<typeof startServer>>[] = []
  beforeAll(async () => {
    const database = await testDatabase()
    servers = [await startServer({ database }), await startServer({ database })]
  })
  afterAll(async () => {
    for (const server of servers) await server.close()
  })
  const server = (n: number) => ({ base: servers[n % servers.length]?.base ?? '' })
  const newRun = async (experiment_id = '0') => (await call(createRun, { experiment_id }, server(0))).run.info.run_id
  const data = async (run_id: string) => (await call(getRun, { run_id }, server(1))).run.data

  test('of two batches that disagree on a param, one is stored whole and the other not at all', async () => {
    for (let round = 0; round < 20; round++) {
      const run_id = await newRun()
      const batch = (who: string, n: number) =>
        call(
          logBatch,
          {
            run_id,
            metrics: [{ key: who, value: n, timestamp: 1 }],
            params: [
              { key: 'shared', value: who },
              { key: who, value: who },
            ],
            tags: [{ key: who, value: who }],
          },
          server(n),
        )
      const outcomes = await Promise.allSettled([batch('a', 0), batch('b', 1)])
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
      expect(refused.map(({ reason }) => reason.code)).toEqual(['INVALID_PARAMETER_VALUE'])
      expect(refused[0]?.reason.message).toContain(`for run ID='${run_id}'`)
      const winner = outcomes[0].status === 'fulfilled' ? 'a' : 'b'
      const { metrics, params, tags } = await data(run_id)
      expect(params).toEqual([
        { key: winner, value: winner },
        { key: 'shared', value: winner },
      ])
      expect([metrics.map(({ key }) => key), tags.map(({ key }) => key)]).toEqual([
        [winner],
        [winner, 'mlflow.runName'],
      ])
    }
  })

  test('clients that log the same params, tags and metrics by both servers all succeed', async () => {
    const run_id = await newRun()
    const numbers = Array.from({ length: 40 }, (_, i) => i)
    const shuffled = (n: number) => [...numbers.slice(n), ...numbers.slice(0, n)]
    await Promise.all(
      numbers.map((n) =>
        call(
          logBatch,
          {
            run_id,
            metrics: shuffled(n).map((i) => ({ key: `m${i}`, value: i, timestamp: i, step: i })),
            params: shuffled(n).map((i) => ({ key: `p${i}`, value: String(i) })),
            tags: shuffled(n).map((i) => ({ key: `t${i}`, value: String(n) })),
          },
          server(n),
        ),
      ),
    )
    const { metrics, params, tags } = await data(run_id)
    expect([metrics.length, params.length, tags.length]).toEqual([40, 40, 41])
  })

  test('a series that both servers write to goes on without a lost or doubled point', async () => {
    const run_id = await newRun()
    const keys = ['a', 'b', 'c']
    const steps = Array.from({ length: 300 }, (_, step) => step)
    await Promise.all(
      steps.map((step) =>
        call(
          logBatch,
          // in no one order, as clients name them
          {
            run_id,
            metrics: keys.map((_, i) => ({ key: keys[(i + step) % 3] ?? '', value: step, timestamp: step, step })),
          },
          server(step),
        ),
      ),
    )
    for (const metric_key of keys) {
      const { metrics } = await call(getMetricHistory, { run_id, metric_key }, server(1))
      expect(metrics.map(({ step }) => step)).toEqual(steps)
    }
    const { series } = await call(summariseSeries, { run_ids: [run_id], keys }, server(0))
    expect(series).toMatchObject(keys.map((key) => ({ key, count: 300, min: 0, max: 299, last_value: 299 })))
  })

  test('no run stays active in an experiment that the other server deletes', async () => {
    for (let round = 0; round < 5; round++) {
      const { experiment_id } = await call(createExperiment, { name: `racing ${round}` }, server(0))
      await Promise.allSettled([
        ...Array.from({ length: 5 }, () => newRun(experiment_id)),
        call(deleteExperiment, { experiment_id }, server(1)),
        ...Array.from({ length: 5 }, () => newRun(experiment_id)),
      ])
      expect((await call(searchRuns, { experiment_ids: [experiment_id] }, server(1))).runs).toEqual([])
    }
  })
})
