import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import type { Db, Sql } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import { openStorage } from '../../storage.ts'
import { testDatabase } from '../../test/database.ts'
import { startAssay } from '../../test/process.ts'
import { recordAudit } from './record.ts'
import type { Finding } from './verify.ts'
import { verifyAudit } from './verify.ts'

const odd = ['ann', 'Ünï 🦄', 'a,b:c', '12:x,', '', 'new\nline', '\u0001\u007f\u2028']

const record = (db: Db, count: number) =>
  recordAudit(
    db,
    ...Array.from({ length: count }, (_, i) => ({
      actor: odd[i % odd.length]!,
      action: 'user.create' as const,
      object_type: 'user',
      object_id: `${odd[(i + 1) % odd.length]}-${i}`,
      details: { i, half: 0.5, tiny: 1e-300, nothing: null, list: [odd[i % odd.length], true], '\u0000': '\ud800' },
    })),
  )

/** As somebody would who owns the database. */
const tamper = (db: Database, change: Sql) =>
  db.transaction(async (db) => {
    await db.query(sql`alter table audit disable trigger all`)
    await db.query(change)
    await db.query(sql`alter table audit enable trigger all`)
  })

const hashOfRow = (db: Db, seq: number) =>
  row<{ hash: string }>(db, sql`select encode(hash, 'hex') as hash from audit where seq = ${seq}`)

describe('the chain', () => {
  let database: Database
  beforeAll(async () => {
    database = await openDatabase(await testDatabase())
  })
  afterAll(() => database.close())
  beforeEach(() => tamper(database, sql`truncate audit`))

  async function verify(head?: string) {
    const findings: Finding[] = []
    const verified = await verifyAudit(database, head, (finding) => findings.push(finding))
    expect(verified.findings).toBe(findings.length)
    return { ...verified, findings }
  }

  test('without rows is whole', async () => {
    expect(await verify()).toEqual({ count: 0, head: '0'.repeat(64), findings: [] })
  })

  test.each([1, 1_999, 2_000, 2_001])('of %i rows is whole, whatever is in them', async (count) => {
    await record(database, count)
    const head = (await hashOfRow(database, count))!.hash
    const early = (await hashOfRow(database, 1))!.hash
    expect(await verify()).toEqual({ count, head, findings: [] })
    expect(await verify(head)).toEqual({ count, head, findings: [] })
    expect(await verify(early)).toEqual({ count, head, findings: [] })
  })

  test.each([
    ['who', sql`update audit set actor = 'somebody else' where seq = 5`],
    ['when', sql`update audit set at = at - interval '1 microsecond' where seq = 5`],
    ['what', sql`update audit set action = 'user.delete' where seq = 5`],
    ['to what type', sql`update audit set object_type = 'group' where seq = 5`],
    ['to what', sql`update audit set object_id = 'other' where seq = 5`],
    ['the details', sql`update audit set details = '{}' where seq = 5`],
    [
      'where a field ends',
      sql`update audit set actor = actor || ',', object_type = substr(object_type, 2) where seq = 5`,
    ],
    ['the hash', sql`update audit set hash = sha256(hash) where seq = 10`],
  ])('an edit of %s is found', async (_what, edit) => {
    await record(database, 10)
    await tamper(database, edit)
    expect((await verify()).findings).toContainEqual({ finding: 'edited', seq: expect.any(Number) })
  })

  test('an edit whose row was hashed anew is found by the next', async () => {
    await record(database, 10)
    await database.query(sql`create table kept as select * from audit where seq > 5`)
    await tamper(database, sql`delete from audit where seq >= 5`)
    await recordAudit(database, { actor: 'mallory', action: 'user.create', object_type: 'user', object_id: 'x' })
    await tamper(database, sql`insert into audit select * from kept`)
    expect((await verify()).findings).toEqual([{ finding: 'unchained', seq: 6 }])
  })

  test('a gap is found, at the beginning as well', async () => {
    await record(database, 10)
    await tamper(database, sql`delete from audit where seq in (1, 5, 6)`)
    expect((await verify()).findings).toEqual([
      { finding: 'missing', seq: 1, count: 1 },
      { finding: 'missing', seq: 5, count: 2 },
    ])
  })

  test('a gap that was closed is found', async () => {
    await record(database, 10)
    await tamper(database, sql`delete from audit where seq = 5`)
    await tamper(database, sql`update audit set seq = seq - 1 where seq > 5`)
    const { findings } = await verify()
    expect(findings).toContainEqual({ finding: 'unchained', seq: 5 })
    expect(findings.filter(({ finding }) => finding === 'edited')).toHaveLength(5)
  })

  test('a tail that was cut off is found by a head from before, and by nothing else', async () => {
    await record(database, 10)
    const { head } = await verify()
    await tamper(database, sql`delete from audit where seq > 7`)
    expect(await verify()).toMatchObject({ count: 7, findings: [] })
    expect((await verify(head)).findings).toEqual([{ finding: 'cut', head }])
    // also when the audit has gone on since
    await record(database, 10)
    expect(await verify()).toMatchObject({ count: 17, findings: [] })
    expect((await verify(head)).findings).toEqual([{ finding: 'cut', head }])
  })
})

describe('assay verify audit', () => {
  let data: string
  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'assay-'))
    await inDatabase((database) => record(database, 10))
  })
  afterAll(() => rm(data, { recursive: true, force: true }))

  async function inDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
    const log = { info() {}, warn() {}, error() {} } as never
    const database = await openStorage({ database: { folder: join(data, 'database') }, migrate: true }, log)
    return work(database).finally(() => database.close())
  }

  async function verify(...flags: string[]) {
    const assay = startAssay(['verify', 'audit', `--data=${data}`, ...flags])
    onTestFinished(() => void assay.child.kill())
    return { code: await assay.exited, printed: assay.printed(), said: assay.said() }
  }

  test('prints how long the chain is, and its head; leaves with 3 where it is broken', async () => {
    const head = (await inDatabase((database) => hashOfRow(database, 10)))!.hash
    expect(await verify()).toMatchObject({
      code: 0,
      printed: `rows: 10\nhead: ${head}`,
      said: expect.stringMatching(/^The audit is whole as far/),
    })
    expect(await verify(`--head=${head.toUpperCase()}`)).toMatchObject({
      code: 0,
      said: 'The audit is whole, and has the head that was given.',
    })

    await inDatabase((database) => tamper(database, sql`delete from audit where seq = 10`))
    const cut = await verify('--head', head)
    expect(cut).toMatchObject({ code: 3, said: 'The audit is broken in 1 place.' })
    expect(cut.printed).toMatch(new RegExp(`^${head}: no row has this head.*\nrows: 9\nhead: [0-9a-f]{64}$`))

    await inDatabase((database) => tamper(database, sql`update audit set actor = 'x' where seq = 2`))
    expect((await verify()).printed).toMatch(/^2: edited/)
  })

  test.each([[['--head']], [['--head=abc']], [['--head', '--data=x']]])('refuses %j', async (flags) => {
    expect(await verify(...flags)).toMatchObject({
      code: 2,
      printed: '',
      said: expect.stringMatching(/^--head: it is 64 hex digits/),
    })
  })
})
