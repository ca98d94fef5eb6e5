import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundleProblems } from './bundle.ts'

const bundle = (bytes: { entry: number; shared: number; lazy: number }) => {
  const dist = mkdtempSync(join(tmpdir(), 'assay-bundle-'))
  mkdirSync(join(dist, '.vite'))
  for (const [name, size] of Object.entries(bytes)) writeFileSync(join(dist, `${name}.js`), randomBytes(size))
  writeFileSync(
    join(dist, '.vite/manifest.json'),
    JSON.stringify({
      'index.html': { file: 'entry.js', isEntry: true, imports: ['_shared.js'], dynamicImports: ['lazy.ts'] },
      '_shared.js': { file: 'shared.js', imports: ['index.html'] },
      'lazy.ts': { file: 'lazy.js', isDynamicEntry: true },
    }),
  )
  return dist
}

test.each([
  { why: 'lazy chunks are free', bytes: { entry: 90_000, shared: 100_000, lazy: 900_000 }, problems: 0 },
  { why: 'static imports count', bytes: { entry: 150_000, shared: 60_000, lazy: 0 }, problems: 1 },
])('the page has to be small at first sight: $why', ({ bytes, problems }) =>
  expect(bundleProblems(bundle(bytes))).toHaveLength(problems),
)
