import {
  createExperiment,
  createLoggedModel,
  createRun,
  deleteExperiment,
  deleteLoggedModel,
  deleteRun,
  logBatch,
  searchExperiments,
  searchRuns,
} from '#contract'
import { call } from '../../../web/lib/client.ts'
import type { TestServer } from '../server.ts'

export type Seeded = Record<
  'RUN' | 'DELETED_RUN' | 'EXPERIMENT' | 'DELETED_EXPERIMENT' | 'FRESH' | 'MODEL' | 'DELETED_MODEL',
  string
>

/** What the rows of the table may count on. */
export async function seed(server: TestServer): Promise<Seeded> {
  const experiment = async (name: string) =>
    (await call(createExperiment, { name, tags: [{ key: 'team', value: 'blue' }] }, server)).experiment_id
  const run = async (experiment_id: string, run_name: string) =>
    (await call(createRun, { experiment_id, run_name, user_id: 'ann', start_time: 1000 }, server)).run.info.run_id
  const [EXPERIMENT, DELETED_EXPERIMENT, FRESH] = [
    await experiment('seeded'),
    await experiment('gone'),
    await experiment('fresh'),
  ]
  const [RUN, DELETED_RUN] = [await run(EXPERIMENT, 'seeded'), await run(EXPERIMENT, 'gone')]
  await call(
    logBatch,
    {
      run_id: RUN,
      metrics: [0, 1, 2].map((step) => ({ key: 'loss', value: 1 / (step + 1), timestamp: 1000 + step, step })),
      params: [{ key: 'lr', value: '0.1' }],
      tags: [{ key: 'team', value: 'blue' }],
    },
    server,
  )
  await call(logBatch, { run_id: DELETED_RUN, metrics: [{ key: 'loss', value: 1, timestamp: 1 }] }, server)
  const model = async (name: string) => {
    const about = { params: [{ key: 'depth', value: '3' }], tags: [{ key: 'team', value: 'blue' }] }
    const sent = { experiment_id: EXPERIMENT, name, model_type: 'tree', source_run_id: RUN, ...about }
    return (await call(createLoggedModel, sent, server)).model.info.model_id
  }
  const [MODEL, DELETED_MODEL] = [await model('seeded'), await model('gone')]
  await call(deleteLoggedModel, { model_id: DELETED_MODEL }, server)
  await call(deleteRun, { run_id: DELETED_RUN }, server)
  await call(deleteExperiment, { experiment_id: DELETED_EXPERIMENT }, server)
  return { RUN, DELETED_RUN, EXPERIMENT, DELETED_EXPERIMENT, FRESH, MODEL, DELETED_MODEL }
}

/** All that a refused request could have changed: every experiment, and every run that rows share. */
export async function stored(server: TestServer, { EXPERIMENT, DELETED_EXPERIMENT }: Seeded) {
  const experiments = await call(searchExperiments, { view_type: 'ALL', max_results: 50_000 }, server)
  const runs = await call(
    searchRuns,
    { experiment_ids: ['0', EXPERIMENT, DELETED_EXPERIMENT], run_view_type: 'ALL', max_results: 50_000 },
    server,
  )
  return { experiments, runs }
}
