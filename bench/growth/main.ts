import { parseArgs } from 'node:util'
import { quantile } from '../figures.ts'
import { runLoad } from '../load.ts'
import type { Rest, RunInfo } from '../rest.ts'
import { createRun, rest } from '../rest.ts'
import { query, startPostgres } from '../servers/postgres.ts'
import { startAssay } from '../servers/trackers.ts'
import { printNumber } from '../table.ts'
import { load } from './load.ts'
import { questions } from './searches.ts'

const usage = `npm run bench:growth -- [--runs 10000,100000] [--experiments 1] [--times 15] [--load-only]
npm run bench:growth -- --database URL [--database URL …]

What a search costs among so many runs (8 metrics, 10 params, 4 tags each, every 500th with a long curve: 50 points a run in
all), beside the rate of log-batch on an empty database. A Postgres of its own, one server, HTTP; the median of so many calls,
and the pages of 8 KiB that Postgres looked at for one. --runs 10000,100000,1000000 takes 10 GB and a quarter of an hour.
With --database: on databases that were loaded before; --load-only fills the one that is named, which must be empty, and stops.
`

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000,100000' },
    experiments: { type: 'string', default: '1' },
    times: { type: 'string', default: '15' },
    database: { type: 'string', multiple: true, default: [] },
    'load-only': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const print = (line: string) => process.stdout.write(`${line}\n`)
const tell = (line: string) => process.stderr.write(`${line}\n`)
const experiments = Number(values.experiments)

/** A cell of the table by the title of its row. */
type Figures = Map<string, string>

async function onServer<T>(database: string, work: (server: Rest) => Promise<T>): Promise<T> {
  const tracker = await startAssay({ database })
  try {
    return await work(rest(tracker.url, { patient: true }))
  } finally {
    await tracker.stop()
  }
}

const fill = async (database: string, runs: number) => {
  // the server makes the tables
  await onServer(database, async () => undefined)
  await load(database, { runs, experiments }, tell)
}

async function logBatch(server: Rest): Promise<string> {
  const made: RunInfo[] = []
  for (let run = 0; run < 4; run++) made.push(await createRun(server, { experiment_id: '0', start_time: 0 }))
  const ids = made.map(({ run_id }) => run_id)
  const { requests, seconds } = await runLoad(server.base, undefined, {
    name: 'log-batch',
    connections: 4,
    seconds: 8,
    ids,
  })
  return `${printNumber((requests * 1000) / seconds)} metrics/s`
}

async function measure(database: string): Promise<Figures> {
  const figures: Figures = new Map()
  await query(database, 'create extension if not exists pg_stat_statements')
  const [size] = await query<{ runs: string; bytes: string }>(
    database,
    'select count(*) as runs, pg_database_size(current_database()) as bytes from assay.runs',
  )
  figures.set('runs', Number(size?.runs).toLocaleString('en'))
  figures.set('size of the database', `${printNumber(Number(size?.bytes) / 2 ** 20)} MiB`)
  const [first] = await query<{ run_id: string }>(database, 'select run_id from assay.runs where run_no = 1')
  await onServer(database, async (server) => {
    for (const { title, ask } of first ? await questions(server, '1', first.run_id) : []) {
      const times: number[] = []
      await ask()
      await query(database, 'select pg_stat_statements_reset()')
      for (let time = 0; time < Number(values.times); time++) times.push((await ask()).ms)
      const [read] = await query<{ pages: string }>(
        database,
        `select sum(shared_blks_hit + shared_blks_read) / ${times.length} as pages from pg_stat_statements
         where dbid = (select oid from pg_database where datname = current_database())`,
      )
      figures.set(title, `${printNumber(quantile(times, 0.5))} ms, ${printNumber(Number(read?.pages))} pages`)
      tell(`${title}: ${figures.get(title)}`)
    }
    figures.set('log-batch of 1,000, 4 connections', await logBatch(server))
  })
  return figures
}

function printFigures(columns: Figures[]): string {
  const titles = [...new Set(columns.flatMap((column) => [...column.keys()]))]
  const lines = titles.map((title) => [title, ...columns.map((column) => column.get(title) ?? '–')])
  return [...lines.slice(0, 1), lines[0]?.map(() => '---') ?? [], ...lines.slice(1)]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

async function main(): Promise<void> {
  const sizes = values.runs.split(',').map(Number)
  const [named] = values.database
  if (values['load-only'] && named) return fill(named, sizes[0] ?? 0)
  const columns: Figures[] = []
  const postgres = await startPostgres()
  try {
    columns.push(await measureEmpty(await postgres.createDatabase('empty')))
    for (const database of values.database) columns.push(await measure(database))
    for (const runs of named ? [] : sizes) {
      const database = await postgres.createDatabase(`growth_${runs}`)
      await fill(database, runs)
      columns.push(await measure(database))
    }
  } finally {
    await postgres.stop()
  }
  print(printFigures(columns))
}

/** No run yet: only what can be written. */
async function measureEmpty(database: string): Promise<Figures> {
  const rate = await onServer(database, logBatch)
  return new Map([
    ['runs', '0'],
    ['log-batch of 1,000, 4 connections', rate],
  ])
}

if (values.help) print(usage)
else await main()
