import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { testDatabase } from '../test/database.ts'
import type { Database } from './db.ts'
import { openDatabase, violates } from './db.ts'
import type { Db } from './sql.ts'
import { named, raw, row, rows, sql } from './sql.ts'

let database: Database

beforeAll(async () => {
  database = await openDatabase(await testDatabase())
  await database.query(raw('create table items (id int primary key check (id >= 0), label text)'))
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.query(sql`delete from items`)
})

const put = (db: Db, id: number, label = '') =>
  db.query(named('put', sql`insert into items (id, label) values (${id}, ${label})`))
const ids = async () =>
  (await rows<{ id: number }>(database, sql`select id from items order by id`)).map(({ id }) => id)

const TEXTS = [
  '',
  ' ',
  'NULL',
  'null',
  '"',
  '\\',
  '{',
  '}',
  ',',
  "'",
  '"{}\\,',
  '\\x41',
  'a\nb\tc',
  'ü😀\u2028',
  '$1',
  '--',
]
const NUMBERS = [0, -0, 1, -1.5, 0.1, 5e-324, 1.7976931348623157e308, Number.NaN, Infinity, -Infinity]
const INTEGERS = [0, 1, -1, 2 ** 53 - 1, -(2 ** 53 - 1), 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)]

test.each<{ type: string; values: unknown[] }>([
  { type: 'text', values: TEXTS },
  { type: 'float8', values: NUMBERS },
  { type: 'bigint', values: INTEGERS },
  { type: 'boolean', values: [true, false] },
])('every $type comes back as it was sent: alone, in an array, beside null', async ({ type, values }) => {
  for (const value of values) {
    const back = await row<{ value: unknown }>(database, sql`select ${value}::${raw(type)} as value`)
    expect(back?.value, String(value)).toBe(value)
  }
  for (const array of [values, [null, ...values, null], []]) {
    const back = await row<{ value: unknown }>(database, sql`select ${array}::${raw(type)}[] as value`)
    expect(back?.value).toStrictEqual(array)
  }
  const back = await row<{ value: unknown }>(database, sql`select ${null}::${raw(type)} as value`)
  expect(back?.value).toBeNull()
})

test('batches travel as one array a column', async () => {
  const numbers = Array.from({ length: 2000 }, (_, n) => n)
  const labels = numbers.map((n) => `"${n}\\`)
  const { rowCount } = await database.query(sql`
    insert into items select * from unnest(${numbers}::int[], ${labels}::text[])`)
  expect(rowCount).toBe(2000)
  expect(await row(database, sql`select label from items where id = 1999`)).toEqual({ label: '"1999\\' })
})

test('texts gives rows as the database prints them', async () => {
  expect(await database.texts(sql`select 1::bigint, null, 'NaN'::float8, ${[1, 2]}::int[]`)).toEqual([
    ['1', null, 'NaN', '{1,2}'],
  ])
})

test('a transaction commits as a whole', async () => {
  await database.transaction(async (db) => {
    await put(db, 1)
    await put(db, 2)
  })
  expect(await ids()).toEqual([1, 2])
})

test.each<{ why: string; work: (db: Db) => Promise<unknown> }>([
  {
    why: 'when the work throws',
    work: async (db) => {
      await put(db, 1)
      throw new Error('of our own')
    },
  },
  { why: 'when a statement fails', work: (db) => put(db, 1).then(() => put(db, 1)) },
  {
    why: 'when the error of a statement is swallowed',
    work: (db) => put(db, 1).then(() => put(db, 1).catch(() => {})),
  },
])('a transaction leaves nothing $why', async ({ work }) => {
  await expect(database.transaction(work)).rejects.toThrow()
  expect(await ids()).toEqual([])
  await put(database, 7)
  expect(await ids()).toEqual([7])
})

test('what still goes on in a transaction that has failed writes nothing', async () => {
  let late: Promise<unknown> = Promise.resolve()
  const failing = database.transaction(async (db) => {
    late = put(db, 1)
      .then(() => put(db, 2))
      .then(() => put(db, 3))
    await Promise.all([late, Promise.reject(new Error('refused'))])
  })
  await expect(failing).rejects.toThrow('refused')
  await expect(late).rejects.toThrow()
  expect(await ids()).toEqual([])
})

test('transactions do not see into each other, and single statements not into them', async () => {
  const count = async (db: Db) => (await row<{ n: number }>(db, sql`select count(*) as n from items`))?.n
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      n % 2
        ? put(database, n)
        : database.transaction(async (db) => {
            await put(db, n)
            await put(db, n + 100)
          }),
    ),
  )
  expect(await count(database)).toBe(30)
})

test('a snapshot may only read', async () => {
  await expect(database.reads.transaction((db) => put(db, 1), { snapshot: true })).rejects.toMatchObject({
    status: 503,
  })
})

test('a serialization failure runs the work again; one that stays is answered with 409', async () => {
  let runs = 0
  const failing = (times: number) =>
    database.transaction(async (db) => {
      await put(db, ++runs)
      if (runs <= times) await db.query(raw(`do $$ begin raise sqlstate '40001'; end $$`))
    })
  await failing(2)
  expect(await ids()).toEqual([3])
  await database.query(sql`delete from items`)
  runs = 0
  await expect(failing(10)).rejects.toMatchObject({ code: 'ABORTED', status: 409 })
  expect(runs).toBe(4)
})

test.each([
  { why: 'not a number', q: sql`select ${'x'}::bigint`, code: 'INVALID_PARAMETER_VALUE' },
  { why: 'out of range', q: sql`select ${2n ** 63n}::bigint`, code: 'INVALID_PARAMETER_VALUE' },
  { why: 'a NUL character', q: sql`select ${'a\0b'}::text`, code: 'INVALID_PARAMETER_VALUE' },
  { why: 'a key that is there', q: sql`insert into items values (1), (1)`, code: 'RESOURCE_ALREADY_EXISTS' },
  { why: 'a check', q: sql`insert into items values (${-1})`, code: 'INVALID_PARAMETER_VALUE' },
  { why: 'a mistake of ours', q: sql`select secret from nowhere`, code: 'INTERNAL_ERROR' },
  ...[
    ['57014', 'BAD_REQUEST'],
    ['53100', 'TEMPORARILY_UNAVAILABLE'],
    ['53300', 'TEMPORARILY_UNAVAILABLE'],
    ['57P01', 'TEMPORARILY_UNAVAILABLE'],
    ['08006', 'TEMPORARILY_UNAVAILABLE'],
    ['25006', 'TEMPORARILY_UNAVAILABLE'],
    ['55P03', 'TEMPORARILY_UNAVAILABLE'],
    ['40P01', 'ABORTED'],
    ['54000', 'INVALID_PARAMETER_VALUE'],
  ].map(([state, code]) => ({
    why: state,
    q: raw(`do $$ begin raise 'secret' using errcode = '${state}'; end $$`),
    code,
  })),
])('$why is answered with $code, without SQL or the words of the server', async ({ q, code }) => {
  const failure = database.query(q)
  await expect(failure).rejects.toMatchObject({
    code,
    message: expect.not.stringMatching(/secret|select|insert|constraint/i),
  })
})

test('the constraint that was broken is known to the caller', async () => {
  await put(database, 1)
  const failure = await put(database, 1).catch((error: unknown) => error)
  expect(violates(failure, 'items_pkey')).toBe(true)
  expect(violates(failure, 'items_id_check')).toBe(false)
})

test('a failed statement costs no connection', async () => {
  await expect(put(database, -1)).rejects.toThrow()
  const { total } = database.stats().writes
  for (let n = 0; n < 10; n++) await expect(put(database, -1)).rejects.toThrow()
  expect(database.stats().writes).toMatchObject({ total, idle: total, waiting: 0 })
})

test('past the limit of waiting requests the answer is 503 at once', async () => {
  const small = await openDatabase({ ...(await testDatabase()), limits: { maxWaiting: 2 } })
  const all = Array.from({ length: 40 }, () => small.query(sql`select 1`))
  const outcomes = await Promise.allSettled(all)
  const refused = outcomes.filter(({ status }) => status === 'rejected')
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.length).toBeLessThan(39)
  for (const { reason } of refused as PromiseRejectedResult[]) expect(reason).toMatchObject({ status: 503 })
  await small.close()
  await expect(small.query(sql`select 1`)).rejects.toMatchObject({ status: 503 })
})
