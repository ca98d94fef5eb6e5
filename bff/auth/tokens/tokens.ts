import type { TokenScope } from '#contract'
import { invalid } from '#contract'
import type { Db } from '#kit/sql.ts'
import { raw, row, rows, sql } from '#kit/sql.ts'
import { hashOf } from '../identify/credentials.ts'
import { newToken } from './token-text.ts'

export type TokenRow = {
  token_id: number
  name: string
  hint: string
  scopes: TokenScope[] | null
  created_at: Date
  expires_at: Date
  last_used_on: string | null
  revoked_at: Date | null
}

export type NewToken = { name: string; scopes: readonly TokenScope[]; days?: number | undefined }

const DAYS = 90
const MOST_DAYS = 365
const MOST_TOKENS = 100

const columns = raw(
  'token_id, name, hint, scopes, created_at, expires_at, last_used_on::text as last_used_on, revoked_at',
)

/** Makes a token of a user. Its text is in this answer and kept nowhere. Throws INVALID_PARAMETER_VALUE. */
export async function createToken(
  db: Db,
  userId: number,
  { name, scopes, days = DAYS }: NewToken,
): Promise<TokenRow & { token: string }> {
  if (days < 1 || days > MOST_DAYS) throw invalid(`expires_in_days must be between 1 and ${MOST_DAYS}`)
  const found = await row<{ count: number }>(
    db,
    sql`select count(*)::int as count from tokens where user_id = ${userId} and revoked_at is null and expires_at > now()`,
  )
  if ((found?.count ?? 0) >= MOST_TOKENS) throw invalid(`There are ${MOST_TOKENS} tokens already: revoke some first.`)
  const token = newToken()
  const made = await row<TokenRow>(
    db,
    sql`insert into tokens (hash, hint, user_id, name, scopes, expires_at)
        values (${hashOf(token)}, ${token.slice(-6)}, ${userId}, ${name}, ${scopes.length === 0 ? null : scopes},
                now() + make_interval(days => ${days}::int))
        returning ${columns}`,
  )
  return { ...made!, token }
}

export const tokensOf = (db: Db, userId: number): Promise<TokenRow[]> =>
  rows(db, sql`select ${columns} from tokens where user_id = ${userId} order by token_id desc`)

/** Ends a token; undefined where there is none that still counts (of that user, where one is named). */
export const revokeToken = (
  db: Db,
  tokenId: number,
  userId: number | undefined,
): Promise<{ user_id: number; name: string; hint: string } | undefined> =>
  row(
    db,
    sql`update tokens set revoked_at = now() where token_id = ${tokenId} and revoked_at is null
        and ${userId === undefined ? sql`true` : sql`user_id = ${userId}`} returning user_id, name, hint`,
  )
