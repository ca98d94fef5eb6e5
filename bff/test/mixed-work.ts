import type { Call, Endpoint, Output } from '#contract'
import {
  ApiError,
  createExperiment,
  createLoggedModel,
  createModelVersion,
  createRegisteredModel,
  createRun,
  deleteRun,
  finalizeLoggedModel,
  logBatch,
  logInputs,
  logMetric,
  logOutputs,
  logParam,
  restoreRun,
  searchLoggedModels,
  searchModelVersions,
  searchRuns,
  setExperimentTag,
  setRegisteredModelAlias,
  setTag,
  transitionModelVersionStage,
  updateRun,
  uploadArtifact,
} from '#contract'
import { call, urlOf } from '../../web/lib/client.ts'

export const EXPERIMENT = 'worked on by all'
export const REGISTERED = 'registered by all'
const CLIENTS = 24

export type Servers = {
  /** Asks one of them; the next call goes to another. */
  ask: <E extends Endpoint>(endpoint: E, input: Call<E>) => Promise<Output<E>>
  next: () => string
}

export function inTurn(bases: readonly string[]): Servers {
  let turn = 0
  const next = () => bases[turn++ % bases.length] ?? ''
  // 503 says that nothing was done: MLflow's clients send it again, seven times
  const ask: Servers['ask'] = async (endpoint, input) => {
    for (let retry = 0; ; retry++)
      try {
        return await call(endpoint, input, { base: next() })
      } catch (error) {
        if (retry === 7 || !(error instanceof ApiError) || error.code !== 'TEMPORARILY_UNAVAILABLE') throw error
      }
  }
  return { next, ask }
}

/**
 * What many clients do at once: runs, params, tags, points of a series that all share, models, versions, aliases, files. What
 * is there in the end is the same whoever comes first. Gives what each client found when it looked for its own.
 */
export async function mixedWork(servers: Servers) {
  const { ask } = servers
  const { experiment_id } = await ask(createExperiment, { name: EXPERIMENT })
  const shared = await newRun(servers, experiment_id, 'shared')
  return Promise.all(
    Array.from({ length: CLIENTS }, async (_, client) => {
      const name = `client-${client}`
      const run_id = await newRun(servers, experiment_id, name)
      await Promise.all([
        ask(setTag, { run_id, key: 'client', value: name }),
        ask(logParam, { run_id, key: 'kind', value: `kind-${client % 3}` }),
        ask(setTag, { run_id: shared, key: name, value: name }),
        ask(setExperimentTag, { experiment_id, key: name, value: name }),
        ownPoints(servers, run_id, client),
        sharedPoints(servers, shared, client),
        upload(servers, `${experiment_id}/${run_id}/artifacts/${name}.txt`, name),
        registeredModel(servers),
      ])
      await models(servers, { experiment_id, run_id, name })
      await ask(updateRun, { run_id, status: client % 4 === 0 ? 'FAILED' : 'FINISHED', end_time: 2000 + client })
      const found = await ownThings(servers, experiment_id, name)
      if (client % 6 === 0) await ask(deleteRun, { run_id })
      if (client % 12 === 0) await ask(restoreRun, { run_id })
      return found
    }),
  )
}

const newRun = async ({ ask }: Servers, experiment_id: string, run_name: string) =>
  (await ask(createRun, { experiment_id, run_name, start_time: 1000, user_id: 'ann' })).run.info.run_id

async function ownPoints({ ask }: Servers, run_id: string, client: number) {
  for (let step = 0; step < 20; step++)
    await ask(logMetric, { run_id, key: 'loss', value: (client + 1) / (step + 1), timestamp: 1000 + step, step })
  await ask(logInputs, {
    run_id,
    datasets: [{ dataset: { name: `set-${client % 4}`, digest: 'd', source_type: 'local', source: 's' } }],
  })
}

/** Into one series, past the seal of its tail; each client says again what its neighbour says, as one that retries does. */
async function sharedPoints({ ask }: Servers, run_id: string, client: number) {
  const points = Array.from({ length: 600 }, (_, i) => {
    const step = (client + i * CLIENTS) % (CLIENTS * 600)
    return { key: 'all', value: Math.cos(step), timestamp: 1000 + step, step }
  })
  for (let i = 0; i < points.length; i += 150) await ask(logBatch, { run_id, metrics: points.slice(i, i + 150) })
  const neighbour = points
    .slice(0, 40)
    .map((point) => ({ ...point, step: point.step ^ 1, timestamp: 1000 + (point.step ^ 1) }))
  await Promise.all(neighbour.map((point) => ask(logMetric, { run_id, ...point, value: Math.cos(point.step) })))
}

async function upload({ next }: Servers, path: string, text: string) {
  const { status } = await fetch(urlOf(uploadArtifact, { path }, next()), { method: 'PUT', body: text.repeat(1000) })
  if (status !== 200) throw new Error(`${path} was answered ${status}`)
}

/** All want to create it; one does. */
async function registeredModel({ ask }: Servers) {
  await ask(createRegisteredModel, { name: REGISTERED }).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.code === 'RESOURCE_ALREADY_EXISTS')) throw error
  })
}

type Made = { experiment_id: string; run_id: string; name: string }

async function models({ ask }: Servers, { experiment_id, run_id, name }: Made) {
  const params = [{ key: 'depth', value: name }]
  const { model } = await ask(createLoggedModel, { experiment_id, name, source_run_id: run_id, params })
  const { model_id } = model.info
  await ask(finalizeLoggedModel, { model_id, status: 'LOGGED_MODEL_READY' })
  await ask(logOutputs, { run_id, models: [{ model_id, step: 1 }] })
  await ask(logBatch, { run_id, metrics: [{ key: 'f1', value: 0.5, timestamp: 1, model_id }] })
  const registered = { name: REGISTERED, source: `models:/${model_id}`, model_id, description: name }
  const { version } = (await ask(createModelVersion, registered)).model_version
  await ask(setRegisteredModelAlias, { name: REGISTERED, alias: name, version })
  await ask(transitionModelVersionStage, { name: REGISTERED, version, stage: 'Staging' })
}

/** What was acknowledged by one server is found by the others. */
async function ownThings({ ask }: Servers, experiment_id: string, name: string) {
  const experiment_ids = [experiment_id]
  const { runs } = await ask(searchRuns, { experiment_ids, filter: `tags.client = '${name}' and metrics.f1 = 0.5` })
  const logged = await ask(searchLoggedModels, { experiment_ids, filter: `params.depth = '${name}'` })
  const { model_versions } = await ask(searchModelVersions, { filter: `run_id = '${runs[0]?.info.run_id}'` })
  return {
    runs: runs.map(({ info }) => [info.run_name, info.status]),
    models: logged.models.map(({ info }) => [info.name, info.status]),
    versions: model_versions.map(({ description, aliases, current_stage }) => [description, aliases, current_stage]),
  }
}
