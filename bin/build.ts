import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepareImage } from '#kit/db-image.ts'

const root = join(import.meta.dirname, '..')
const stamp = join(root, 'web/dist/.built-from')

/** Builds the page unless it stands as its sources are now. Where the sources are absent, it came built. */
export async function buildIfStale() {
  if (!existsSync(join(root, 'web/index.html')) || (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest()))
    return
  const vite = await import('vite').catch(() => undefined)
  if (vite) await timed('Building the page (once, and again when its sources change)', () => buildPage(vite))
  else say('The page is not built, and without the development dependencies it cannot be: serving the API alone.\n')
}

async function buildPage(vite: typeof import('vite')) {
  await vite.build({ root: join(root, 'web'), configFile: join(root, 'vite.config.ts'), logLevel: 'warn' })
  writeFileSync(stamp, digest())
}

function digest() {
  const own = ['vite.config.ts', 'package-lock.json', 'bin/build.ts']
  const sources = globSync('{web,bff/contract}/**/*.*', { cwd: root, exclude: ['web/dist/**', '**/*.test.*'] }).sort()
  const hash = createHash('sha256')
  for (const path of [...own, ...sources]) hash.update(path).update(readFileSync(join(root, path)))
  return hash.digest('hex')
}

async function timed(what: string, work: () => Promise<unknown>) {
  const started = performance.now()
  say(`${what} … `)
  await work()
  say(`${((performance.now() - started) / 1000).toFixed(1)} s\n`)
}

const say = (text: string) => process.stderr.write(text)

if (import.meta.main) {
  await timed('Building the page', async () => buildPage(await import('vite')))
  await timed('Packing an empty embedded database', () => prepareImage(join(root, 'bff/tracking/migrations')))
}
