import { parseArgs } from 'node:util'
import { demand } from './demo/demand.ts'
import { fraud } from './demo/fraud.ts'
import { letters } from './demo/letters.ts'
import { endSweep, logSweep, logTrial } from './demo/log.ts'
import type { Study, Trial } from './demo/study.ts'
import type { Rest, RunInfo } from './rest.ts'
import { RestError, rest } from './rest.ts'

const usage = `npm run demo -- [--url http://127.0.0.1:5000] [--again]

Trains sixty small models for three teams and logs them over HTTP, as any MLflow client would.
Experiments that are there already are left alone; --again adds sixty more runs to them.
`
const firstRun = Date.UTC(2026, 10, 2, 8, 30)
const betweenRuns = 97 * 60_000
const atOnce = 4

async function logStudy(server: Rest, study: Study, experiment_id: string): Promise<number> {
  const sweeps = new Map<string, { run: RunInfo; trials: { name: string; metrics: Record<string, number> }[] }>()
  for (const { name } of study.sweeps)
    sweeps.set(name, { run: await logSweep(server, study, name, { experiment_id, start: firstRun }), trials: [] })

  const waiting = [...study.trials.entries()]
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, trial]: [number, Trial] = next
      const sweep = trial.parent ? sweeps.get(trial.parent) : undefined
      const place = { experiment_id, start: firstRun + (index + 1) * betweenRuns, parent_run_id: sweep?.run.run_id }
      const { metrics } = await logTrial(server, study, trial, place)
      sweep?.trials.push({ name: trial.name, metrics })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  for (const { run, trials } of sweeps.values())
    await endSweep(server, run, trials, firstRun + study.trials.length * betweenRuns)
  return study.trials.length + sweeps.size
}

async function findExperiment(server: Rest, name: string): Promise<string | undefined> {
  try {
    const found = await server.get<{ experiment: { experiment_id: string } }>('experiments/get-by-name', {
      experiment_name: name,
    })
    return found.experiment.experiment_id
  } catch (error) {
    if (error instanceof RestError && error.status === 404) return undefined
    throw error
  }
}

async function createExperiment(server: Rest, study: Study): Promise<string> {
  const tags = [
    { key: 'mlflow.note.content', value: study.note },
    { key: 'team', value: study.team },
  ]
  return (await server.post<{ experiment_id: string }>('experiments/create', { name: study.name, tags })).experiment_id
}

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:5000' },
    again: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})
if (values.help) {
  process.stdout.write(usage)
} else {
  const server = rest(values.url)
  const start = performance.now()
  for (const study of [fraud, letters, demand]) {
    const found = await findExperiment(server, study.name)
    if (found && !values.again) {
      process.stdout.write(`${study.name}: there already, left alone (--again adds to it)\n`)
      continue
    }
    const runs = await logStudy(server, study, found ?? (await createExperiment(server, study)))
    process.stdout.write(`${study.name}: ${runs} runs\n`)
  }
  process.stdout.write(`${((performance.now() - start) / 1000).toFixed(1)} s; see ${server.base}/experiments\n`)
}
