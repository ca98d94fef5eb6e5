import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ApiError } from '#contract'
import type { Database, DatabaseConfig } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import { rows, sql } from '#kit/sql.ts'
import { testDatabase } from '../../test/database.ts'
import type { Throttle } from './throttle.ts'
import { openThrottle } from './throttle.ts'

let config: DatabaseConfig
let database: Database
let throttle: Throttle
let sweepFailure: unknown
beforeAll(async () => {
  config = await testDatabase()
  database = await openDatabase(config)
  throttle = openThrottle(database, (error) => {
    sweepFailure = error
  })
})
afterAll(async () => {
  await throttle.close()
  await database.close()
  expect(sweepFailure).toBeUndefined()
})

/** How each attempt ended: tried, or refused before it was. */
async function attempts(
  count: number,
  user: (i: number) => string | undefined,
  address: (i: number) => string,
  right = false,
) {
  let hashed = 0
  const ends = await Promise.all(
    Array.from({ length: count }, (_, i) =>
      throttle
        .attempt(user(i), address(i), async () => {
          hashed++
          return right
        })
        .catch((error: unknown) => error as ApiError),
    ),
  )
  const refused = ends.filter((end) => end instanceof ApiError)
  expect(refused).toHaveLength(count - hashed)
  return { hashed, refused }
}

/** As if that much time had gone by for everybody. */
const later = (seconds: number) =>
  database.query(sql`
    update throttles set since = since - make_interval(secs => ${seconds}::int),
      blocked_until = blocked_until - make_interval(secs => ${seconds}::int)`)

const once = async (user: string | undefined, address: string, right: boolean) =>
  (
    await attempts(
      1,
      () => user,
      () => address,
      right,
    )
  ).refused[0]

describe('50 wrong passwords at once', () => {
  test('for one user from 50 addresses: 10 are tried', async () => {
    const { hashed, refused } = await attempts(
      50,
      () => 'ann',
      (i) => `192.0.2.${i}`,
    )
    expect(hashed).toBe(10)
    expect(refused[0]).toMatchObject({ code: 'REQUEST_LIMIT_EXCEEDED', details: { retry_after: expect.any(Number) } })
  })

  test('for one user from one address: 5 are tried', async () => {
    const { hashed } = await attempts(
      50,
      () => 'ben',
      () => '192.0.2.100',
    )
    expect(hashed).toBe(5)
  })

  test('however the name is written', async () => {
    const { hashed } = await attempts(
      50,
      (i) => ['Cat', 'cat', 'CAT', 'Ｃat'][i % 4],
      (i) => `192.0.2.${i}`,
    )
    expect(hashed).toBe(10)
  })
})

test('100 failures of one address are tried, of whatever users; of other addresses still', async () => {
  const first = await attempts(
    60,
    (i) => `nobody-${i}`,
    () => '198.51.100.7',
  )
  const second = await attempts(
    60,
    (i) => (i % 2 ? `somebody-${i}` : undefined),
    () => '198.51.100.7',
  )
  expect([first.hashed, second.hashed]).toEqual([60, 40])
  expect(await once('somebody-1', '198.51.100.8', false)).toBeUndefined()
})

test('of IPv6, a network of 64 bits is one address', async () => {
  const { hashed } = await attempts(
    60,
    () => 'dan',
    (i) => `2001:db8:1:2:${i}::1`,
  )
  expect(hashed).toBe(5)
  expect(await once('dan', '2001:db8:1:3::1', false)).toBeUndefined()
})

test('a user who signed in from an address is not locked out there by others', async () => {
  expect(await once('eve', '203.0.113.1', true)).toBeUndefined()
  await attempts(
    50,
    () => 'eve',
    (i) => `192.0.2.${i}`,
  )
  expect(await once('eve', '192.0.2.60', true)).toMatchObject({ code: 'REQUEST_LIMIT_EXCEEDED' })
  expect(await once('eve', '203.0.113.1', true)).toBeUndefined()
})

test('nor by what others do at the same address', async () => {
  expect(await once('fay', '203.0.113.2', true)).toBeUndefined()
  await attempts(
    120,
    (i) => `other-${i}`,
    () => '203.0.113.2',
  )
  expect(await once('other-1', '203.0.113.2', true)).toMatchObject({ code: 'REQUEST_LIMIT_EXCEEDED' })
  expect(await once('fay', '203.0.113.2', true)).toBeUndefined()
})

test('the wait of a user doubles from 5 seconds to 15 minutes, and ends', async () => {
  const from = (i: number) => `198.18.${i}.1`
  await attempts(10, () => 'gil', from)
  const waits: unknown[] = []
  for (let i = 0; i < 5; i++) {
    const refused = await once('gil', from(20 + i), false)
    waits.push(refused?.details.retry_after)
    await later(Number(refused?.details.retry_after))
    expect(await once('gil', from(20 + i), false)).toBeUndefined()
  }
  expect(waits).toEqual([5, 10, 20, 40, 80])
  await later(30 * 60)
  expect((await attempts(50, () => 'gil', from)).hashed).toBe(10)
})

test('of a user at one address, it ends after a minute', async () => {
  await attempts(
    6,
    () => 'hal',
    () => '203.0.113.3',
  )
  const refused = await once('hal', '203.0.113.3', true)
  expect(refused?.details.retry_after).toBeGreaterThan(50)
  await later(60)
  expect(await once('hal', '203.0.113.3', true)).toBeUndefined()
})

test('what succeeds, or cannot be told, is no failure', async () => {
  for (let i = 0; i < 12; i++) expect(await once('ida', `198.19.${i}.1`, true)).toBeUndefined()
  const busy = () => Promise.reject(new ApiError('TEMPORARILY_UNAVAILABLE', 'busy'))
  for (let i = 0; i < 12; i++)
    await expect(throttle.attempt('joe', `198.19.${i}.2`, busy)).rejects.toMatchObject({
      code: 'TEMPORARILY_UNAVAILABLE',
    })
  expect(
    (
      await attempts(
        50,
        () => 'joe',
        (i) => `198.19.${i}.3`,
      )
    ).hashed,
  ).toBe(10)
})

test('the answer is the same for a user who exists', async () => {
  await database.query(sql`insert into users (username, username_key) values ('kim', 'kim')`)
  const ends = await Promise.all(
    ['kim', 'lou'].map(async (user) => {
      const { hashed, refused } = await attempts(
        8,
        () => user,
        () => `203.0.113.${user.length + 10}`,
      )
      return { hashed, refused: refused.map(({ code, message }) => [code, message.replace(/\d+/, 'n')]) }
    }),
  )
  expect(ends[0]).toEqual(ends[1])
})

test('another replica counts the same failures, and so does one that starts later', async () => {
  const other = 'url' in config ? await openDatabase(config) : database
  const replica = openThrottle(other, () => {})
  await attempts(
    5,
    () => 'mia',
    () => '203.0.113.30',
  )
  await expect(replica.attempt('mia', '203.0.113.30', async () => true)).rejects.toMatchObject({
    code: 'REQUEST_LIMIT_EXCEEDED',
  })
  await replica.close()
  if (other !== database) await other.close()
})

test('names and addresses are not kept as they were typed', async () => {
  await once('hunter2-typed-as-name', '203.0.113.77', false)
  const kept = JSON.stringify(await rows(database, sql`select * from throttles`))
  expect(kept).not.toMatch(/hunter2|203\.0\.113/)
})
