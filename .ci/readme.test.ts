import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configTable } from '../bff/config/help.ts'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

test('the configuration table is that of the program (`npm run -s assay -- help config` prints it)', () =>
  expect(readme).toContain(configTable()))

test('every command is told of', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  for (const name of Object.keys(scripts)) expect(readme).toMatch(new RegExp(`npm (run )?(-s )?${name}\\b`))
})

test('what the tree names is there', () => {
  const tree = /## The tree\n\n```\n(.*?)```/s.exec(readme)?.[1] ?? ''
  let top = ''
  for (const [, indent, folder = ''] of tree.matchAll(/^( *)([\w.]+\/) /gm)) {
    if (!indent) top = folder
    expect(existsSync(join(root, indent ? top : '', folder)), folder).toBe(true)
  }
})
