import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import { prepareImage } from '#kit/db-image.ts'
import type { Log } from '#kit/log.ts'
import { migrate, requireMigrated } from '#kit/migrate.ts'
import type { Config } from './config.ts'

const migrations = fileURLToPath(new URL('./migrations', import.meta.url))

/** Assay's own database, open and up to date. Throws where it cannot be reached, or is behind and may not be migrated. */
export async function openStorage(config: Pick<Config, 'database' | 'migrate'>, log: Log): Promise<Database> {
  const database = await openDatabase(await withImage(config.database, log), log)
  try {
    if (config.migrate) await migrate(database, migrations, log)
    else await requireMigrated(database, migrations)
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/** An embedded database that does not exist yet begins as a copy of a prepared one. */
async function withImage(database: Config['database'], log: Log) {
  if (!('folder' in database) || existsSync(join(database.folder, 'PG_VERSION'))) return database
  return { ...database, image: await prepareImage(migrations, log) }
}
