import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DatabaseLog } from './db.ts'
import { openDatabase } from './db.ts'
import { migrate, readMigrations } from './migrate.ts'

const cache = fileURLToPath(new URL('../../node_modules/.cache/assay/', import.meta.url))

/**
 * The file of a packed, migrated, empty database. Creating one takes seconds, unpacking it a fraction of one, so it is
 * made once (by the build, or at the first need) and kept. Undefined where it cannot be kept: the database is then
 * created the slow way.
 */
export async function prepareImage(migrations: string, log?: DatabaseLog): Promise<string | undefined> {
  const file = join(cache, `pglite-${await identity(migrations)}.tar.zst`)
  if (existsSync(file)) return file
  try {
    log?.info({ file }, 'creating the embedded database once: a few seconds')
    const database = await openDatabase({ folder: undefined, packTo: file }, log)
    await migrate(database, migrations).finally(() => database.close())
    if (!existsSync(file)) return undefined
    await dropOthers(file)
    return file
  } catch (error) {
    log?.warn({ err: error }, 'the image of the embedded database could not be kept')
    return undefined
  }
}

/** Those of earlier versions. */
async function dropOthers(file: string): Promise<void> {
  for (const name of await readdir(cache))
    if (name.startsWith('pglite-') && !name.startsWith(basename(file))) await rm(join(cache, name), { force: true })
}

/** An image fits one version of the engine and one set of migrations. */
async function identity(migrations: string): Promise<string> {
  const engine = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'))
  const { version } = JSON.parse(await readFile(join(engine, '../package.json'), 'utf8')) as { version: string }
  const digests = (await readMigrations(migrations)).map(({ name, digest }) => `${name} ${digest}`)
  return createHash('sha256')
    .update([version, ...digests].join('\n'))
    .digest('hex')
    .slice(0, 16)
}
