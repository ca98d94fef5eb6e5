import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiError } from '#contract'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import { rows, sql } from '#kit/sql.ts'
import { testDatabase } from '../../test/database.ts'
import type { RunsQuery } from './search.ts'
import { runsSearch } from './search.ts'
import { digestOf, pageTokenKey, readToken, writeToken } from './token.ts'

const key = Buffer.alloc(32, 1)
const digest = digestOf('runs', 'a filter')

describe('a page token', () => {
  test.each([
    { why: 'nothing', position: [] },
    { why: 'missing values', position: [null, '1'] },
    { why: 'doubles', position: ['NaN', 'Infinity', '-0', '5e-324', '0.1', '1.7976931348623157e+308'] },
    { why: 'integers beyond 2^53', position: ['9223372036854775807', '-9223372036854775808'] },
    { why: 'texts of any kind', position: ['', 'ä😀', '"],[', 'x'.repeat(6_000)] },
  ])('brings back $why', ({ position }) => {
    expect(readToken(key, digest, writeToken(key, digest, position))).toEqual(position)
  })

  test('any changed, lost or added character is refused', () => {
    const token = writeToken(key, digest, ['0.5', '1700000000000', 'a'.repeat(32)])
    const changes = [...token].map(
      (character, n) => token.slice(0, n) + (character === 'A' ? 'B' : 'A') + token.slice(n + 1),
    )
    for (const bad of [
      ...changes,
      token.slice(1),
      token.slice(0, -1),
      `${token}A`,
      `${token}=`,
      `${token} `,
      ` ${token}`,
    ])
      expect(() => readToken(key, digest, bad)).toThrow(expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE' }))
  })

  test.each(['x', 'W10=', 'eyJvZmZzZXQiOiAxfQ==', '!!!', '\0', 'A'.repeat(22), 'A'.repeat(10_000), '😀'])(
    'garbage is refused: %j',
    (garbage) => {
      expect(() => readToken(key, digest, garbage)).toThrow(/^Invalid page_token: pass the next_page_token/)
    },
  )

  test('a token signed by another server is refused', () => {
    expect(() => readToken(key, digest, writeToken(Buffer.alloc(32, 2), digest, ['1']))).toThrow(ApiError)
  })
})

describe('a page token of a search', () => {
  const query: RunsQuery = {
    experiment_ids: [1, 2],
    filter: 'metrics.a > 1',
    order_by: ['metrics.a'],
    run_view_type: 'ALL',
    max_results: 1,
    scope: 'all',
    key,
  }
  const rowsOf = (count: number) => Array.from({ length: count }, (_, n) => [String(n + 1), '0.5', '1', 'f'])
  const page_token = runsSearch(query).page(rowsOf(2)).next_page_token

  test('is there when more follows, and absent on the last page', () => {
    expect(page_token).toEqual(expect.any(String))
    expect(runsSearch(query).page(rowsOf(1))).toEqual({ keys: [1] })
    expect(runsSearch(query).page([])).toEqual({ keys: [] })
  })

  test.each([
    { why: 'the same query', other: {}, fits: true },
    { why: 'another page size', other: { max_results: 5 }, fits: true },
    { why: 'the experiments in another order', other: { experiment_ids: [2, 1, 1] }, fits: true },
    { why: 'a narrower scope', other: { scope: [1] }, fits: true },
    { why: 'another filter', other: { filter: 'metrics.a > 2' }, fits: false },
    { why: 'another order', other: { order_by: ['metrics.a DESC'] }, fits: false },
    { why: 'no order', other: { order_by: [] }, fits: false },
    { why: 'other experiments', other: { experiment_ids: [1] }, fits: false },
    { why: 'another view', other: { run_view_type: 'ACTIVE_ONLY' as const }, fits: false },
  ])('with $why: goes on $fits', ({ other, fits }) => {
    const search = () => runsSearch({ ...query, ...other, page_token })
    if (fits) expect(search).not.toThrow()
    else expect(search).toThrow(/belongs to another search/)
  })
})

describe('the key that signs page tokens', () => {
  let db: Database
  beforeAll(async () => {
    db = await openDatabase(await testDatabase())
  })
  afterAll(() => db.close())

  test('is made once, whoever asks first, and stays', async () => {
    const keys = await Promise.all(Array.from({ length: 8 }, () => pageTokenKey(db)))
    expect(new Set(keys.map((one) => one.toString('hex'))).size).toBe(1)
    expect(keys[0]).toHaveLength(32)
    expect(await pageTokenKey(db)).toEqual(keys[0])
    expect(await rows(db, sql`select key from settings where key like 'page_token%'`)).toHaveLength(1)
  })
})
