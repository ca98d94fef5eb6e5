import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database, DatabaseLog } from './db.ts'
import { reason } from './db-errors.ts'
import type { Db } from './sql.ts'
import { raw, row, rows, sql } from './sql.ts'

/** One file `0001_name.sql`. The digest does not depend on how lines end. */
export type Migration = { number: number; name: string; text: string; digest: string }

type Applied = { number: number; name: string; digest: string }

export async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort()
  const migrations = await Promise.all(names.map((name) => readMigration(folder, name)))
  const misnumbered = migrations.find(({ number }, n) => number !== n + 1)
  if (misnumbered)
    throw new Error(`${misnumbered.name} in ${folder}: migrations are numbered 0001, 0002, … without gaps`)
  return migrations
}

async function readMigration(folder: string, name: string): Promise<Migration> {
  const text = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n')
  return { number: Number(name.slice(0, 4)), name, text, digest: createHash('sha256').update(text).digest('hex') }
}

/**
 * Brings the database up to the newest migration and says which ones it took. Safe with any number of processes at once
 * and when killed: each migration is one transaction, which records its number and holds a lock while it runs.
 */
export async function migrate(database: Database, folder: string, log?: DatabaseLog): Promise<string[]> {
  const migrations = await readMigrations(folder)
  const taken: string[] = []
  for (;;) {
    const done = await database.writes.transaction((db) => takeNext(db, database.schema, migrations), { patient: true })
    if (!done) return taken
    taken.push(done.name)
    log?.info({ migration: done.name }, 'migrated')
  }
}

/** The migrations that the database has not seen; refuses what `migrate` would refuse, and changes nothing. */
export async function pendingMigrations(database: Database, folder: string): Promise<Migration[]> {
  return missing(database.health, database.schema, await readMigrations(folder))
}

/** For a start that must not change the schema. */
export async function requireMigrated(database: Database, folder: string): Promise<void> {
  const names = (await pendingMigrations(database, folder)).map(({ name }) => name)
  if (names.length > 0)
    throw new Error(
      `The database lacks ${names.join(', ')}: run "${database.schema} db upgrade", or start without --no-migrate.`,
    )
}

async function takeNext(db: Db, schema: string, migrations: Migration[]): Promise<Migration | undefined> {
  await db.query(sql`select pg_advisory_xact_lock(hashtext(${`${schema} migrations`}))`)
  const [next] = await missing(db, schema, migrations)
  if (!next) return undefined
  await db.query(
    raw(`
    create schema if not exists ${schema};
    create table if not exists ${schema}.migrations (
      number int primary key,
      name text not null,
      digest text not null,
      applied timestamptz not null default now()
    )`),
  )
  await db.query(raw(next.text)).catch((error: unknown) => {
    throw new Error(`Migration ${next.name} failed and nothing of it is kept: ${reason(error)}`, { cause: error })
  })
  await db.query(sql`
    insert into ${raw(schema)}.migrations (number, name, digest) values (${next.number}, ${next.name}, ${next.digest})`)
  return next
}

async function missing(db: Db, schema: string, migrations: Migration[]): Promise<Migration[]> {
  const applied = await appliedIn(db, schema)
  if (!applied) {
    await refuseForeign(db)
    return migrations
  }
  const newest = Math.max(0, ...applied.map(({ number }) => number))
  if (newest > migrations.length)
    throw new Error(
      `The database is newer than this program: it has migration ${newest}, the program knows ${migrations.length}. ` +
        'Start the newer program; nothing was changed.',
    )
  const changed = applied.find(({ number, digest }) => migrations[number - 1]?.digest !== digest)
  if (changed)
    throw new Error(
      `Migration ${changed.name} is not the one that this database went through: the file was changed afterwards. ` +
        'Start the program that made the database, or use a new database; nothing was changed.',
    )
  const seen = new Set(applied.map(({ number }) => number))
  return migrations.filter(({ number }) => !seen.has(number))
}

async function appliedIn(db: Db, schema: string): Promise<Applied[] | undefined> {
  const table = await row<{ found: boolean }>(
    db,
    sql`select to_regclass(${`${schema}.migrations`}) is not null as found`,
  )
  if (!table?.found) return undefined
  return rows(db, sql`select number, name, digest from ${raw(schema)}.migrations order by number`)
}

/** MLflow marks its databases with Alembic's table, in `public` or where the user's own search path leads. */
async function refuseForeign(db: Db): Promise<void> {
  const found = await row<{ place: string }>(
    db,
    sql`
    select n.nspname || '.' || c.relname as place
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relname = 'alembic_version' and c.relkind in ('r', 'p', 'v', 'f')
      and (n.nspname in ('public', current_user) or n.nspname = any (
        select trim(both ' "' from part)
        from pg_settings, unnest(string_to_array(reset_val, ',')) as part
        where name = 'search_path'))
    limit 1`,
  )
  if (found)
    throw new Error(
      `This database holds MLflow's own tables (${found.place}): nothing was written. Taking over an MLflow database is an ` +
        'import, which comes in a later version; name an empty database, or another database on the same server.',
    )
}
