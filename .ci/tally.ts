import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

type Report = {
  success: boolean
  testResults: { name: string; assertionResults: { fullName: string; status: string }[] }[]
}
type Step = { name: string; seconds: number; exit: number; report: Report | undefined; vitest: boolean }
type Count = { passed: number; failed: number }

const executed = new Set(['passed', 'failed'])

/** The table of where the time went, and the closing line. Steps that died count as failed, whatever they had reported. */
export function tally(steps: Step[], seconds: number) {
  const counts = steps.map(count)
  const idle = neverRun(steps)
  const passed = sum(counts.map((c) => c.passed))
  const failed = sum(counts.map((c) => c.failed)) + idle.length
  const rows = steps.map((step, i) => row(step.name, step.seconds, counts[i]!))
  const total = row('all, with what ran side by side', seconds, { passed, failed })
  const skipped = idle.map((name) => `skipped in every run: ${name}`)
  return { lines: [...rows, total, ...skipped, `${passed} passed, ${failed} failed`], failed }
}

function count({ exit, report, vitest }: Step): Count {
  if (!vitest) return exit === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
  const tests = testsOf(report)
  const passed = tests.filter(({ status }) => status === 'passed').length
  const failed = tests.filter(({ status }) => status === 'failed').length
  const died = failed === 0 && (exit !== 0 || !report?.success || passed === 0)
  return { passed, failed: died ? 1 : failed }
}

const testsOf = (report: Report | undefined) =>
  (report?.testResults ?? []).flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({ test: `${relative('.', name)}: ${fullName}`, status })),
  )

/** A test may skip where a service is absent. Here all are there, so each has to run at least once. */
function neverRun(steps: Step[]): string[] {
  const tests = steps.flatMap(({ report }) => testsOf(report))
  const ran = new Set(tests.filter(({ status }) => executed.has(status)).map(({ test }) => test))
  return [...new Set(tests.map(({ test }) => test))].filter((test) => !ran.has(test))
}

const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)
const row = (name: string, seconds: number, { passed, failed }: Count) =>
  `${clock(seconds)}  ${name.padEnd(48)} ${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed`
const clock = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`.padStart(6)

function readSteps(path: string): Step[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const [name = '', seconds, exit, report] = line.split('\t')
    return { name, seconds: Number(seconds), exit: Number(exit), report: readReport(report), vitest: Boolean(report) }
  })
}

function readReport(path: string | undefined): Report | undefined {
  const text = path ? readFileSync(path, 'utf8') : ''
  return text ? JSON.parse(text) : undefined
}

if (import.meta.main) {
  const [steps = '', seconds] = process.argv.slice(2)
  const { lines, failed } = tally(readSteps(steps), Number(seconds))
  process.stdout.write(`${lines.join('\n')}\n`)
  process.exitCode = failed ? 1 : 0
}
