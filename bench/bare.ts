import { parseArgs } from 'node:util'
import type { QueryConfig } from 'pg'
import { Client } from 'pg'
import { quantile } from './figures.ts'
import { rest } from './rest.ts'
import { seedOf } from './seed.ts'
import { startPostgres } from './servers/postgres.ts'
import { startAssay } from './servers/trackers.ts'
import { printNumber } from './table.ts'

const usage = `npm run bench:bare -- [--seconds 8] [--rounds 3]

What the statements of Assay's writes come to by themselves: its own SQL in its own groups through plain \`pg\`, two connections a
queue as there, by as many writers as the benchmark has connections. No HTTP, no JSON, no log, no pool, nothing checked.
And the one statement of a history, from asking to the last row, as texts that nobody looks at.
A server that is within a factor of 1.5 of this can only become faster by other statements.
`

/**
 * The part of the core that is driven here. It goes round the core's one door on purpose, as kill/ack-early.ts does, so it is
 * loaded by its address and described here.
 */
type Point = { key: string; value: number; timestamp: number; step: number }
type Pair = { key: string; value: string }
type Log = { run_id: string; metrics: Point[]; params: Pair[]; tags: Pair[] }
type Run = { run_id: string; experiment: number; run_name: string; user_id: string; start_time: number; tags: Pair[] }
type Writes = { submit(write: { log: Log } | { create: Run }): Promise<unknown>; drained(): Promise<void> }
type Statement = { text: string; values: unknown[]; name?: string }
type Db = { query(q: object): Promise<{ rows: unknown[]; rowCount: number }> }
type Texts = { texts(q: object): Promise<string[][]> }
type BareDatabase = Db & { dialect: 'postgres'; transaction<T>(work: (db: Db) => Promise<T>): Promise<T> }

const core = <T>(path: string) => import(new URL(`../bff/${path}`, import.meta.url).href) as Promise<T>
const { openRunWrites } = await core<{ openRunWrites(database: BareDatabase, rules: object): Writes }>(
  'tracking/writes/run-write.ts',
)
const { compile } = await core<{ compile(q: object): Statement }>('kit/sql.ts')
const { encode, parsedTypes, rawTypes } = await core<{
  encode(value: unknown): unknown
  parsedTypes: object
  rawTypes: object
}>('kit/db-values.ts')
const { storedChunks } = await core<{ storedChunks(db: Texts, series_id: unknown): Promise<unknown> }>(
  'tracking/metrics/stored.ts',
)

/** Connections that are lent out in turn, without any of a pool's care. */
async function bareDatabase(url: string): Promise<BareDatabase & { end(): Promise<void> }> {
  const clients = Array.from(
    { length: 6 },
    () => new Client({ connectionString: url, pipeline: true, types: parsedTypes } as object),
  )
  for (const client of clients) {
    await client.connect()
    await client.query('set search_path to assay; set jit to off')
  }
  const dbs = clients.map(
    (client): Db => ({
      query: async (q) => {
        const { text, values, name } = compile(q)
        const { rows, rowCount } = await client.query({ text, values: values.map(encode), name } as QueryConfig)
        return { rows, rowCount: rowCount ?? 0 }
      },
    }),
  )
  const lend = async <T>(use: (db: Db, client: Client) => Promise<T>): Promise<T> => {
    const [db, client] = [dbs.pop(), clients.pop()]
    if (!db || !client) throw new Error('More is under way than lanes')
    return use(db, client).finally(() => [dbs.push(db), clients.push(client)])
  }
  return {
    dialect: 'postgres',
    query: (q) => lend((db) => db.query(q)),
    transaction: (work) =>
      lend(async (db, client) => {
        const begun = client.query('begin')
        const result = await work(db)
        await begun
        await client.query('commit')
        return result
      }),
    end: async () => void (await Promise.all(clients.map((client) => client.end()))),
  }
}

type Writer = (writes: Writes, count: number) => Promise<unknown>
const range = (length: number) => Array.from({ length }, (_, index) => index)
const began = Date.now()

const logMetric =
  (runs: string[]): Writer =>
  (writes, count) => {
    const key = `metric-${Math.floor(count / runs.length) % 4}`
    const metrics = [{ key, value: ((count * 7919) % 1e6) / 1e6, timestamp: began + count, step: count }]
    return writes.submit({ log: { run_id: runs[count % runs.length] ?? '', metrics, params: [], tags: [] } })
  }

const logBatch =
  (runs: string[]): Writer =>
  (writes, count) => {
    const metrics = range(1000).map((i) => {
      const step = count * 100 + Math.floor(i / 10)
      return { key: `batch-${i % 10}`, value: Math.sin(count + i), timestamp: began + step, step }
    })
    return writes.submit({ log: { run_id: runs[count % runs.length] ?? '', metrics, params: [], tags: [] } })
  }

const newRun =
  (experiment: number): Writer =>
  async (writes, count) => {
    const run_id = crypto.randomUUID().replaceAll('-', '')
    const run = { run_id, experiment, run_name: `run-${count}`, user_id: 'bench', start_time: began, tags: [] }
    await writes.submit({ create: run })
    await writes.submit({
      log: {
        run_id,
        metrics: range(8).map((i) => ({ key: `metric-${i}`, value: i / 8 + count / 1e7, timestamp: began, step: 0 })),
        params: range(10).map((i) => ({ key: `param-${i}`, value: `v${i}-${count}` })),
        tags: range(4).map((i) => ({ key: `tag-${i}`, value: `t${i}-${count}` })),
      },
    })
  }

/** Milliseconds that each of so many readings of all points of a run's only series took. */
async function historyTimes(url: string, run_id: string, repeats: number): Promise<number[]> {
  const client = new Client({ connectionString: url, types: parsedTypes } as object)
  await client.connect()
  await client.query('set search_path to assay; set jit to off')
  const { rows } = await client.query('select series_id from series join runs using (run_no) where run_id = $1', [
    run_id,
  ])
  const times: number[] = []
  const texts = async (q: object) => {
    const { text, values, name } = compile(q)
    const start = performance.now()
    const raw = { text, values: values.map(encode), name, rowMode: 'array', types: rawTypes }
    const found = await client.query(raw as unknown as QueryConfig)
    times.push(performance.now() - start)
    return found.rows as string[][]
  }
  for (const _ of range(repeats)) await storedChunks({ texts }, rows[0]?.series_id)
  await client.end()
  return times
}

let count = 0
/** Writes a second of so many writers, each of which waits for its answer. */
async function rate(writes: Writes, writers: number, seconds: number, write: Writer): Promise<number> {
  const first = count
  const start = performance.now()
  const writer = async () => {
    while (performance.now() - start < seconds * 1000) await write(writes, count++)
  }
  await Promise.all(range(writers).map(writer))
  return ((count - first) * 1000) / (performance.now() - start)
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
})

const printRow = (title: string, unit: string, values: number[]) =>
  process.stdout.write(
    `| ${title} | ${printNumber(quantile(values, 0.5))} ${unit} | ${values.map(printNumber).join(', ')} |\n`,
  )

async function main(): Promise<void> {
  const postgres = await startPostgres()
  try {
    const url = await postgres.createDatabase('bare')
    const assay = await startAssay({ database: url })
    const seed = seedOf(rest(assay.url))
    const runs = (await seed.runs(16)).map(({ run_id }) => run_id)
    const experiment = Number(await seed.experiment())
    const histories = [await seed.history(25_000), await seed.history(100_000)]
    await assay.stop()
    const database = await bareDatabase(url)
    const writes = openRunWrites(database, {
      clientRoot: { uri: 'mlflow-artifacts:', proxied: true },
      uniqueNames: false,
    })
    const works: [title: string, unit: string, each: number, writers: number, write: Writer][] = [
      ['log-metric, 16 writers', '/s', 1, 16, logMetric(runs)],
      ['log-metric, 1 writer', '/s', 1, 1, logMetric(runs.slice(0, 1))],
      ['log-batch of 1,000 metrics, 4 writers', 'metrics/s', 1000, 4, logBatch(runs.slice(0, 4))],
      ['create run + log-batch, 6 writers', 'runs/s', 1, 6, newRun(experiment)],
    ]
    process.stdout.write('| work | median | rounds |\n| --- | --- | --- |\n')
    for (const [title, unit, each, writers, write] of works) {
      const rates: number[] = []
      for (const _ of range(Number(values.rounds)))
        rates.push(each * (await rate(writes, writers, Number(values.seconds), write)))
      printRow(title, unit, rates)
    }
    for (const [i, points] of ['25,000', '100,000'].entries())
      printRow(`history, ${points} points`, 'ms', await historyTimes(url, histories[i]?.run_id ?? '', 15))
    await writes.drained()
    await database.end()
  } finally {
    await postgres.stop()
  }
}

if (values.help) process.stdout.write(usage)
else await main()
