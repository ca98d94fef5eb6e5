import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { migrations } from '../test/database.ts'
import type { Database } from './db.ts'
import { openDatabase } from './db.ts'
import { prepareImage } from './db-image.ts'
import { migrate } from './migrate.ts'
import { row, rows, sql } from './sql.ts'

// several real starts a test, each a second of processor time
vi.setConfig({ testTimeout: 120_000 })

let home: string
let folder: string
const opened: Database[] = []
const children: ChildProcess[] = []

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'embedded-'))
  folder = join(home, 'data', 'db')
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const database of opened.splice(0)) await database.close()
  await rm(home, { recursive: true })
})

async function open(options: { readTimeoutMs?: number } = {}): Promise<Database> {
  const database = await openDatabase({ folder, image: await prepareImage(migrations), limits: options })
  opened.push(database)
  return database
}

/** Another process that has the folder open: it prints a number after each commit of it. */
async function writer(from: number): Promise<{ child: ChildProcess; acknowledged: number[] }> {
  const program = `
    import { openDatabase } from '${new URL('./db.ts', import.meta.url)}'
    import { sql } from '${new URL('./sql.ts', import.meta.url)}'
    const database = await openDatabase({ folder: process.argv[1] })
    process.stdout.write('open\\n')
    for (let n = ${from}; ; n++) {
      if (n % 2) await database.query(sql\`insert into ledger values (\${n})\`)
      else await database.transaction((db) => db.query(sql\`insert into ledger values (\${n})\`))
      process.stdout.write(n + '\\n')
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const acknowledged: number[] = []
  const lines = createInterface({ input: child.stdout! })
  // listening before it waits: the first numbers may come in one piece with the word
  lines.on('line', (line) => line === 'open' || acknowledged.push(Number(line)))
  await once(lines, 'line')
  return { child, acknowledged }
}

test('what was written is there after a restart', async () => {
  const first = await open()
  await first.query(sql`insert into settings values ('a', 'b')`)
  await first.close()
  expect(await rows(await open(), sql`select value from settings where key = 'a'`)).toEqual([{ value: 'b' }])
})

test('a new folder is made from the image and needs no migration', async () => {
  expect(await migrate(await open(), migrations)).toEqual([])
})

test('a query past its limit ends with 503, and the next one finds everything', async () => {
  const database = await open({ readTimeoutMs: 300 })
  await database.query(sql`insert into settings values ('a', 'b')`)
  let turns = 0
  const timer = setInterval(() => turns++, 10)
  const endless = sql`with recursive n (i) as (select 1 union all select i + 1 from n) select max(i) from n`
  await expect(database.reads.query(endless)).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE', status: 503 })
  clearInterval(timer)
  expect(turns, 'the event loop turned meanwhile').toBeGreaterThan(2)
  expect(await row(database, sql`select value, current_schema() as schema from settings`)).toEqual({
    value: 'b',
    schema: 'assay',
  })
})

test('requests that wait behind a query past its limit are answered by the next thread', async () => {
  const database = await open({ readTimeoutMs: 300 })
  const endless = database.reads.query(
    sql`with recursive n (i) as (select 1 union all select i + 1 from n) select max(i) from n`,
  )
  const waiting = database.query(sql`select 1 as one`)
  await expect(endless).rejects.toMatchObject({ status: 503 })
  expect((await waiting).rows).toEqual([{ one: 1 }])
})

test('dead rows are cleared away although the engine has no autovacuum', async () => {
  const database = await openDatabase({ folder: undefined, image: await prepareImage(migrations), upkeepMs: 20 })
  opened.push(database)
  await database.query(sql`insert into settings select g::text, '' from generate_series(1, 1000) g`)
  await database.query(sql`delete from settings`)
  const vacuumed = () =>
    row<{ count: number }>(
      database,
      sql`select vacuum_count as count from pg_stat_user_tables where relname = 'settings'`,
    )
  await vi.waitFor(async () => expect((await vacuumed())?.count).toBeGreaterThan(0), { timeout: 20_000 })
})

test('one folder, one process', async () => {
  await (await open()).query(sql`create table ledger (n int primary key)`)
  await expect(openDatabase({ folder })).rejects.toThrow(`is in use by process ${process.pid}`)
  await opened.pop()!.close()
  const { child } = await writer(1)
  await expect(openDatabase({ folder })).rejects.toThrow(`is in use by process ${child.pid}`)
})

test('a process that is killed loses nothing that it acknowledged, and its lock is taken over', async () => {
  const first = await open()
  await first.query(sql`create table ledger (n int primary key)`)
  await opened.pop()!.close()
  const seen: number[] = []
  for (const atLeast of [1, 200]) {
    const { child, acknowledged } = await writer((seen.at(-1) ?? 0) + 2)
    while (acknowledged.length < atLeast) await once(child.stdout!, 'data')
    child.kill('SIGKILL')
    await once(child, 'close')
    seen.push(...acknowledged)
  }
  const kept = new Set((await rows<{ n: number }>(await open(), sql`select n from ledger`)).map(({ n }) => n))
  expect(seen.filter((n) => !kept.has(n))).toEqual([])
  // a killed process leaves at most the one write whose answer was on its way
  expect(kept.size - seen.length).toBeLessThanOrEqual(2)
})

test('a start that was killed while it made the database is made good', async () => {
  await mkdir(`${folder}.new`, { recursive: true })
  await writeFile(join(`${folder}.new`, 'PG_VERSION'), '18')
  await open()
  expect(existsSync(`${folder}.new`)).toBe(false)
})

test('a folder of another engine version is refused in words', async () => {
  await (await open()).close()
  opened.pop()
  await writeFile(join(folder, 'PG_VERSION'), '17\n')
  await expect(open()).rejects.toThrow(/cannot be opened: .*incompatible with server: .*version 17/)
})

test('a folder that holds something else is left alone', async () => {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'thesis.txt'), 'mine')
  await expect(open()).rejects.toThrow('is not empty and holds no database')
  expect(existsSync(`${folder}.lock`)).toBe(false)
})
