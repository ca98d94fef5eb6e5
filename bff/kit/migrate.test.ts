import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { migrations as ours, testDatabase } from '../test/database.ts'
import type { Database } from './db.ts'
import { openDatabase } from './db.ts'
import { migrate, pendingMigrations, requireMigrated } from './migrate.ts'
import { raw, rows, sql } from './sql.ts'

let folder: string
let database: Database

beforeAll(async () => {
  database = await openDatabase({ ...(await testDatabase()), schema: 'other' })
})
afterAll(() => database.close())

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrations-'))
  await write('0001_first.sql', 'create table a (id int); create table b (id int);')
})

afterEach(async () => {
  await database.query(raw('drop schema if exists other cascade; drop table if exists public.alembic_version'))
  await rm(folder, { recursive: true })
})

const write = (name: string, text: string) => writeFile(join(folder, name), text)
const tables = async () =>
  (
    await rows<{ name: string }>(
      database,
      sql`select tablename as name from pg_tables where schemaname = 'other' order by 1`,
    )
  ).map(({ name }) => name)

test('an empty database gets every migration once', async () => {
  expect(await migrate(database, folder)).toEqual(['0001_first.sql'])
  expect(await migrate(database, folder)).toEqual([])
  expect(await tables()).toEqual(['a', 'b', 'migrations'])
})

test('an old database gets what it lacks', async () => {
  await migrate(database, folder)
  await write('0002_second.sql', 'create table c (id int)')
  expect((await pendingMigrations(database, folder)).map(({ name }) => name)).toEqual(['0002_second.sql'])
  expect(await migrate(database, folder)).toEqual(['0002_second.sql'])
  expect(await tables()).toEqual(['a', 'b', 'c', 'migrations'])
})

test('a migration that fails leaves nothing behind and is taken again', async () => {
  await migrate(database, folder)
  await write('0002_second.sql', 'create table c (id int); select 1/0;')
  await expect(migrate(database, folder)).rejects.toThrow(
    'Migration 0002_second.sql failed and nothing of it is kept: division by zero',
  )
  expect(await tables()).toEqual(['a', 'b', 'migrations'])
  await write('0002_second.sql', 'create table c (id int)')
  expect(await migrate(database, folder)).toEqual(['0002_second.sql'])
})

test('a start without migrating says what to run', async () => {
  await expect(requireMigrated(database, folder)).rejects.toThrow('0001_first.sql: run "other db upgrade"')
  expect(await tables()).toEqual([])
  await migrate(database, folder)
  await requireMigrated(database, folder)
})

test('a database newer than the program is refused and stays as it is', async () => {
  await write('0002_second.sql', 'create table c (id int)')
  await migrate(database, folder)
  await rm(join(folder, '0002_second.sql'))
  for (const start of [migrate, requireMigrated])
    await expect(start(database, folder)).rejects.toThrow('newer than this program')
  expect(await tables()).toEqual(['a', 'b', 'c', 'migrations'])
})

test('a migration that was edited after it ran is refused', async () => {
  await migrate(database, folder)
  await write('0001_first.sql', 'create table a (id bigint)')
  await expect(migrate(database, folder)).rejects.toThrow('0001_first.sql is not the one')
})

test('numbers without gaps', async () => {
  await write('0003_third.sql', 'select 1')
  await expect(migrate(database, folder)).rejects.toThrow('0003_third.sql')
})

test("a database with MLflow's tables is refused and nothing is written", async () => {
  await database.query(raw('create table public.alembic_version (version_num text)'))
  for (const start of [migrate, requireMigrated])
    await expect(start(database, folder)).rejects.toThrow("MLflow's own tables (public.alembic_version)")
  expect(await rows(database, sql`select 1 from pg_namespace where nspname = 'other'`)).toEqual([])
})

test("the tracking core's own migrations are in the test database already", async () => {
  const tracking = await openDatabase(await testDatabase())
  await requireMigrated(tracking, ours)
  await tracking.close()
})
