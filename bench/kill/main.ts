import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { seeded } from '../demo/seeded.ts'
import type { Rest } from '../rest.ts'
import { RestError, rest } from '../rest.ts'
import { startPostgres } from '../servers/postgres.ts'
import { freePort } from '../servers/process.ts'
import { launchAssay } from '../servers/trackers.ts'
import { runClient } from './clients.ts'
import type { Found, Operation, Verdict } from './ledger.ts'
import { judge, nameOf } from './ledger.ts'
import { supervise } from './supervised.ts'

const usage = `npm run bench:kill -- [--on postgres|embedded] [--kills 20] [--clients 8] [--seed N] [--ack-early]

Logs from eight clients, kills the server (SIGKILL) again and again and starts it anew, then looks for every point, param and tag
that was acknowledged: each must be there, once, and each batch whole. Without --on: on Postgres and on the embedded database.
--ack-early is the negative control: a server that answers before it has committed. It passes when the test sees what was lost.
`

const { values } = parseArgs({
  options: {
    on: { type: 'string' },
    kills: { type: 'string', default: '20' },
    clients: { type: 'string', default: '8' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
    'ack-early': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const print = (line: string) => process.stdout.write(`${line}\n`)
const random = seeded(Number(values.seed))

async function killTest(database: string | undefined): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-kill-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const ackEarly = fileURLToPath(new URL('ack-early.ts', import.meta.url))
  const server = await supervise(
    () =>
      launchAssay({
        port,
        artifacts: join(folder, 'artifacts'),
        data: join(folder, 'data'),
        log: join(folder, 'server.log'),
        node_args: values['ack-early'] ? ['--import', ackEarly] : [],
        ...(database && { database }),
      }),
    url,
  )
  try {
    const client = rest(url)
    const started = performance.now()
    const { ledger, gaps } = await logWhileKilling(client, server.killNow)
    const verdict = judge(ledger, await readAll(client, [...new Set(ledger.map((operation) => operation.run_id))]))
    const seconds = (performance.now() - started) / 1000
    print(printVerdict(database ? 'Postgres' : 'embedded', verdict, gaps, seconds))
    return verdict
  } finally {
    await server.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function logWhileKilling(client: Rest, killNow: () => Promise<number>) {
  const ledger: Operation[] = []
  const gaps: number[] = []
  const stop = new AbortController()
  const clients = Array.from({ length: Number(values.clients) }, (_, index) =>
    runClient(client, seeded(Number(values.seed) + 1 + index), ledger, stop.signal),
  )
  const killing = async () => {
    for (let kill = 0; kill < Number(values.kills); kill++) {
      await wait(200 + random.below(1800))
      gaps.push(await killNow())
    }
    await wait(500)
  }
  await Promise.all([killing().finally(() => stop.abort()), ...clients])
  return { ledger, gaps }
}

type Listed = { key: string; value: string }
type HistoryPage = { metrics?: { key: string; value: number; timestamp: number; step: number }[] }
type RunAnswer = { run: { data: { metrics?: { key: string }[]; params?: Listed[]; tags?: Listed[] } } }

/** All that the server holds of these runs, through its API alone. */
async function readAll(client: Rest, runs: string[]): Promise<Map<string, Found>> {
  const all = new Map<string, Found>()
  for (const run_id of runs) {
    const found = await readRun(client, run_id)
    if (found) all.set(run_id, found)
  }
  return all
}

async function readRun(client: Rest, run_id: string): Promise<Found | undefined> {
  const { run } = await client.get<RunAnswer>('runs/get', { run_id }).catch((error: unknown) => {
    if (error instanceof RestError && error.status === 404) return { run: undefined } // an acknowledged run that is lost
    throw error
  })
  if (!run) return undefined
  const points = new Map<string, number>()
  for (const { key } of run.data.metrics ?? []) {
    const { metrics = [] } = await client.get<HistoryPage>('metrics/get-history', { run_id, metric_key: key })
    for (const point of metrics) points.set(nameOf(point), (points.get(nameOf(point)) ?? 0) + 1)
  }
  const listed = (list: Listed[] = []) => new Map(list.map(({ key, value }) => [key, value]))
  return { points, params: listed(run.data.params), tags: listed(run.data.tags) }
}

function printVerdict(name: string, v: Verdict, gaps: number[], seconds: number): string {
  const facts = [
    `${gaps.length} kills in ${seconds.toFixed(0)} s`,
    `${v.acknowledged} writes acknowledged (${v.points} points), ${v.unknown} unknown, ${v.refused} refused`,
    `lost ${v.lost}, doubled ${v.doubled}, batches in part ${v.partial}`,
    `longest without an answer ${(Math.max(...gaps) / 1000).toFixed(1)} s`,
  ]
  return [`${name}: ${facts.join(' · ')}`, ...v.examples.map((example) => `  ${example}`)].join('\n')
}

/** A run with few acknowledged points proves nothing. */
const clean = (v: Verdict) => v.points > 1000 && v.lost + v.doubled + v.partial + v.refused === 0

async function main(): Promise<void> {
  print(`seed ${values.seed}${values['ack-early'] ? '; negative control: answers before it commits' : ''}`)
  const verdicts: Verdict[] = []
  if (values.on !== 'postgres') verdicts.push(await killTest(undefined))
  if (values.on !== 'embedded') {
    const postgres = await startPostgres()
    try {
      verdicts.push(await killTest(await postgres.createDatabase('kill')))
    } finally {
      await postgres.stop()
    }
  }
  const passed = verdicts.every(values['ack-early'] ? (verdict) => verdict.lost > 0 : clean)
  if (values['ack-early'])
    print(passed ? 'It lost acknowledged writes, as it must.' : 'FAILED: the test does not see a loss')
  else print(passed ? 'All that was acknowledged is there, once.' : 'FAILED')
  process.exitCode = passed ? 0 : 1
}

if (values.help) print(usage)
else await main()
