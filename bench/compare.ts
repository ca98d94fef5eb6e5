import { readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Figure } from './figures.ts'
import { measure, quantile } from './figures.ts'
import { ceiling, loadTool } from './load.ts'
import { fullPace, quickPace } from './pace.ts'
import type { Peer } from './peers.ts'
import { peers } from './peers.ts'
import { rest } from './rest.ts'
import { seedOf } from './seed.ts'
import { startPostgres } from './servers/postgres.ts'
import { memoryOf, watchMemory } from './servers/process.ts'
import type { Tracker } from './servers/trackers.ts'
import { startAssay } from './servers/trackers.ts'
import type { Column, Row } from './table.ts'
import { missesOf, printComplaints, printNumber, printTable } from './table.ts'
import { diskFloor } from './transfer.ts'
import type { Work } from './work.ts'
import { works } from './work.ts'

const usage = `npm run bench -- --peers [--mlflow PATH] [--fasttrackml PATH] [--reuse FILE] [--save FILE] [--only NAME,…] [--quick]
npm run bench -- --peers --embedded

Starts a Postgres of its own (fsync on), Assay (one process), MLflow (${'`mlflow server --workers 2`'}) and FastTrackML (${'`fml server`'}), each with
its own database, does the same work on all in turn and says where Assay is as much better as it must be. Exits with 1 on a miss.
--mlflow, --fasttrackml  the programs (default: mlflow and fml on the path): MLflow 3.17.2 with psycopg2, FastTrackML 0.6.0
--without NAME           a peer to leave out
--save FILE              keeps all figures as JSON
--reuse FILE             takes the peers' figures from such a file instead of measuring them again
--peers-only             without Assay, for such a file
--embedded               Assay on its embedded database, against what MLflow on SQLite once came to
`

const { values } = parseArgs({
  options: {
    // so that `npm run bench -- --peers` is this command
    peers: { type: 'boolean', default: false },
    mlflow: { type: 'string', default: 'mlflow' },
    fasttrackml: { type: 'string', default: 'fml' },
    without: { type: 'string', multiple: true, default: [] },
    'postgres-bin': { type: 'string', default: '/usr/lib/postgresql/15/bin' },
    reuse: { type: 'string' },
    'peers-only': { type: 'boolean', default: false },
    embedded: { type: 'boolean', default: false },
    save: { type: 'string' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

type Figures = Record<string, Record<string, Figure>>
type Saved = { taken: string; quick: boolean; figures: Figures }
type Launch = { name: string; times: number; start: (database: string) => Promise<Tracker> }

const print = (line: string) => process.stdout.write(`${line}\n`)
const tell = (line: string) => process.stderr.write(`${line}\n`)

/** Start-up and memory have a limit of their own, and no ratio to reach. The embedded database has its own memory beside ours. */
const limits = values.embedded ? { start: 2, memory: 800 } : { start: 1.5, memory: 200, 'memory-most': 500 }
const limitRows: Row[] = [
  { name: 'start', title: `start on an empty database (at most ${limits.start} s)`, unit: 's', better: 'less' },
  { name: 'memory', title: `idle memory (at most ${limits.memory} MB)`, unit: 'MB', better: 'less' },
  {
    name: 'memory-most',
    title: values.embedded
      ? 'most memory in the whole benchmark'
      : 'most memory in the whole benchmark (at most 500 MB)',
    unit: 'MB',
    better: 'less',
  },
]

const figureOf = (sample: number[]): Figure => ({
  median: quantile(sample, 0.5),
  lowest: Math.min(...sample),
  highest: Math.max(...sample),
  errors: 0,
})

/** MLflow 3.17.2 on SQLite, measured once: it is not what is compared in earnest. */
const sqlite: Record<string, Figure> = {
  'log-metric-16': figureOf([46]),
  'log-metric-1': figureOf([46]),
  'log-batch': figureOf([7600]),
  'search-first': figureOf([89]),
}

/** Starts it so often, each time on a new database; the last one stays. */
async function startOften({ name, times, start }: Launch, newDatabase: (name: string) => Promise<string>) {
  const seconds: number[] = []
  const megabytes: number[] = []
  let tracker: Tracker | undefined
  for (let time = 0; time < times; time++) {
    await tracker?.stop()
    tracker = await start(await newDatabase(`${name}_${time}`))
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

function launches(reused: boolean): Launch[] {
  const assay: Launch = {
    name: 'assay',
    times: values.quick ? 1 : 3,
    start: (database) => startAssay(values.embedded ? {} : { database }),
  }
  const others = (Object.keys(peers) as Peer[])
    .filter((name) => !reused && !values.embedded && !values.without.includes(name))
    .map((name): Launch => ({ name, times: 1, start: (database) => peers[name](values[name], database) }))
  return values['peers-only'] ? others : [assay, ...others]
}

/** Starts them all, does the works on all in turn, and stops them. */
async function measureAll(launched: Launch[], chosen: Work[]): Promise<Figures> {
  const figures: Figures = {}
  const postgres = values.embedded ? undefined : await startPostgres(values['postgres-bin'])
  const newDatabase = async (name: string) => postgres?.createDatabase(name) ?? ''
  const running: Tracker[] = []
  try {
    for (const launch of launched) {
      const started = await startOften(launch, newDatabase)
      running.push(started.tracker)
      figures[launch.name] = started.figures
    }
    const watches = running.map((tracker) => watchMemory(tracker.program.pid))
    const seeds = running.map((tracker) => seedOf(rest(tracker.url, { patient: true })))
    const measured = await measure(chosen, seeds, values.quick ? quickPace : fullPace, tell)
    for (const [i, { name }] of launched.entries())
      figures[name] = { ...figures[name], ...measured[i], 'memory-most': figureOf([watches[i]?.() ?? Number.NaN]) }
  } finally {
    await Promise.all(running.map((tracker) => tracker.stop()))
    await postgres?.stop()
  }
  return figures
}

async function compare(): Promise<number> {
  const wanted = values.only?.split(',')
  const chosen = works.filter((work) => !wanted || wanted.includes(work.name))
  const reused = values.reuse ? (JSON.parse(await readFile(values.reuse, 'utf8')) as Saved).figures : {}
  const { assay: _, ...ofPeers } = reused
  const figures: Figures = { ...ofPeers, ...(await measureAll(launches(values.reuse !== undefined), chosen)) }
  if (values.embedded) figures.sqlite = sqlite
  const saved: Saved = { taken: new Date().toISOString(), quick: values.quick, figures }
  if (values.save) await writeFile(values.save, JSON.stringify(saved, null, 1))
  return report(figures, chosen)
}

async function report(figures: Figures, chosen: Work[]): Promise<number> {
  const columns = ['assay', 'mlflow', 'fasttrackml', 'sqlite'].flatMap((name): Column[] =>
    figures[name] ? [{ name, figures: figures[name] }] : [],
  )
  const note = values.quick ? '; --quick: less data and time than the titles say, no figures to quote' : ''
  print(
    `${cpus().length} cores, ${values.embedded ? 'embedded database' : 'Postgres 15'}, ${await loadTool()}${note}\n`,
  )
  print(printTable([...chosen, ...limitRows], columns))
  print(printComplaints(columns))
  await printFloors(chosen)
  if (columns[0]?.name !== 'assay') return 0
  const over = Object.entries(limits)
    .filter(([name, limit]) => !((figures.assay?.[name]?.median ?? Number.NaN) <= limit))
    .map(([name]) => name)
  const missed = [...missesOf(chosen, columns), ...over]
  print(missed.length ? `\nMissed: ${missed.join(', ')}` : '\nAll reached.')
  return missed.length ? 1 : 0
}

/** What no server could pass on this machine. */
async function printFloors(chosen: Work[]): Promise<void> {
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
}

if (values.help) print(usage)
else process.exitCode = await compare()
