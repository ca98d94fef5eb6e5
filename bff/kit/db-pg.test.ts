import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { onServer } from '../test/database.ts'
import type { TestPostgres } from '../test/postgres.ts'
import { noPostgres, startPostgres } from '../test/postgres.ts'
import type { Database, Limits } from './db.ts'
import { openDatabase } from './db.ts'
import { connectionString } from './db-pg.ts'
import { raw, rows, sql } from './sql.ts'

test.each([
  { from: 'postgresql+psycopg2://u:p%40ss@h:5/d', to: 'postgresql://u:p%40ss@h:5/d' },
  { from: 'postgres://h/d?sslmode=prefer', to: 'postgresql://h/d' },
  { from: 'postgresql://h/d?sslmode=require', to: 'postgresql://h/d?sslmode=require&uselibpqcompat=true' },
])('$from is read as libpq reads it', ({ from, to }) => {
  expect(connectionString(from)).toBe(to)
})

describe.runIf(noPostgres === undefined)(`a server in trouble ${noPostgres ? `(skipped: ${noPostgres})` : ''}`, () => {
  let postgres: TestPostgres
  let database: Database

  beforeAll(async () => {
    postgres = await startPostgres()
    await onServer(postgres.url, 'create table public.items (id int primary key)')
  })
  afterAll(() => postgres.close())
  afterEach(() => database.close())

  const open = async (limits: Partial<Limits> = {}) => {
    database = await openDatabase({ url: postgres.url, pool: { writes: 2, reads: 2 }, limits })
  }
  const one = () => rows(database, sql`select 1 as one`)
  const unavailable = { code: 'TEMPORARILY_UNAVAILABLE', status: 503 }

  async function answersAgain(): Promise<void> {
    for (let n = 0; n < 20; n++) {
      const answer = await one().catch((error: unknown) => error)
      if (Array.isArray(answer)) return
      expect(answer).toMatchObject(unavailable)
    }
    await one()
  }

  test('killed and started again: 503 meanwhile, then as before', async () => {
    await open()
    await one()
    await postgres.end('SIGKILL')
    await expect(one()).rejects.toMatchObject(unavailable)
    await postgres.start()
    await answersAgain()
  })

  test('a session that is ended from outside costs at most its own statement', async () => {
    await open()
    const busy = rows(database, sql`select pg_sleep(20)`)
    const victims = `from pg_stat_activity where application_name = 'assay' and pid <> pg_backend_pid()`
    while (
      (await onServer(postgres.url, `select 1 ${victims} and query like '%pg_sleep(20)%' and state = 'active'`))
        .length === 0
    );
    await Promise.all([
      expect(busy).rejects.toMatchObject(unavailable),
      onServer(postgres.url, `select pg_terminate_backend(pid) ${victims}`),
    ])
    await answersAgain()
  })

  test('one that hangs does not hang us', async () => {
    await open({ writeTimeoutMs: 100 })
    await one()
    postgres.signal('SIGSTOP')
    const answer = await one().catch((error: unknown) => error)
    postgres.signal('SIGCONT')
    expect(answer).toMatchObject(unavailable)
    await answersAgain()
  })

  test('an overlong query is stopped with 400, and its connection stays', async () => {
    await open({ readTimeoutMs: 100 })
    const slow = database.reads.query(sql`select pg_sleep(20)`)
    await expect(slow).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining('narrow the query'),
    })
    expect(database.stats().reads).toMatchObject({ total: 1, idle: 1 })
  })

  test('a lock held elsewhere fills one pool with bounded waiting; health answers through its own', async () => {
    await open({ lockTimeoutMs: 2_000, acquireTimeoutMs: 1_000, maxWaiting: 5 })
    const holder = new pg.Client({ connectionString: postgres.url })
    await holder.connect()
    await holder.query('begin; lock table public.items')
    const writes = Array.from({ length: 20 }, (_, n) => database.query(sql`insert into public.items values (${n})`))
    const outcomes = Promise.allSettled(writes)
    await database.ping()
    expect(database.stats().writes.waiting).toBeLessThanOrEqual(5)
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable })
    await holder.query('rollback')
    await holder.end()
    await database.query(sql`insert into public.items values (1)`)
    expect(database.stats().writes).toMatchObject({ waiting: 0 })
  })

  test('no connection to be had: 503', async () => {
    await onServer(postgres.url, 'create role guest login', 'alter role guest connection limit 0')
    const url = postgres.url.replace('postgres@', 'guest@')
    await expect(openDatabase({ url })).rejects.toMatchObject({
      message: expect.stringMatching(
        /127\.0\.0\.1:\d+\/postgres cannot be opened: too many connections for role "guest"/,
      ),
      cause: unavailable,
    })
    await open()
  })

  test('a session has our schema first and never acknowledges before the disk has it', async () => {
    await onServer(postgres.url, 'alter role postgres set synchronous_commit to off')
    await open()
    await database.query(raw(`create schema if not exists ${database.schema}`))
    expect(
      await rows(
        database,
        sql`select current_schema() as schema, current_setting('synchronous_commit') as synchronous`,
      ),
    ).toEqual([{ schema: 'assay', synchronous: 'on' }])
  })
})
