import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { seeded } from './demo/seeded.ts'
import { peers } from './peers.ts'
import type { Rest } from './rest.ts'
import { createRun, rest } from './rest.ts'
import { inTurn } from './seed.ts'
import type { Postgres } from './servers/postgres.ts'
import { query, startPostgres } from './servers/postgres.ts'
import type { Tracker } from './servers/trackers.ts'
import { startAssay } from './servers/trackers.ts'

const usage = `npm run bench:bytes -- [--server assay|mlflow|fasttrackml] [--program PATH] [--batches 500] [--curves 300] [--only batches,200,1500] [--rest 75]

Bytes a point on Postgres: the growth of all tables and indexes of the schema, divided by the points; nothing is vacuumed
by hand. Three ways of logging, each on a new database: batches of 1,000 points over 10 keys, and curves of 200 and of 1,500
steps point by point, ten keys a run, the runs ended. Sizes are read at the end, and again after --rest seconds (autovacuum).
`

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: 'assay' },
    program: { type: 'string' },
    batches: { type: 'string', default: '500' },
    curves: { type: 'string', default: '300' },
    only: { type: 'string', default: 'batches,200,1500' },
    rest: { type: 'string', default: '75' },
    help: { type: 'boolean', default: false },
  },
})

const print = (line: string) => process.stdout.write(`${line}\n`)
const schema = values.server === 'assay' ? 'assay' : 'public'
const keys = Array.from({ length: 10 }, (_, index) => `metric-${index}`)

async function sizes(database: string): Promise<{ total: number; parts: string }> {
  const tables = await query<{ name: string; bytes: string }>(
    database,
    `select relname as name, pg_total_relation_size(c.oid) as bytes from pg_class c
      where relnamespace = '${schema}'::regnamespace and relkind = 'r' order by 2 desc`,
  )
  const total = tables.reduce((sum, table) => sum + Number(table.bytes), 0)
  const largest = tables.slice(0, 4).map((table) => `${table.name} ${(Number(table.bytes) / 2 ** 20).toFixed(1)} MiB`)
  return { total, parts: largest.join(', ') }
}

/** Ten runs in turn, each batch the next hundred steps of ten keys. */
async function logBatches(server: Rest): Promise<number> {
  const random = seeded(1)
  const runs = await Promise.all(keys.map(() => createRun(server, { experiment_id: '0', start_time: Date.now() })))
  const batches = Number(values.batches)
  await inTurn(batches, 4, async (batch) => {
    const first = Math.floor(batch / runs.length) * 100
    const metrics = Array.from({ length: 1000 }, (_, index) => {
      const step = first + Math.floor(index / 10)
      return {
        key: keys[index % 10],
        value: random.normal(),
        timestamp: 1.764e12 + step * 250 + random.below(20),
        step,
      }
    })
    await server.post('runs/log-batch', { run_id: runs[batch % runs.length]?.run_id, metrics })
  })
  await end(server, runs)
  return batches * 1000
}

async function logCurves(server: Rest, steps: number): Promise<number> {
  const random = seeded(2)
  const runs = Number(values.curves) / keys.length
  await inTurn(runs, 15, async () => {
    const run = await createRun(server, { experiment_id: '0', start_time: Date.now() })
    for (let step = 0; step < steps; step++)
      for (const key of keys) {
        const timestamp = 1.764e12 + step * 250 + random.below(20)
        await server.post('runs/log-metric', { run_id: run.run_id, key, value: random.normal(), timestamp, step })
      }
    await end(server, [run])
  })
  return runs * keys.length * steps
}

async function end(server: Rest, runs: { run_id: string }[]): Promise<void> {
  for (const { run_id } of runs) await server.post('runs/update', { run_id, status: 'FINISHED', end_time: Date.now() })
}

function start(database: string): Promise<Tracker> {
  if (values.server === 'mlflow') return peers.mlflow(values.program ?? 'mlflow', database)
  if (values.server === 'fasttrackml') return peers.fasttrackml(values.program ?? 'fml', database)
  return startAssay({ database })
}

async function measure(name: string, postgres: Postgres, log: (server: Rest) => Promise<number>): Promise<void> {
  const database = await postgres.createDatabase(`bytes_${name}`)
  const tracker = await start(database)
  try {
    const before = await sizes(database)
    const began = performance.now()
    const points = await log(rest(tracker.url))
    const seconds = (performance.now() - began) / 1000
    const after = await sizes(database)
    await wait(Number(values.rest) * 1000)
    const rested = await sizes(database)
    const each = (now: { total: number }) => ((now.total - before.total) / points).toFixed(1)
    print(`| ${name} | ${points} | ${seconds.toFixed(0)} s | ${each(after)} | ${each(rested)} | ${rested.parts} |`)
  } finally {
    await tracker.stop()
  }
}

async function main(): Promise<void> {
  const postgres = await startPostgres()
  const only = values.only.split(',')
  print(
    `| ${values.server} | points | took | bytes a point | after ${values.rest} s of rest | largest |\n|---|---|---|---|---|---|`,
  )
  try {
    if (only.includes('batches')) await measure('batches', postgres, logBatches)
    for (const steps of [200, 1500])
      if (only.includes(String(steps))) await measure(`curves_${steps}`, postgres, (server) => logCurves(server, steps))
  } finally {
    await postgres.stop()
  }
}

if (values.help) print(usage)
else await main()
