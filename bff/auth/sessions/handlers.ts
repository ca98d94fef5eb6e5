import type { IncomingMessage } from 'node:http'
import type { AuthEndpoints, Output } from '#contract'
import { ApiError, absent, invalid } from '#contract'
import type { HandlersOf } from '#kit/route.ts'
import { JsonAnswer } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import { hashPassword, requireGoodPassword, verifyPassword } from '../accounts/passwords.ts'
import type { User } from '../accounts/users.ts'
import { userColumns, usernameKey } from '../accounts/users.ts'
import { recordAudit } from '../audit/record.ts'
import { credentialOf, csrfTokenOf } from '../identify/credentials.ts'
import type { Attempt } from '../identify/identify.ts'
import { IDLE_HOURS, identityOf, ifKnown } from '../identify/identify.ts'
import { endLinks } from '../links/links.ts'
import type { AuthParts } from '../parts.ts'
import { noSessionCookie, sessionCookie } from './cookies.ts'
import { endSession, endSessions, sessionsOf, startSession } from './sessions.ts'

type Session = Output<AuthEndpoints['getSession']>
type Parts = AuthParts & {
  attempt: Attempt
  cookieName: (request: IncomingMessage) => string
  hasAdmin: () => Promise<boolean>
  /** where the provider of a session ends its own */
  signOutAt: ((sessionId: number) => Promise<string | undefined>) | undefined
}

export function sessionHandlers({
  database,
  config,
  attempt,
  cookieName,
  hasAdmin,
  signOutAt,
}: Parts): Pick<
  HandlersOf<AuthEndpoints>,
  | 'getSession'
  | 'signIn'
  | 'signOut'
  | 'listSessions'
  | 'endSession'
  | 'endSessions'
  | 'changePassword'
  | 'changeProfile'
> {
  const describe = async (user: User | undefined, secret: string | undefined): Promise<Session> => ({
    auth: (await hasAdmin()) ? 'on' : 'setup',
    ...(user && {
      user: {
        username: user.username,
        display_name: user.display_name,
        is_admin: user.is_admin,
        has_password: user.has_password,
        ...(user.email === null ? {} : { email: user.email }),
      },
    }),
    ...(secret === undefined ? {} : { csrf_token: csrfTokenOf(secret) }),
    providers: config.providers.map(({ id, name }) => ({ id, name })),
    mail: config.mail !== undefined,
    experiment_creation: config.experimentCreation,
  })

  const secretOf = (request: IncomingMessage) => {
    const credential = credentialOf(request, cookieName(request))
    return credential?.kind === 'session' ? credential.secret : undefined
  }

  return {
    async getSession(_input, { request }) {
      const identity = ifKnown(request)
      if (!identity) return describe(undefined, undefined)
      return describe(await userById(database.health, identity.user_id), secretOf(request))
    },

    async signIn({ username, password }, { request }) {
      let found: (User & { password_hash: string | null }) | undefined
      const isRight = await attempt(username, request, async () => {
        found = await row(
          database.health,
          sql`select ${userColumns}, password_hash from users
              where username_key = ${usernameKey(username)} and disabled_at is null`,
        )
        return verifyPassword(found?.password_hash, password)
      })
      const user = found
      if (!isRight || !user) {
        // what is typed as the name of nobody may be a password
        await database.transaction((db) =>
          recordAudit(db, {
            actor: '',
            action: 'session.refuse',
            object_type: 'user',
            object_id: user?.username ?? '',
          }),
        )
        throw new ApiError('UNAUTHENTICATED', 'The username or the password is wrong.')
      }
      // a new secret at every sign-in: one that somebody planted before is worth nothing
      const secret = await database.transaction(async (db) => {
        await recordAudit(db, {
          actor: user.username,
          action: 'session.start',
          object_type: 'user',
          object_id: user.username,
        })
        return startSession(db, user.user_id, request)
      })
      return new JsonAnswer(await describe(user, secret), sessionCookie(cookieName(request), secret))
    },

    async signOut(_input, { request }) {
      const identity = ifKnown(request)
      let sign_out_at: string | undefined
      if (identity?.by === 'session' && identity.credential_id !== undefined) {
        const { user_id, username, credential_id } = identity
        sign_out_at = await signOutAt?.(credential_id)
        await database.transaction(async (db) => {
          await endSession(db, user_id, credential_id)
          await recordAudit(db, { actor: username, action: 'session.end', object_type: 'user', object_id: username })
        })
      }
      return new JsonAnswer(sign_out_at === undefined ? {} : { sign_out_at }, noSessionCookie(cookieName(request)))
    },

    async listSessions(_input, { request }) {
      const { user_id, by, credential_id } = identityOf(request)
      const found = await sessionsOf(database.health, user_id, IDLE_HOURS)
      return {
        sessions: found.map(({ session_id, created_at, last_seen_at, client }) => ({
          session_id,
          created_at: created_at.getTime(),
          last_seen_at: last_seen_at.getTime(),
          client,
          current: by === 'session' && session_id === credential_id,
        })),
      }
    },

    async endSession({ session_id }, { request }) {
      const { user_id, username } = identityOf(request)
      await database.transaction(async (db) => {
        if (!(await endSession(db, user_id, Number(session_id)))) throw absent(`You have no session ${session_id}`)
        await recordAudit(db, { actor: username, action: 'session.end', object_type: 'user', object_id: username })
      })
      return {}
    },

    async endSessions(_input, { request }) {
      const { user_id, username, by, credential_id } = identityOf(request)
      const ended = await database.transaction(async (db) => {
        const count = await endSessions(db, user_id, by === 'session' ? credential_id : undefined)
        await recordAudit(db, {
          actor: username,
          action: 'session.end_others',
          object_type: 'user',
          object_id: username,
          details: { count },
        })
        return count
      })
      return { ended }
    },

    async changePassword({ current_password, new_password }, { request }) {
      const { user_id, username, by, credential_id } = identityOf(request)
      const stored = await row<{ password_hash: string | null; email: string | null }>(
        database.health,
        sql`select password_hash, email from users where user_id = ${user_id}`,
      )
      const isRight = await attempt(username, request, () => verifyPassword(stored?.password_hash, current_password))
      if (!isRight) throw invalid('The current password is wrong.', { field: 'current_password' })
      await requireGoodPassword(new_password, { username, email: stored?.email ?? null })
      const password_hash = await hashPassword(new_password)
      await database.transaction(async (db) => {
        await db.query(sql`update users set password_hash = ${password_hash} where user_id = ${user_id}`)
        await endSessions(db, user_id, by === 'session' ? credential_id : undefined)
        await endLinks(db, user_id)
        await recordAudit(db, { actor: username, action: 'user.password', object_type: 'user', object_id: username })
      })
      return {}
    },

    async changeProfile({ display_name }, { request }) {
      const { user_id } = identityOf(request)
      await database.query(sql`update users set display_name = ${display_name.trim()} where user_id = ${user_id}`)
      return {}
    },
  }
}

const userById = (db: Db, userId: number): Promise<User | undefined> =>
  row(db, sql`select ${userColumns} from users where user_id = ${userId}`)
