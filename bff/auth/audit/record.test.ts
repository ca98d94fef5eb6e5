import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '#kit/db.ts'
import { openDatabase, sqlState } from '#kit/db.ts'
import { rows, sql } from '#kit/sql.ts'
import { testDatabase } from '../../test/database.ts'
import type { AuditEntry } from './record.ts'
import { recordAudit } from './record.ts'

let database: Database
beforeAll(async () => {
  database = await openDatabase(await testDatabase())
})
afterAll(() => database.close())

const entry = (object_id: string): AuditEntry => ({
  actor: 'ann',
  action: 'user.create',
  object_type: 'user',
  object_id,
  details: { kind: 'service' },
})

const seqs = async () =>
  (await rows<{ seq: number }>(database, sql`select seq from audit order by seq`)).map((r) => r.seq)
const idsFrom = async (seq: number) =>
  (await rows<{ object_id: string }>(database, sql`select object_id from audit where seq > ${seq} order by seq`)).map(
    (r) => r.object_id,
  )

test('rows are numbered from 1 without gaps, in the order in which they were given', async () => {
  await database.transaction((db) => recordAudit(db, entry('a'), entry('b'), entry('c')))
  await recordAudit(database, entry('d'))
  expect(await seqs()).toEqual([1, 2, 3, 4])
  expect(await idsFrom(0)).toEqual(['a', 'b', 'c', 'd'])
  expect(await rows(database, sql`select * from audit_waiting`)).toEqual([])
})

test('a transaction that is rolled back recorded nothing, and leaves no gap', async () => {
  const before = await seqs()
  const rolledBack = database.transaction(async (db) => {
    await recordAudit(db, entry('never'))
    throw new Error('on purpose')
  })
  await expect(rolledBack).rejects.toThrow('on purpose')
  await recordAudit(database, entry('after'))
  expect(await seqs()).toEqual([...before, before.length + 1])
  expect(await idsFrom(before.length)).toEqual(['after'])
})

test('transactions that record and change users in any order neither deadlock nor skip a number', async () => {
  const before = (await seqs()).length
  await database.query(sql`insert into users (username, username_key) values ('x', 'x'), ('y', 'y')`)
  const change = (db: Parameters<typeof recordAudit>[0], name: string) =>
    db.query(sql`update users set is_admin = not is_admin where username = ${name}`)
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      database.transaction(async (db) => {
        const name = i % 2 ? 'x' : 'y'
        if (i % 4 < 2) await recordAudit(db, entry(`${i}`))
        await change(db, name)
        if (i % 4 >= 2) await recordAudit(db, entry(`${i}`))
      }),
    ),
  )
  const after = await seqs()
  expect(after).toEqual(Array.from({ length: before + 40 }, (_, i) => i + 1))
})

test('what cannot be stored of a name is replaced, and the record is made', async () => {
  const before = (await seqs()).length
  await recordAudit(database, { ...entry(`nul\0 half \ud800 ${'long'.repeat(1000)}`), actor: '\0' })
  const [id] = await idsFrom(before)
  expect(id).toMatch(/^nul\ufffd half \ufffd long/)
  expect(id).toHaveLength(1000)
})

test.each([
  ['update', sql`update audit set actor = 'other' where seq = 1`],
  ['an update of no row', sql`update audit set actor = 'other' where seq = -1`],
  ['delete', sql`delete from audit where seq = 1`],
  ['truncate', sql`truncate audit`],
  ['truncate of everything that hangs on it', sql`truncate audit cascade`],
])('the table refuses %s', async (_what, statement) => {
  const before = await rows(database, sql`select * from audit order by seq`)
  const refused = await database.query(statement).catch((error: unknown) => error)
  expect(sqlState(refused)).toBe('23001')
  expect(await rows(database, sql`select * from audit order by seq`)).toEqual(before)
})
