import { execFile } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const folders = ['bff', 'web', 'e2e', 'bench', 'bin', '.ci']

type Cruise = {
  modules: { source: string }[]
  summary: { violations: { from: string; to: string; rule: { name: string } }[] }
}

/** The import table of `.dependency-cruiser.json`, as a list of complaints about the tree at `root`. */
export async function importProblems(root: string): Promise<string[]> {
  const sources = sourcesIn(root)
  const { modules, summary } = await cruise(root)
  const seen = new Set(modules.map((module) => module.source))
  return [
    ...summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
    // With a TypeScript that it cannot read, dependency-cruiser sees no module and finds no fault.
    ...sources.filter((path) => !seen.has(path)).map((path) => `not cruised: ${path}`),
  ]
}

const sourcesIn = (root: string) =>
  globSync(`{${folders.join(',')}}/**/*.{ts,tsx}`, { cwd: root, exclude: ['web/dist/**'] })

async function cruise(root: string): Promise<Cruise> {
  const used = folders.filter((folder) => sourcesIn(root).some((path) => path.startsWith(`${folder}/`)))
  const program = join(import.meta.dirname, '../node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
  const args = [program, '--output-type', 'json', '--config', '.dependency-cruiser.json', ...used]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, maxBuffer: 2 ** 28 })
  return JSON.parse(stdout)
}
