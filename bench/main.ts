import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { measure, quantile } from './figures.ts'
import { ceiling, loadTool } from './load.ts'
import { fullPace, quickPace } from './pace.ts'
import { rest } from './rest.ts'
import { seedOf } from './seed.ts'
import { measureStart } from './starting.ts'
import { printComplaints, printNumber, printTable } from './table.ts'
import { diskFloor } from './transfer.ts'
import { works } from './work.ts'

const usage = `npm run bench -- --url A [--url B] [--only NAME,…] [--quick]
npm run bench -- --start 'COMMAND' --url A

The same work on one or two MLflow-compatible servers that run already, in turn; with two, how many times better A is.
It writes experiments named bench-… and leaves them there. NAME: ${works.map((work) => work.name).join(' ')}
With --start: the time from COMMAND to A's first answer, and its memory after five idle seconds; then it is stopped.
npm run bench -- --peers starts Postgres, Assay, MLflow and FastTrackML by itself and says what passes (bench:compare).
`

const options = {
  url: { type: 'string', multiple: true, default: [] as string[] },
  start: { type: 'string' },
  only: { type: 'string' },
  quick: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

const print = (line: string) => process.stdout.write(`${line}\n`)
const tell = (line: string) => process.stderr.write(`${line}\n`)

async function main(): Promise<void> {
  const { values } = parseArgs({ options })
  const wanted = values.only?.split(',')
  const unknown = wanted?.filter((name) => !works.some((work) => work.name === name)) ?? []
  if (values.help || values.url.length < 1 || values.url.length > 2 || unknown.length) {
    print(unknown.length ? `No such work: ${unknown.join(', ')}\n\n${usage}` : usage)
    process.exitCode = values.help ? 0 : 2
    return
  }
  const [first = ''] = values.url
  if (values.start) {
    const { started_ms, idle_mb } = await measureStart(values.start, first)
    print(`first answer after ${printNumber(started_ms)} ms, ${printNumber(idle_mb)} MB idle`)
    return
  }
  const pace = values.quick ? quickPace : fullPace
  const chosen = works.filter((work) => !wanted || wanted.includes(work.name))
  const figures = await measure(
    chosen,
    values.url.map((url) => seedOf(rest(url, { patient: true }))),
    pace,
    tell,
  )
  const columns = figures.map((one, index) => ({ name: 'AB'.charAt(index), figures: one }))

  print(
    `${cpus().length} cores, ${await loadTool()}${values.quick ? '; --quick: less data and time, no figures to quote' : ''}\n`,
  )
  print(printTable(chosen, columns))
  print(printComplaints(columns))
  for (const connections of [1, 16]) {
    const most = await ceiling({ name: 'log-metric', connections, seconds: 3, ids: ['0'.repeat(32)] })
    print(
      `The tool's own ceiling, log-metric to a server that answers {}: ${printNumber(most.requests / most.seconds)} /s from ${connections}`,
    )
  }
  const floor = chosen.some((work) => work.name.startsWith('artifact')) ? await diskFloor(pace.artifact_mib) : []
  if (floor.length) print(`The disk's own floor, dd with fsync: ${printNumber(quantile(floor, 0.5))} MiB/s`)
}

if (process.argv.includes('--peers')) await import('./compare.ts')
else await main()
