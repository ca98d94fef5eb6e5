import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { quantile } from './figures.ts'
import type { Hostile } from './hostile.ts'
import { hostileRequests } from './hostile.ts'
import { runLoad } from './load.ts'
import { rest } from './rest.ts'
import { seedOf } from './seed.ts'
import { startPostgres } from './servers/postgres.ts'
import { watchMemory } from './servers/process.ts'
import { startAssay } from './servers/trackers.ts'
import { printNumber } from './table.ts'

const usage = `npm run bench:mixed -- [--seconds 30] [--rate 50] [--connections 8] [--embedded] [--each]

Log-metric over --connections, and beside it --rate requests a second that are meant to cost the server much (hostile.ts). Prints
how long the event loop was held up, by the server's own /metrics, and how long /health took. Exits with 1 where p99 of the
event loop is 50 ms or more. With --each: one after another on an idle server, and how long each of them held the loop up.
`

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    rate: { type: 'string', default: '50' },
    connections: { type: 'string', default: '8' },
    embedded: { type: 'boolean', default: false },
    each: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const print = (line: string) => process.stdout.write(`${line}\n`)

/** Milliseconds that the event loop was late since this was last asked. */
async function lateness(base: string) {
  // the loop's own timer has to come round once more, or what held it up would be told at the next time
  await wait(50)
  const text = await (await fetch(`${base}/metrics`)).text()
  const read = (name: string) =>
    1000 * Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)`, 'm').exec(text)?.[1])
  return { p50: read('p50'), p99: read('p99'), max: read('max') }
}

/** Status and time; 0 where the server hung up, as it may on a body that it refused. */
async function send(base: string, { method, path, body }: Hostile): Promise<{ status: number; ms: number }> {
  const start = performance.now()
  const init = { method, ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }) }
  const status = await fetch(base + path, { ...init, signal: AbortSignal.timeout(60_000) }).then(
    async (response) => {
      await response.arrayBuffer()
      return response.status
    },
    () => 0,
  )
  return { status, ms: performance.now() - start }
}

async function eachAlone(base: string, corpus: Hostile[]): Promise<void> {
  print('| request | status | took | held the loop up |\n| --- | --- | --- | --- |')
  for (const request of corpus) {
    await lateness(base)
    const { status, ms } = await send(base, request)
    const { max } = await lateness(base)
    print(`| ${request.why.replaceAll('|', '\\|')} | ${status} | ${printNumber(ms)} ms | ${printNumber(max)} ms |`)
  }
}

/** Sends so many a second, whether the ones before are answered or not. */
async function sendSteadily(base: string, corpus: Hostile[], seconds: number): Promise<Map<number, number>> {
  const statuses = new Map<number, number>()
  const under: Promise<void>[] = []
  const start = performance.now()
  for (let sent = 0; sent < seconds * Number(values.rate); sent++) {
    await wait(Math.max(0, start + (sent * 1000) / Number(values.rate) - performance.now()))
    const request = corpus[sent % corpus.length]
    if (request)
      under.push(send(base, request).then(({ status }) => void statuses.set(status, (statuses.get(status) ?? 0) + 1)))
  }
  await Promise.all(under)
  return statuses
}

async function healthTimes(base: string, seconds: number): Promise<number[]> {
  const times: number[] = []
  const until = performance.now() + seconds * 1000
  while (performance.now() < until) {
    times.push((await send(base, { why: 'health', method: 'GET', path: '/health' })).ms)
    await wait(50)
  }
  return times
}

async function mixed(base: string, pid: number, corpus: Hostile[], ids: string[]): Promise<number> {
  const seconds = Number(values.seconds)
  const connections = Number(values.connections)
  const most = watchMemory(pid)
  await lateness(base)
  const [normal, statuses, health] = await Promise.all([
    runLoad(base, undefined, { name: 'log-metric', connections, seconds, ids }),
    sendSteadily(base, corpus, seconds),
    healthTimes(base, seconds),
  ])
  const late = await lateness(base)
  const answers = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status || 'hung up'}: ${count}`)
  print(
    `event loop late: p50 ${printNumber(late.p50)} ms, p99 ${printNumber(late.p99)} ms, most ${printNumber(late.max)} ms`,
  )
  print(`health: p50 ${printNumber(quantile(health, 0.5))} ms, p99 ${printNumber(quantile(health, 0.99))} ms`)
  print(
    `log-metric, ${connections} connections: ${printNumber(normal.requests / normal.seconds)} /s, p99 ${printNumber(normal.p99)} ms, ${normal.errors} errors`,
  )
  print(`${values.rate} hostile requests a second: ${answers.join(', ')}`)
  print(`memory: ${printNumber(most())} MB at most`)
  return late.p99 < 50 && ![...statuses.keys()].some((status) => status >= 500) ? 0 : 1
}

async function main(): Promise<number> {
  const postgres = values.embedded ? undefined : await startPostgres()
  const database = await postgres?.createDatabase('mixed')
  const assay = await startAssay(database ? { database } : {})
  try {
    const runs = await seedOf(rest(assay.url)).runs(16)
    const ids = runs.map(({ run_id }) => run_id)
    const corpus = hostileRequests(ids[0] ?? '')
    if (!values.each) return await mixed(assay.url, assay.program.pid, corpus, ids)
    await eachAlone(assay.url, corpus)
    return 0
  } finally {
    await assay.stop()
    await postgres?.stop()
  }
}

if (values.help) print(usage)
else process.exitCode = await main()
