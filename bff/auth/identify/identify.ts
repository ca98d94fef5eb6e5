import { createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { TokenScope } from '#contract'
import { ApiError } from '#contract'
import { row, rows, sql } from '#kit/sql.ts'
import { verifyPassword } from '../accounts/passwords.ts'
import { usernameKey } from '../accounts/users.ts'
import type { Access } from '../grants/access.ts'
import { loadAccess } from '../grants/access.ts'
import type { Identity } from '../identity.ts'
import type { AuthParts } from '../parts.ts'
import { isToken } from '../tokens/token-text.ts'
import type { Credential } from './credentials.ts'
import { hashOf } from './credentials.ts'
import type { Freshness } from './freshness.ts'
import { openFreshness } from './freshness.ts'

/** How long a credential is known by without a look at its row: what it says of its last use is then as old. */
const KEPT_MS = 60_000
const MOST_KEPT = 10_000
/** A session ends when it was not used for so long. */
export const IDLE_HOURS = 12

export type Identify = {
  /** The identity that a credential stands for; undefined where it stands for nobody. At once where it is known. */
  of(credential: Credential, request: IncomingMessage): Identity | undefined | Promise<Identity | undefined>
  freshness: Freshness
}

type UserRow = { user_id: number; username: string; is_admin: boolean; access_version: unknown }
/** `left_ms`: until the session or token ends in any case */
type Found = UserRow & { credential_id: number | undefined; scopes: readonly TokenScope[] | null; left_ms?: number }
type KnownUser = UserRow & { access: Access; keys: Set<string> }
type Entry = { identity: Identity; until: number }

/** `attempt` is asked before a password is hashed, and hears how it went: it throws where there were too many. */
export type Attempt = (username: string, request: IncomingMessage, work: () => Promise<boolean>) => Promise<boolean>

/** Who is asking. What was found once is kept for a while, and dropped as soon as anything of it changes. */
export function openIdentify({ database, config }: AuthParts, attempt: Attempt): Identify {
  const entries = new Map<string, Entry>()
  const users = new Map<number, KnownUser>()
  // passwords are not kept: what is kept cannot be tried out elsewhere
  const bootKey = randomBytes(32)

  const keyOf = (credential: Exclude<Credential, { kind: 'unreadable' }>) =>
    credential.kind === 'password'
      ? createHmac('sha256', bootKey)
          .update(`${usernameKey(credential.username)}\0${credential.password}`)
          .digest('base64')
      : `${credential.kind} ${credential.kind === 'token' ? usernameKey(credential.username ?? '') : ''} ${hashOf(credential.secret).toString('base64')}`

  function forget(userId: number) {
    for (const key of users.get(userId)?.keys ?? []) entries.delete(key)
    users.delete(userId)
  }

  const freshness = openFreshness(database.health, {
    versions: () => new Map([...users].map(([id, { access_version }]) => [id, access_version])),
    forget,
  })

  async function find(credential: Credential, request: IncomingMessage): Promise<Found | undefined> {
    if (credential.kind === 'session') return sessionOf(credential.secret)
    if (credential.kind === 'token') return tokenOf(credential.secret, credential.username)
    return credential.kind === 'password' ? passwordOf(credential, request) : undefined
  }

  const sessionOf = (secret: string) =>
    row<Found>(
      database.health,
      sql`update sessions s set last_seen_at = case when s.last_seen_at < now() - interval '5 minutes' then now() else s.last_seen_at end
          from users u
          where s.hash = ${hashOf(secret)} and u.user_id = s.user_id and u.disabled_at is null and s.expires_at > now()
            and s.last_seen_at > now() - make_interval(hours => ${IDLE_HOURS})
          returning u.user_id, u.username, u.is_admin, u.access_version, s.session_id as credential_id, null as scopes,
                    extract(epoch from s.expires_at - now())::float8 * 1000 as left_ms`,
    )

  async function tokenOf(secret: string, username: string | undefined) {
    if (!isToken(secret)) return undefined
    return row<Found>(
      database.health,
      sql`update tokens t set last_used_on = current_date
          from users u
          where t.hash = ${hashOf(secret)} and u.user_id = t.user_id and u.disabled_at is null and t.revoked_at is null
            and t.expires_at > now() and ${username === undefined ? sql`true` : sql`u.username_key = ${usernameKey(username)}`}
          returning u.user_id, u.username, u.is_admin, u.access_version, t.token_id as credential_id, t.scopes,
                    extract(epoch from t.expires_at - now())::float8 * 1000 as left_ms`,
    )
  }

  async function passwordOf(
    { username, password }: Extract<Credential, { kind: 'password' }>,
    request: IncomingMessage,
  ): Promise<Found | undefined> {
    let found: (UserRow & { password_hash: string | null }) | undefined
    const isRight = await attempt(username, request, async () => {
      found = (
        await rows<UserRow & { password_hash: string | null }>(
          database.health,
          sql`select user_id, username, is_admin, access_version, password_hash from users
              where username_key = ${usernameKey(username)} and disabled_at is null`,
        )
      )[0]
      return verifyPassword(found?.password_hash, password)
    })
    return isRight && found ? { ...found, credential_id: undefined, scopes: null } : undefined
  }

  async function look(
    credential: Exclude<Credential, { kind: 'unreadable' }>,
    key: string,
    request: IncomingMessage,
  ): Promise<Identity | undefined> {
    const turn = freshness.turn()
    const found = await find(credential, request)
    if (!found) return undefined
    const user = await knownUser(found)
    // something changed while it was looked for, a password hashed: it may have been this
    if (turn !== freshness.turn()) return look(credential, key, request)
    const identity: Identity = {
      user_id: user.user_id,
      username: user.username,
      is_admin: user.is_admin,
      by: credential.kind,
      scopes: found.scopes ?? 'all',
      credential_id: found.credential_id,
      access: user.access,
    }
    if (entries.size >= MOST_KEPT) entries.clear()
    entries.set(key, { identity, until: performance.now() + Math.min(KEPT_MS, found.left_ms ?? KEPT_MS) })
    user.keys.add(key)
    return identity
  }

  async function knownUser({ user_id, username, is_admin, access_version }: UserRow): Promise<KnownUser> {
    const known = users.get(user_id)
    if (known && known.access_version === access_version) return known
    const access = await loadAccess(database.health, user_id, config.defaultPermission)
    // another credential of the same user may have been looked for meanwhile: one of the two is kept, with the keys of both
    const meanwhile = users.get(user_id)
    if (meanwhile && meanwhile.access_version === access_version) return meanwhile
    forget(user_id)
    const user = { user_id, username, is_admin, access_version, access, keys: new Set<string>() }
    users.set(user_id, user)
    return user
  }

  function known(key: string): Identity | undefined {
    const entry = entries.get(key)
    if (!entry) return undefined
    if (entry.until > performance.now()) return entry.identity
    entries.delete(key)
    return undefined
  }

  return {
    freshness,
    of(credential, request) {
      if (credential.kind === 'unreadable') return undefined
      const key = keyOf(credential)
      const stale = freshness.wait()
      if (stale !== undefined) return stale.then(() => known(key) ?? look(credential, key, request))
      return known(key) ?? look(credential, key, request)
    },
  }
}

const identities = new WeakMap<IncomingMessage, Identity>()

export const remember = (request: IncomingMessage, identity: Identity) => void identities.set(request, identity)

/** Who sent this request. Throws UNAUTHENTICATED where it is nobody, or where nobody has to be known. */
export function identityOf(request: IncomingMessage): Identity {
  const identity = identities.get(request)
  if (!identity) throw notAuthenticated()
  return identity
}

export const ifKnown = (request: IncomingMessage): Identity | undefined => identities.get(request)

export const notAuthenticated = () =>
  new ApiError(
    'UNAUTHENTICATED',
    'You are not authenticated. Set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD; in a browser, sign in.',
  )
