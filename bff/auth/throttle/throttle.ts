import { createHash } from 'node:crypto'
import { ApiError } from '#contract'
import { networkOf } from '#kit/client-address.ts'
import type { Database } from '#kit/db.ts'
import { repeat } from '#kit/repeat.ts'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'

/** Failures within a window before one has to wait: until it ends, or longer after each further failure. */
type Rule = { failures: number; windowSeconds: number; wait: 'window' | 'doubling' }

const RULES = {
  user: { failures: 10, windowSeconds: 15 * 60, wait: 'doubling' },
  address: { failures: 100, windowSeconds: 15 * 60, wait: 'window' },
  pair: { failures: 5, windowSeconds: 60, wait: 'window' },
} as const satisfies Record<string, Rule>

const FIRST_WAIT_SECONDS = 5
const LONGEST_WAIT_SECONDS = 15 * 60

/** Where somebody signed in from counts as theirs for so long. */
const KNOWN_DAYS = 30

export type Throttle = {
  /**
   * Does `work`, which says whether somebody is who they say, unless there were too many failures: then REQUEST_LIMIT_EXCEEDED,
   * the same for users who do not exist. Where they signed in from lately, only failures there count against a user, so nobody
   * can lock them out from elsewhere. Without a username (a token that is no token) only the address counts.
   */
  attempt(username: string | undefined, address: string, work: () => Promise<boolean>): Promise<boolean>
  close(): Promise<void>
}

/** Failures are counted in the database: by all replicas together, and over restarts. `failed` hears of those of the sweep. */
export function openThrottle(database: Database, failed: (error: unknown) => void): Throttle {
  const sweep = repeat({ everyMs: 10 * 60_000, work: () => forget(database), failed })
  return {
    async attempt(username, address, work) {
      const keys = keysOf(username, networkOf(address))
      // Counted before it is known how it ends: a hundred at once are a hundred.
      const counted = await database.transaction((db) => count(db, keys))
      const passed = await work().catch(async (error: unknown) => {
        await uncount(database, counted)
        throw error
      })
      if (passed) {
        await uncount(database, counted)
        await remember(database, keys.known)
      }
      return passed
    },
    close: () => sweep.close(),
  }
}

type Counted = { key: string; rule: Rule }
type Keys = { known: string | undefined; counted: readonly Counted[] }

/** Digests: what is typed as a name may be a password, and is as long as somebody likes. */
function keysOf(username: string | undefined, network: string): Keys {
  const address = { key: `address:${digest(network)}`, rule: RULES.address }
  if (username === undefined) return { known: undefined, counted: [address] }
  const name = username.normalize('NFKC').toLowerCase()
  return {
    known: `known:${digest(name, network)}`,
    counted: [
      address,
      { key: `pair:${digest(name, network)}`, rule: RULES.pair },
      { key: `user:${digest(name)}`, rule: RULES.user },
    ],
  }
}

const digest = (...parts: string[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)

/** Counts one more failure for each key that counts here, and says which; or throws and counts none. */
async function count(db: Db, { known, counted }: Keys): Promise<readonly Counted[]> {
  const isKnown = known !== undefined && (await row(db, sql`select from throttles where key = ${known}`)) !== undefined
  const counts = isKnown ? counted.filter(({ rule }) => rule === RULES.pair) : counted
  const seconds = await secondsToWait(db, counts)
  if (seconds > 0)
    throw new ApiError('REQUEST_LIMIT_EXCEEDED', `Too many failed attempts to sign in. Try again in ${seconds} s.`, {
      details: { retry_after: seconds },
    })
  await add(db, counts)
  return counts
}

/** Locks the rows in the order of their keys, so that two attempts never wait for each other. */
async function secondsToWait(db: Db, counted: readonly Counted[]): Promise<number> {
  const keys = counted.map(({ key }) => key)
  await db.query(sql`
    insert into throttles (key, failures, since)
    select key, 0, clock_timestamp() from unnest(${keys}::text[]) as given (key) order by key
    on conflict (key) do nothing`)
  const waits = await rows<{ seconds: number | null }>(
    db,
    sql`
    select ceil(extract(epoch from blocked_until - clock_timestamp()))::int as seconds
    from throttles where key = any (${keys}::text[]) order by key for update`,
  )
  return Math.max(0, ...waits.map(({ seconds }) => seconds ?? 0))
}

const add = (db: Db, counted: readonly Counted[]) =>
  db.query(sql`
    update throttles set failures = now.failures, since = now.since,
      blocked_until = case
        when now.failures < now.most then null
        when now.doubling then clock_timestamp() + make_interval(secs =>
          least(${LONGEST_WAIT_SECONDS}::int, ${FIRST_WAIT_SECONDS}::int * 2 ^ least(now.failures - now.most, 20)))
        else now.since + now.long
      end
    from (
      select key, most, doubling, long,
        case when since + long <= clock_timestamp() then 1 else failures + 1 end as failures,
        case when since + long <= clock_timestamp() then clock_timestamp() else since end as since
      from throttles join (
        select key, most, doubling, make_interval(secs => seconds) as long
        from unnest(
          ${counted.map(({ key }) => key)}::text[],
          ${counted.map(({ rule }) => rule.failures)}::int[],
          ${counted.map(({ rule }) => rule.windowSeconds)}::int[],
          ${counted.map(({ rule }) => rule.wait === 'doubling')}::boolean[]
        ) as given (key, most, seconds, doubling)
      ) as rules using (key)
    ) as now
    where throttles.key = now.key`)

/** It was no failure. Who had to wait because of it alone need not. */
const uncount = (database: Database, counted: readonly Counted[]) =>
  database.transaction(async (db) => {
    const keys = counted.map(({ key }) => key)
    await db.query(sql`select from throttles where key = any (${keys}::text[]) order by key for update`)
    await db.query(sql`
      update throttles set failures = greatest(failures - 1, 0), blocked_until = case when failures > most then blocked_until end
      from unnest(${keys}::text[], ${counted.map(({ rule }) => rule.failures)}::int[]) as given (key, most)
      where throttles.key = given.key`)
  })

const remember = async (db: Db, known: string | undefined) =>
  known !== undefined &&
  (await db.query(sql`
    insert into throttles (key, failures, since) values (${known}, 0, now())
    on conflict (key) do update set since = excluded.since`))

/** What no longer counts. */
const forget = (db: Db) =>
  db.query(sql`
    delete from throttles
    where since < now() - make_interval(days => case when key like 'known:%' then ${KNOWN_DAYS}::int else 1 end)
      and coalesce(blocked_until < now(), true)`)
