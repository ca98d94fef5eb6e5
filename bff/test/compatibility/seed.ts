import {
  createExperiment,
  createLoggedModel,
  createModelVersion,
  createRegisteredModel,
  createRun,
  deleteExperiment,
  deleteLoggedModel,
  deleteModelVersion,
  deleteRun,
  logBatch,
  searchExperiments,
  searchModelVersions,
  searchRegisteredModels,
  searchRuns,
  setRegisteredModelAlias,
  transitionModelVersionStage,
  uploadArtifact,
} from '#contract'
import { call, urlOf } from '../../../web/lib/client.ts'
import type { TestServer } from '../server.ts'

export type Seeded = Record<
  | 'RUN'
  | 'DELETED_RUN'
  | 'EXPERIMENT'
  | 'DELETED_EXPERIMENT'
  | 'FRESH'
  | 'MODEL'
  | 'DELETED_MODEL'
  | 'REGISTERED'
  | 'PROMPT'
  | 'FILES_RUN'
  | 'FILES_MODEL',
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
  const made = { RUN, DELETED_RUN, EXPERIMENT, DELETED_EXPERIMENT, FRESH, MODEL, DELETED_MODEL }
  return { ...made, ...(await seedFiles(server, FRESH)), ...(await seedRegistry(server)) }
}

/** A run with a folder and a file, and a logged model with a file. */
async function seedFiles(server: TestServer, experiment_id: string) {
  const FILES_RUN = (await call(createRun, { experiment_id, run_name: 'with files', start_time: 1000 }, server)).run
    .info.run_id
  const FILES_MODEL = (await call(createLoggedModel, { experiment_id, name: 'with files' }, server)).model.info.model_id
  for (const [path, body] of [
    [`${FILES_RUN}/artifacts/about.txt`, 'good morning\n'],
    [`${FILES_RUN}/artifacts/model/MLmodel`, 'flavors: {}\n'],
    [`models/${FILES_MODEL}/artifacts/MLmodel`, 'flavors: {}\n'],
  ] as const)
    await fetch(urlOf(uploadArtifact, { path: `${experiment_id}/${path}` }, server.base), { method: 'PUT', body })
  return { FILES_RUN, FILES_MODEL }
}

/** A model with two versions, the second in production and its champion; a third that is gone; a prompt. */
async function seedRegistry(server: TestServer) {
  const [REGISTERED, PROMPT] = ['seeded model', 'seeded-prompt']
  const name = REGISTERED
  await call(createRegisteredModel, { name, description: 'known', tags: [{ key: 'team', value: 'blue' }] }, server)
  for (const [source, description] of [
    ['s3://bucket/one', 'first'],
    ['s3://bucket/two', 'second'],
    ['s3://bucket/three', 'gone'],
  ] as const)
    await call(createModelVersion, { name, source, description, tags: [{ key: 'kind', value: 'forest' }] }, server)
  await call(transitionModelVersionStage, { name, version: '2', stage: 'Production' }, server)
  await call(setRegisteredModelAlias, { name, version: '2', alias: 'champion' }, server)
  await call(deleteModelVersion, { name, version: '3' }, server)
  const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }]
  await call(createRegisteredModel, { name: PROMPT, tags }, server)
  const text = { key: 'mlflow.prompt.text', value: 'Hello {{name}}' }
  await call(createModelVersion, { name: PROMPT, source: 'dummy-source', tags: [...tags, text] }, server)
  return { REGISTERED, PROMPT }
}

/** All that a refused request could have changed: every experiment and model, and every run that rows share. */
export async function stored(server: TestServer, { EXPERIMENT, DELETED_EXPERIMENT }: Seeded) {
  const experiments = await call(searchExperiments, { view_type: 'ALL', max_results: 50_000 }, server)
  const runs = await call(
    searchRuns,
    { experiment_ids: ['0', EXPERIMENT, DELETED_EXPERIMENT], run_view_type: 'ALL', max_results: 50_000 },
    server,
  )
  const everything = { filter: "tags.`mlflow.prompt.is_prompt` LIKE '%'", max_results: 1000 }
  const models = await call(searchRegisteredModels, everything, server)
  const versions = await call(searchModelVersions, everything, server)
  return { experiments, runs, models, versions }
}
