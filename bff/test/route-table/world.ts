import { randomBytes, randomUUID } from 'node:crypto'
import {
  createExperiment,
  createLoggedModel,
  createModelVersion,
  createRegisteredModel,
  createRun,
  deleteExperiment,
  deleteRun,
  giveAccess,
  logBatch,
  logInputs,
  setExperimentTag,
  setLoggedModelTags,
  setModelVersionTag,
  setRegisteredModelAlias,
  setRegisteredModelTag,
} from '#contract'
import { ask } from '../ask.ts'
import type { TestUser } from '../people.ts'

/** One thing of each kind, all below one experiment and one registered model. */
export type World = {
  experiment_id: string
  experiment_name: string
  run_id: string
  model_id: string
  name: string
}

const hex = () => randomBytes(16).toString('hex')

export const ABSENT: World = {
  experiment_id: '888888888',
  experiment_name: 'there is none of this name',
  run_id: hex(),
  model_id: `m-${hex()}`,
  name: 'no-such-model',
}

export async function newWorld(base: string, owner: TestUser): Promise<World> {
  const mark = randomUUID()
  const experiment_name = `experiment ${mark}`
  const { experiment_id } = await owner.ask(createExperiment, { name: experiment_name })
  const { run_id } = (await owner.ask(createRun, { experiment_id })).run.info
  const { model_id } = (await owner.ask(createLoggedModel, { experiment_id, name: 'built' })).model.info
  const name = `model-${mark}`
  await Promise.all([
    owner.ask(createRegisteredModel, { name }),
    owner.ask(setExperimentTag, { experiment_id, key: 'k', value: 'v' }),
    owner.ask(setLoggedModelTags, { model_id, tags: [{ key: 'k', value: 'v' }] }),
    owner.ask(logBatch, {
      run_id,
      metrics: [{ key: 'm', value: 1, timestamp: 1, step: 0 }],
      tags: [{ key: 'k', value: 'v' }],
    }),
    owner.ask(logInputs, {
      run_id,
      datasets: [{ dataset: { name: `data-${mark}`, digest: '1', source_type: 's', source: 's' } }],
    }),
    ...[`${run_id}/artifacts`, `models/${model_id}/artifacts`].map((folder) =>
      put(`${base}/api/2.0/mlflow-artifacts/artifacts/${experiment_id}/${folder}/f.txt`, owner),
    ),
  ])
  const source = `mlflow-artifacts:/${experiment_id}/${run_id}/artifacts`
  await owner.ask(createModelVersion, { name, source, run_id })
  await Promise.all([
    owner.ask(setModelVersionTag, { name, version: '1', key: 'k', value: 'v' }),
    owner.ask(setRegisteredModelTag, { name, key: 'k', value: 'v' }),
    owner.ask(setRegisteredModelAlias, { name, version: '1', alias: 'champion' }),
  ])
  return { experiment_id, experiment_name, run_id, model_id, name }
}

async function put(address: string, { headers }: TestUser) {
  const { status, text } = await ask(address, { method: 'PUT', body: 'text', headers })
  if (status !== 200) throw new Error(`${address}: ${status} ${text}`)
}

/** Gives somebody a permission on all of a world; it counts with their next request. */
export async function share(
  owner: TestUser,
  { experiment_id, name }: World,
  username: string,
  permission: 'READ' | 'USE' | 'EDIT' | 'MANAGE',
) {
  await owner.ask(giveAccess, { resource_type: 'experiment', resource_id: experiment_id, username, permission })
  await owner.ask(giveAccess, { resource_type: 'registered_model', resource_id: name, username, permission })
}

/** What has to be done to a world before some requests make sense. */
export const BEFORE: Record<string, (owner: TestUser, world: World) => Promise<unknown>> = {
  restoreRun: (owner, { run_id }) => owner.ask(deleteRun, { run_id }),
  restoreExperiment: (owner, { experiment_id }) => owner.ask(deleteExperiment, { experiment_id }),
}
