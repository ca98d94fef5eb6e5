import type { IncomingMessage } from 'node:http'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'
import { hashOf, newSecret } from '../identify/credentials.ts'

/** A session ends after so long, however much it is used. */
const LONGEST_DAYS = 7

export type SessionRow = { session_id: number; created_at: Date; last_seen_at: Date; client: string }

/** Begins a session; the secret is the cookie's, and nowhere else. Sessions that have ended are cleared away with it. */
export async function startSession(db: Db, userId: number, request: IncomingMessage): Promise<string> {
  const secret = newSecret()
  await db.query(sql`delete from sessions where user_id = ${userId} and expires_at < now()`)
  await db.query(
    sql`insert into sessions (hash, user_id, expires_at, client)
        values (${hashOf(secret)}, ${userId}, now() + make_interval(days => ${LONGEST_DAYS}), ${clientOf(request)})`,
  )
  return secret
}

export const sessionsOf = (db: Db, userId: number, idleHours: number): Promise<SessionRow[]> =>
  rows(
    db,
    sql`select session_id, created_at, last_seen_at, client from sessions
        where user_id = ${userId} and expires_at > now() and last_seen_at > now() - make_interval(hours => ${idleHours})
        order by session_id desc`,
  )

export async function endSession(db: Db, userId: number, sessionId: number): Promise<boolean> {
  const ended = await row(
    db,
    sql`delete from sessions where user_id = ${userId} and session_id = ${sessionId} returning session_id`,
  )
  return ended !== undefined
}

/** Ends all sessions of a user, but one if it is named. */
export async function endSessions(db: Db, userId: number, but?: number): Promise<number> {
  const { rowCount } = await db.query(
    sql`delete from sessions where user_id = ${userId} and session_id is distinct from ${but ?? null}`,
  )
  return rowCount
}

/** As much as somebody needs to know their own sessions by. */
function clientOf({ headers }: IncomingMessage): string {
  const agent = headers['user-agent'] ?? ''
  const browser = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'].find((name) => agent.includes(`${name}/`))
  const system = ['Windows', 'Android', 'iPhone', 'iPad', 'Mac OS', 'Linux'].find((name) => agent.includes(name))
  const named = { Edg: 'Edge', OPR: 'Opera' }[browser ?? ''] ?? browser ?? 'A program'
  return system === undefined ? named : `${named} on ${system === 'Mac OS' ? 'macOS' : system}`
}
