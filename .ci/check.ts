import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { buildIfStale } from '../bin/build.ts'
import { bundleProblems } from './bundle.ts'
import { importProblems } from './imports.ts'
import { versionProblems } from './versions.ts'

const root = join(import.meta.dirname, '..')

// `npm run check`: everything that can be known without running the program. All of it runs, whatever fails.
const checks: Record<string, () => Promise<string[]>> = {
  types: () => run('typescript/bin/tsc', '--project', '.'),
  'format and lint': () => run('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--max-diagnostics=200'),
  imports: () => importProblems(root),
  'dead code': () => run('knip/bin/knip.js'),
  versions: async () => versionProblems(root),
  bundle: async () => {
    buildIfStale()
    return bundleProblems(join(root, 'web/dist'))
  },
}

const results = await Promise.all(
  Object.entries(checks).map(async ([name, check]) => {
    const started = performance.now()
    const problems = await check().catch((error) => [String(error)])
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    process.stdout.write([`${problems.length ? 'FAIL' : 'ok  '}  ${name} (${seconds} s)`, ...problems, ''].join('\n'))
    return problems.length === 0
  }),
)
const failed = results.filter((passed) => !passed).length
process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`)
process.exitCode = failed ? 1 : 0

/** Runs a tool with this same Node; what it printed is the complaint when it fails. */
function run(tool: string, ...args: string[]) {
  return new Promise<string[]>((resolve) => {
    const argv = [join(root, 'node_modules', tool), ...args]
    execFile(process.execPath, argv, { cwd: root, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve(error ? [stdout + stderr || String(error)] : []),
    )
  })
}
