import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { importProblems } from './imports.ts'

const root = join(import.meta.dirname, '..')
const copy = mkdtempSync(join(tmpdir(), 'assay-imports-'))

const planted: Record<string, string> = {
  'web/features/planted/a.ts': "import '../../../bff/tracking/index.ts'",
  'web/features/planted/b.ts': "import '../stranger/a.ts'",
  'web/features/planted/c.ts': "import './b.ts'\nimport '#contract'",
  'web/features/stranger/a.ts': "import 'node:fs'",
  'bff/contract/planted.ts': "import '#kit/planted.ts'",
  'bff/kit/planted.ts': "import type { Planted } from '../tracking/planted.ts'\nexport type { Planted }",
  'bff/tracking/planted.ts': "import '../kit/planted.ts'\nimport '../config/planted.ts'\nexport type Planted = 1",
  'bff/tracking/index.ts': 'export const planted = 1',
  'bff/config/planted.ts': "import '../tracking/planted.ts'\nimport 'vite'\nimport '../absent.ts'",
  'bff/contract/index.ts': 'export const planted = 1',
}

const plant = (path: string, text: string) => {
  mkdirSync(dirname(join(copy, path)), { recursive: true })
  writeFileSync(join(copy, path), text)
}

beforeAll(() => {
  for (const path of ['package.json', 'tsconfig.json', '.dependency-cruiser.json'])
    cpSync(join(root, path), join(copy, path))
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const [path, text] of Object.entries(planted)) plant(path, text)
})
afterAll(() => rmSync(copy, { recursive: true }))

describe('a forbidden import is refused:', () => {
  let problems: string[]
  beforeAll(async () => {
    problems = await importProblems(copy)
  })

  test.each([
    'page-knows-contract-only: web/features/planted/a.ts → bff/tracking/index.ts',
    'features-are-strangers: web/features/planted/b.ts → web/features/stranger/a.ts',
    'page-has-no-node: web/features/stranger/a.ts → fs',
    'contract-is-pure: bff/contract/planted.ts → bff/kit/planted.ts',
    'kit-knows-no-product: bff/kit/planted.ts → bff/tracking/planted.ts',
    'tracking-stands-alone: bff/tracking/planted.ts → bff/config/planted.ts',
    'tracking-has-one-door: bff/config/planted.ts → bff/tracking/planted.ts',
    'no-cycles: bff/kit/planted.ts → bff/tracking/planted.ts',
    'no-unresolved: bff/config/planted.ts → ../absent.ts',
  ])('%s', (problem) => expect(problems).toContain(problem))

  test('a development dependency in the server', () =>
    expect(problems.join('\n')).toMatch(/server-runs-without-dev-dependencies: bff\/config\/planted.ts → .*vite/))

  test('and what is allowed is not', () => expect(problems.join('\n')).not.toContain('web/features/planted/c.ts'))
})

test('sources that were not cruised are a failure', async () => {
  const rules = JSON.parse(readFileSync(join(copy, '.dependency-cruiser.json'), 'utf8'))
  plant('.dependency-cruiser.json', JSON.stringify({ ...rules, options: { ...rules.options, exclude: '^bff/kit/' } }))
  expect(await importProblems(copy)).toContain('not cruised: bff/kit/planted.ts')
})
