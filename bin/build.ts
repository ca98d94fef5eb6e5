import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const stamp = join(root, 'web/dist/.built-from')

/** Builds the page unless it stands as its sources are now. Where the sources are absent, it came built. */
export async function buildIfStale() {
  if (!existsSync(join(root, 'web/index.html')) || (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest()))
    return
  const vite = await import('vite').catch(() => undefined)
  if (vite) await build(vite)
  else say('The page is not built, and without the development dependencies it cannot be: serving the API alone.')
}

async function build(vite: typeof import('vite')) {
  say('Building the page (once, and again when its sources change) …')
  const started = performance.now()
  await vite.build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'warn' })
  writeFileSync(stamp, digest())
  say(`Built in ${((performance.now() - started) / 1000).toFixed(1)} s.`)
}

function digest() {
  const sources = [
    'vite.config.ts',
    'package-lock.json',
    ...globSync('{web,bff/contract}/**/*.*', { cwd: root, exclude: ['web/dist/**'] }).sort(),
  ]
  const hash = createHash('sha256')
  for (const path of sources) if (!path.includes('.test.')) hash.update(path).update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

const say = (line: string) => process.stderr.write(`${line}\n`)

if (import.meta.main) await build(await import('vite'))
