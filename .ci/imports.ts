import { globSync } from 'node:fs'
import { join } from 'node:path'
import type { ICruiseResult } from 'dependency-cruiser'
import { cruise } from 'dependency-cruiser'
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'

const folders = ['bff', 'web', 'e2e', 'bench', 'bin', '.ci']

/** The import table of `.dependency-cruiser.json`, as a list of complaints about the tree at `root`. */
export async function importProblems(root: string): Promise<string[]> {
  const sources = globSync(`{${folders.join(',')}}/**/*.{ts,tsx}`, { cwd: root, exclude: ['web/dist/**'] })
  const used = folders.filter((folder) => sources.some((path) => path.startsWith(`${folder}/`)))
  const options = await extractOptions(join(root, '.dependency-cruiser.json'))
  const tsConfig = extractTSConfig(join(root, 'tsconfig.json'))
  const { output } = await cruise(used, { ...options, baseDir: root }, options.enhancedResolveOptions, { tsConfig })
  const { modules, summary } = output as ICruiseResult
  const seen = new Set(modules.map((module) => module.source))
  return [
    ...summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
    // With a TypeScript that it cannot read, dependency-cruiser sees no module and finds no fault.
    ...sources.filter((path) => !seen.has(path)).map((path) => `not cruised: ${path}`),
  ]
}
