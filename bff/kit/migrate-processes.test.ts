import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { onServer } from '../test/database.ts'
import type { TestPostgres } from '../test/postgres.ts'
import { noPostgres, startPostgres } from '../test/postgres.ts'
import { openDatabase } from './db.ts'
import { migrate, requireMigrated } from './migrate.ts'
import { rows, sql } from './sql.ts'

const program = `
  import { openDatabase } from '${new URL('./db.ts', import.meta.url)}'
  import { migrate } from '${new URL('./migrate.ts', import.meta.url)}'
  const [url, folder] = process.argv.slice(1)
  const database = await openDatabase({ url })
  console.log(JSON.stringify(await migrate(database, folder)))
  await database.close()`

describe.runIf(noPostgres === undefined)(
  `several processes on one server ${noPostgres ? `(skipped: ${noPostgres})` : ''}`,
  () => {
    let postgres: TestPostgres
    let folder: string

    beforeAll(async () => {
      postgres = await startPostgres()
      folder = await mkdtemp(join(tmpdir(), 'migrations-'))
      await write(1, 'create table a (id int); select pg_sleep(0.1);')
      await write(2, 'create table b (id int)')
    })
    afterAll(async () => {
      await postgres.close()
      await rm(folder, { recursive: true })
    })
    beforeEach(() => onServer(postgres.url, 'drop schema if exists assay cascade'))

    const write = (number: number, content: string) => writeFile(join(folder, `000${number}_step.sql`), content)

    const start = (): ChildProcess =>
      spawn(process.execPath, ['--input-type=module', '-e', program, postgres.url, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })

    async function migratedBy(child: ChildProcess): Promise<string[]> {
      const [output, [code]] = await Promise.all([text(child.stdout!), once(child, 'exit')])
      expect(code).toBe(0)
      return JSON.parse(output)
    }

    test('four that start at once take each migration exactly once', async () => {
      const taken = await Promise.all([start(), start(), start(), start()].map(migratedBy))
      expect(taken.flat().sort()).toEqual(['0001_step.sql', '0002_step.sql'])
    })

    test('one that is killed in the middle leaves nothing, and the next one does it again', async () => {
      await write(2, 'create table b (id int); select pg_sleep(30);')
      const killed = start()
      const asleep = () =>
        onServer(
          postgres.url,
          `select 1 from pg_stat_activity where query like '%pg_sleep(30)%' and pid <> pg_backend_pid()`,
        )
      while ((await asleep()).length === 0) expect(killed.exitCode).toBeNull()
      killed.kill('SIGKILL')
      await once(killed, 'exit')

      await write(2, 'create table b (id int)')
      expect(await migratedBy(start())).toEqual(['0002_step.sql'])
    })

    test("MLflow's tables are found where the user's own search path leads", async () => {
      await onServer(
        postgres.url,
        'create schema elsewhere',
        'create table elsewhere.alembic_version (version_num text)',
      )
      const database = await openDatabase({ url: `${postgres.url}?options=-c%20search_path%3Delsewhere,public` })
      for (const refused of [migrate, requireMigrated])
        await expect(refused(database, folder)).rejects.toThrow("MLflow's own tables (elsewhere.alembic_version)")
      expect(await rows(database, sql`select 1 from pg_namespace where nspname = 'assay'`)).toEqual([])
      await database.close()
    })
  },
)
