import { setImmediate } from 'node:timers/promises'
import type { Rest, RunInfo } from '../rest.ts'
import { artifactPath, createRun } from '../rest.ts'
import type { Model } from './learn.ts'
import { at, meanLoss, newModel, predict, train } from './learn.ts'
import { modelFolder } from './model-folder.ts'
import type { Study, Trial } from './study.ts'

const steps = 1000
const looksAtValidationEvery = 20

type Metric = { key: string; value: number | string; step: number; timestamp: number }
type Place = { experiment_id: string; start: number; parent_run_id?: string | undefined }

export async function logTrial(
  server: Rest,
  study: Study,
  trial: Trial,
  place: Place,
): Promise<{ metrics: Record<string, number> }> {
  const run = await createRun(server, {
    experiment_id: place.experiment_id,
    run_name: trial.name,
    user_id: `${study.team}@example.org`,
    start_time: place.start,
    tags: tagList(runTags(study, trial, place.parent_run_id)),
  })
  await server.post('runs/log-batch', {
    run_id: run.run_id,
    params: paramList({ ...study.params, ...trial.settings, ...trial.params }),
  })
  const tags = [{ key: 'mlflow.data.context', value: 'training' }]
  await server.post('runs/log-inputs', { run_id: run.run_id, datasets: [{ tags, dataset: study.dataset }] })
  if (trial.end === 'SCHEDULED') {
    await server.post('runs/update', { run_id: run.run_id, status: 'SCHEDULED' })
    return { metrics: {} }
  }

  const learnt = await learn(study, trial, place.start)
  for (let i = 0; i < learnt.metrics.length; i += 1000)
    await server.post('runs/log-batch', { run_id: run.run_id, metrics: learnt.metrics.slice(i, i + 1000) })
  const last = Math.max(...learnt.metrics.map((metric) => metric.timestamp))
  const scores = learnt.diverged || trial.end ? {} : await report(server, study, trial, run, learnt.model, last)
  const status = learnt.diverged ? 'FAILED' : (trial.end ?? 'FINISHED')
  if (status !== 'RUNNING') await server.post('runs/update', { run_id: run.run_id, status, end_time: last + 1500 })
  return { metrics: scores }
}

/** Trains for real, and collects the curves: the loss of each step, and every fifth step a look at the validation data. */
async function learn(study: Study, trial: Trial, start: number) {
  const model = newModel(study.feature_names.length, study.outputs, trial.settings)
  const stepTime = 90 + trial.settings.hidden_units * 8
  const stopsAfter = trial.end === 'RUNNING' ? 620 : trial.end === 'KILLED' ? 410 : steps
  const metrics: Metric[] = []
  let diverged = false
  for (const { step, ...measured } of train(model, study.train, trial.settings, steps)) {
    const timestamp = start + step * stepTime
    const add = (key: string, value: number) => metrics.push({ key, value: printNumber(value), step, timestamp })
    add('train.loss', measured.loss)
    add('learning_rate', measured.learning_rate)
    add('gradient_norm', measured.gradient_norm)
    diverged = Number.isNaN(measured.loss)
    // Lets sockets be served: a connection that the server closes meanwhile must not be taken for a living one.
    if (step % 50 === 0) await setImmediate()
    if (step % looksAtValidationEvery === 0 || step === steps - 1) {
      const predictions = study.valid.features.map((features) => predict(model, features))
      add('valid.loss', meanLoss(predictions, study.valid.targets))
      for (const [key, value] of Object.entries(study.score(predictions))) add(key, value)
    }
    if (diverged || step + 1 >= stopsAfter) break
  }
  return { model, metrics, diverged }
}

/** JSON has no word for these three; MLflow's clients send them as text. */
const printNumber = (value: number) => (Number.isFinite(value) ? value : String(value))

async function report(server: Rest, study: Study, trial: Trial, run: RunInfo, model: Model, timestamp: number) {
  const predictions = study.valid.features.map((features) => predict(model, features))
  const { metrics, files } = study.report(model, predictions)
  const rows = Object.entries(metrics).map(([key, value]) => ({ key, value, step: steps - 1, timestamp }))
  await server.post('runs/log-batch', { run_id: run.run_id, metrics: rows })
  if (!trial.keeps) return metrics

  const folder = modelFolder(study, model, run.run_id, timestamp)
  for (const file of [...files, ...folder.files])
    await server.put(artifactPath(run, file.path), file.content, file.type)
  await server.post('runs/log-model', { run_id: run.run_id, model_json: JSON.stringify(folder.summary) })
  const tables = files
    .filter((file) => file.type === 'application/json')
    .map((file) => ({ path: file.path, type: 'table' }))
  if (tables.length)
    await server.post('runs/set-tag', {
      run_id: run.run_id,
      key: 'mlflow.loggedArtifacts',
      value: JSON.stringify(tables),
    })
  return metrics
}

export async function logSweep(server: Rest, study: Study, name: string, place: Place): Promise<RunInfo> {
  const note = study.sweeps.find((sweep) => sweep.name === name)?.note ?? ''
  return createRun(server, {
    experiment_id: place.experiment_id,
    run_name: name,
    user_id: `${study.team}@example.org`,
    start_time: place.start,
    tags: tagList({ ...runTags(study, { tags: { 'mlflow.note.content': note } }), kind: 'sweep' }),
  })
}

/** The sweep's own run names its best trial. */
export async function endSweep(
  server: Rest,
  run: RunInfo,
  trials: { name: string; metrics: Record<string, number> }[],
  end_time: number,
) {
  const better = (metrics: Record<string, number>) =>
    metrics.auc ?? metrics.macro_f1 ?? -(metrics.mae ?? Number.POSITIVE_INFINITY)
  const best = at(
    trials.toSorted((a, b) => better(b.metrics) - better(a.metrics)),
    0,
  )
  const metrics = Object.entries(best.metrics).map(([key, value]) => ({
    key: `best/${key}`,
    value,
    step: 0,
    timestamp: end_time,
  }))
  const params = paramList({ trials: String(trials.length), best_trial: best.name })
  await server.post('runs/log-batch', { run_id: run.run_id, metrics, params })
  await server.post('runs/update', { run_id: run.run_id, status: 'FINISHED', end_time })
}

const runTags = (study: Study, trial: Pick<Trial, 'tags'>, parent?: string): Record<string, string> => ({
  'mlflow.user': `${study.team}@example.org`,
  'mlflow.source.name': study.entry_point,
  'mlflow.source.type': 'LOCAL',
  'mlflow.source.git.commit': '4be1c27a90d35f86e2b7d1503c9af4486e0d72b5',
  'mlflow.source.git.branch': 'main',
  ...(parent && { 'mlflow.parentRunId': parent }),
  team: study.team,
  ...trial.tags,
})

const tagList = (tags: Record<string, string>) => Object.entries(tags).map(([key, value]) => ({ key, value }))
const paramList = (params: Record<string, unknown>) =>
  Object.entries(params).map(([key, value]) => ({ key, value: String(value) }))
