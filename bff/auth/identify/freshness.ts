import type { Db } from '#kit/sql.ts'
import { named, row, rows, sql } from '#kit/sql.ts'

/** How old what is known of users may be when a request is served by it. */
const MOST_MS = 500

export type Freshness = {
  /** Undefined where what is known is fresh; else a promise of when it is. */
  wait(): Promise<void> | undefined
  /** Something was changed in this process: the next request looks. */
  expire(): void
  /** Another one for every look that found a change: what was read across one may be old. */
  turn(): number
}

/** What is known of users, by the version of each that it was read at. */
export type Known = { versions(): ReadonlyMap<number, unknown>; forget(userId: number): void }

/**
 * Whether anything changed of who may do what, in any process: one number in the database says so, and each user's own says
 * whether it was theirs. It is looked at when a request comes and was not looked at just before: no message can be lost, no
 * connection has to listen, and where the database does not answer nobody is let in.
 */
export function openFreshness(db: Db, known: Known): Freshness {
  let version: unknown
  let turns = 0
  let freshUntil = 0
  let looking: Promise<void> | undefined

  async function look() {
    const until = performance.now() + MOST_MS
    freshUntil = until
    try {
      const state = await row<{ version: unknown }>(db, named('access_version', sql`select version from access_state`))
      if (state?.version !== version) {
        await forgetChanged()
        turns++
      }
      version = state?.version
    } catch (error) {
      freshUntil = 0
      throw error
    }
  }

  async function forgetChanged() {
    const read = known.versions()
    const found = await rows<{ user_id: number; access_version: unknown }>(
      db,
      sql`select user_id, access_version from users where user_id = any (${[...read.keys()]}::bigint[])`,
    )
    const now = new Map(found.map(({ user_id, access_version }) => [user_id, access_version]))
    for (const [id, at] of read) if (now.get(id) !== at) known.forget(id)
  }

  return {
    wait() {
      if (looking !== undefined) return looking
      if (performance.now() <= freshUntil) return undefined
      looking = look().finally(() => {
        looking = undefined
      })
      return looking
    },
    expire() {
      freshUntil = 0
    },
    turn: () => turns,
  }
}
