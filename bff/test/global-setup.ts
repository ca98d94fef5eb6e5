import { randomBytes } from 'node:crypto'
import { openDatabase } from '#kit/db.ts'
import { prepareImage } from '#kit/db-image.ts'
import { migrate } from '#kit/migrate.ts'
import { databaseUrl, migrations, onServer } from './database.ts'

/** Once a run: the database that every test file starts from. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  const url = process.env.ASSAY_TEST_DATABASE_URL
  if (!url) {
    await prepareImage(migrations)
    return undefined
  }
  const name = `assay_test_${randomBytes(4).toString('hex')}`
  await onServer(url, `create database ${name}`)
  const database = await openDatabase({ url: databaseUrl(url, name) })
  await migrate(database, migrations).finally(() => database.close())
  process.env.ASSAY_TEST_TEMPLATE = name
  return async () => {
    const made = await onServer(url, `select datname from pg_database where datname like '${name}%' order by 1 desc`)
    await onServer(url, ...made.map(({ datname }) => `drop database ${datname} with (force)`))
  }
}
