import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Figure } from './figures.ts'
import { measure, quantile } from './figures.ts'
import { ceiling, loadTool } from './load.ts'
import { fullPace, quickPace } from './pace.ts'
import { rest } from './rest.ts'
import { seedOf } from './seed.ts'
import type { Postgres } from './servers/postgres.ts'
import { startPostgres } from './servers/postgres.ts'
import { memoryOf } from './servers/process.ts'
import type { Tracker } from './servers/trackers.ts'
import { startAssay, startMlflow } from './servers/trackers.ts'
import type { Row } from './table.ts'
import { printComplaints, printNumber, printTable, ratioOf } from './table.ts'
import { diskFloor } from './transfer.ts'
import { works } from './work.ts'

const usage = `npm run bench:compare -- [--mlflow PATH] [--reuse-mlflow FILE] [--save FILE] [--only NAME,…] [--quick] [--mlflow-only]

Starts a Postgres of its own (fsync on), MLflow (${'`mlflow server --workers 2`'}) and Assay (one process), each with its own database,
does the same work on both in turn and says where Assay is as much better as it must be. Exits with 1 on a miss.
--mlflow        the program (default: mlflow on the path); MLflow 3.17.2 with psycopg2
--save          keeps all figures as JSON; --reuse-mlflow takes MLflow's from such a file instead of measuring them again
--mlflow-only   MLflow alone, for such a file
`

const { values } = parseArgs({
  options: {
    mlflow: { type: 'string', default: 'mlflow' },
    'postgres-bin': { type: 'string', default: '/usr/lib/postgresql/15/bin' },
    'reuse-mlflow': { type: 'string' },
    'mlflow-only': { type: 'boolean', default: false },
    save: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

type Saved = { taken: string; quick: boolean; figures: Record<string, Record<string, Figure>> }

const print = (line: string) => process.stdout.write(`${line}\n`)
const tell = (line: string) => process.stderr.write(`${line}\n`)

/** Start-up and memory have a limit of their own, and no ratio to reach. */
const limits = { start: 2, memory: 250 }
const startRows: Row[] = [
  { name: 'start', title: `start on an empty database (at most ${limits.start} s)`, unit: 's', better: 'less' },
  { name: 'memory', title: `idle memory (at most ${limits.memory} MB)`, unit: 'MB', better: 'less' },
]

const figureOf = (sample: number[]): Figure => ({
  median: quantile(sample, 0.5),
  lowest: Math.min(...sample),
  highest: Math.max(...sample),
  errors: 0,
})

/** Starts it so often, each time on a new database; the last one stays. */
async function startOften(
  times: number,
  postgres: Postgres,
  name: string,
  launch: (database: string) => Promise<Tracker>,
) {
  const seconds: number[] = []
  const megabytes: number[] = []
  let tracker: Tracker | undefined
  for (let time = 0; time < times; time++) {
    await tracker?.stop()
    tracker = await launch(await postgres.createDatabase(`${name}_${time}`))
    seconds.push(tracker.started_ms / 1000)
    await wait(5000)
    megabytes.push(memoryOf(tracker.program.pid))
    tell(
      `${name}: first answer after ${printNumber(tracker.started_ms)} ms, ${printNumber(megabytes.at(-1) ?? 0)} MB idle`,
    )
  }
  if (!tracker) throw new Error('Not started')
  return { tracker, figures: { start: figureOf(seconds), memory: figureOf(megabytes) } }
}

async function compare(): Promise<number> {
  const wanted = values.only?.split(',')
  const chosen = works.filter((work) => !wanted || wanted.includes(work.name))
  const reused = values['reuse-mlflow']
    ? (JSON.parse(await readFile(values['reuse-mlflow'], 'utf8')) as Saved)
    : undefined
  const figures: Record<string, Record<string, Figure>> = reused?.figures.mlflow
    ? { mlflow: reused.figures.mlflow }
    : {}
  const postgres = await startPostgres(values['postgres-bin'])
  const running: Tracker[] = []
  try {
    const launches = {
      ...(!values['mlflow-only'] && { assay: (database: string) => startAssay({ database }) }),
      ...(!reused && { mlflow: (database: string) => startMlflow(values.mlflow, database) }),
    }
    for (const [name, launch] of Object.entries(launches)) {
      const started = await startOften(values.quick || name === 'mlflow' ? 1 : 3, postgres, name, launch)
      running.push(started.tracker)
      figures[name] = started.figures
    }
    const seeds = running.map((tracker) => seedOf(rest(tracker.url, { patient: true })))
    const measured = await measure(chosen, seeds, values.quick ? quickPace : fullPace, tell)
    Object.keys(launches).forEach((name, index) => {
      figures[name] = { ...figures[name], ...measured[index] }
    })
  } finally {
    await Promise.all(running.map((tracker) => tracker.stop()))
    await postgres.stop()
  }
  const saved: Saved = { taken: new Date().toISOString(), quick: values.quick, figures }
  if (values.save) await writeFile(values.save, JSON.stringify(saved, null, 1))
  return report(figures, chosen)
}

async function report(figures: Saved['figures'], chosen: typeof works): Promise<number> {
  const columns = ['assay', 'mlflow'].flatMap((name) => (figures[name] ? [{ name, figures: figures[name] }] : []))
  const note = values.quick ? '; --quick: less data and time than the titles say, no figures to quote' : ''
  print(`${cpus().length} cores, Postgres 15, ${await loadTool()}${note}\n`)
  print(printTable([...chosen, ...startRows], columns, columns.length === 2))
  print(printComplaints(columns))
  for (const load of ['log-metric', 'log-batch'] as const) {
    const most = await ceiling({
      name: load,
      connections: load === 'log-metric' ? 16 : 4,
      seconds: 3,
      ids: ['0'.repeat(32)],
    })
    print(
      `The tool's own ceiling, ${load} to a server that answers {}: ${printNumber(most.requests / most.seconds)} requests/s`,
    )
  }
  if (chosen.some((work) => work.name.startsWith('artifact'))) {
    const floor = await diskFloor(values.quick ? quickPace.artifact_mib : fullPace.artifact_mib)
    print(`The disk's own floor, dd with fsync: ${printNumber(quantile(floor, 0.5))} MiB/s`)
  }
  const { assay, mlflow } = figures
  if (!assay || !mlflow) return 0
  const missed = chosen.filter(
    (work) => work.required && !((ratioOf(work, assay[work.name], mlflow[work.name]) ?? 0) >= work.required),
  )
  const over = Object.entries(limits).filter(([name, limit]) => !((assay[name]?.median ?? Number.NaN) <= limit))
  const names = [...missed.map((work) => work.name), ...over.map(([name]) => name)]
  print(names.length ? `\nMissed: ${names.join(', ')}` : '\nAll reached.')
  return names.length ? 1 : 0
}

if (values.help) print(usage)
else process.exitCode = await compare()
