import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const stamp = join(root, 'web/dist/.built-from')

/** Builds what is missing or older than its sources. Where the sources are absent, it came built. */
export function buildIfStale() {
  if (!existsSync(join(root, 'web/index.html')) || (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest()))
    return
  if (!existsSync(join(root, 'node_modules/vite')))
    return say('The page is not built, and without the development dependencies it cannot be: serving the API alone.\n')
  say('First start, or one after a change:\n')
  // In a process of its own, so that the server does not keep the memory that a build takes.
  spawnSync(process.execPath, [import.meta.filename], { stdio: ['ignore', 2, 2] })
}

async function buildPage() {
  // Vite takes the surroundings' word for it, and a test runner's NODE_ENV would bring React's development build.
  process.env.NODE_ENV = 'production'
  const vite = await import('vite')
  await vite.build({ root: join(root, 'web'), configFile: join(root, 'vite.config.ts'), logLevel: 'error' })
  writeFileSync(stamp, digest())
}

async function packDatabase() {
  const { prepareImage } = await import('#kit/db-image.ts')
  await prepareImage(join(root, 'bff/migrations'))
}

function digest() {
  const own = ['vite.config.ts', 'package-lock.json', 'bin/build.ts']
  const sources = globSync('{web,bff/contract}/**/*.*', { cwd: root, exclude: ['web/dist/**', '**/*.test.*'] }).sort()
  const hash = createHash('sha256')
  for (const path of [...own, ...sources]) hash.update(path).update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

async function timed(what: string, work: () => Promise<void>) {
  const started = performance.now()
  say(`${what} … `)
  await work()
  say(`${((performance.now() - started) / 1000).toFixed(1)} s\n`)
}

const say = (text: string) => void process.stderr.write(text)

if (import.meta.main) {
  await timed('building the page', buildPage)
  await timed('packing an empty embedded database', packDatabase)
}
