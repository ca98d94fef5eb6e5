import type { IncomingMessage } from 'node:http'
import type { AuthEndpoints } from '#contract'
import { ApiError, invalid } from '#contract'
import type { HandlersOf } from '#kit/route.ts'
import { JsonAnswer } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import { hashPassword, PASSWORD_LENGTH, requireGoodPassword } from '../accounts/passwords.ts'
import type { User } from '../accounts/users.ts'
import { readUsername, requireUser, userColumns, usernameKey } from '../accounts/users.ts'
import { recordAudit } from '../audit/record.ts'
import type { Attempt } from '../identify/identify.ts'
import { identityOf } from '../identify/identify.ts'
import { listMails } from '../mail/outbox.ts'
import type { AuthParts } from '../parts.ts'
import { sessionCookie } from '../sessions/cookies.ts'
import { endSessions, startSession } from '../sessions/sessions.ts'
import { createToken } from '../tokens/tokens.ts'
import { consumeLink, describeLink } from './links.ts'
import { addressOf, sendLink } from './send-link.ts'
import { createFirstAdmin } from './set-up.ts'

type Parts = AuthParts & {
  attempt: Attempt
  cookieName: (request: IncomingMessage) => string
  /** work that nobody waits for */
  later: (work: Promise<unknown>) => void
}

type Handlers = Pick<
  HandlersOf<AuthEndpoints>,
  'getLink' | 'followLink' | 'requestPasswordReset' | 'makeLink' | 'listMails'
>

/** One-time links: for the first administrator, for who was invited, for who forgot a password. */
export function linkHandlers({ database, config, attempt, cookieName, later }: Parts): Handlers {
  return {
    async getLink({ secret }) {
      const { purpose, username } = await describeLink(database.health, secret)
      return {
        purpose,
        ...(username !== undefined && { username }),
        organisation: config.organisation,
        password: PASSWORD_LENGTH,
      }
    },

    async followLink({ secret, password, ...chosen }, { request }) {
      const link = await describeLink(database.health, secret)
      const username = link.username ?? readUsername(requireChosen(chosen.username))
      await requireGoodPassword(password, { username, email: link.email ?? chosen.email ?? null })
      const password_hash = await hashPassword(password)
      const begun = await database.transaction(async (db) => {
        const { user_id } = await consumeLink(db, secret)
        const user =
          user_id === undefined
            ? await requireFirst(db, { ...chosen, username, password_hash })
            : await setPassword(db, user_id, password_hash)
        await recordAudit(db, { actor: username, action: 'session.start', object_type: 'user', object_id: username })
        const first =
          user_id === undefined ? await createToken(db, user.user_id, { name: 'First token', scopes: [] }) : undefined
        return { token: first?.token, session: await startSession(db, user.user_id, request) }
      })
      const address = addressOf(config)
      return new JsonAnswer(
        {
          username,
          ...(begun.token !== undefined && { token: begun.token }),
          ...(config.publicUrl !== undefined && { tracking_uri: address }),
        },
        sessionCookie(cookieName(request), begun.session),
      )
    },

    async requestPasswordReset({ username }, { request }) {
      // each request counts, and counts apart from signing in: nobody is locked out by it
      await attempt(`password reset of ${username}`, request, async () => false)
      // after the answer, whose time would tell whether there is such a user
      if (config.mail) later(database.transaction((db) => mailReset(db, config, username)).catch(unlessTooMany))
      return {}
    },

    async makeLink({ username, by_hand }, { request }) {
      const by = identityOf(request).username
      return database.transaction(async (db) =>
        sendLink(db, config, await requireUser(db, username), { by, byHand: by_hand }),
      )
    },

    async listMails({ state, max_results }) {
      return { mail: config.mail !== undefined, mails: await listMails(database.health, state, max_results) }
    },
  }
}

function requireChosen(username: string | undefined): string {
  if (username === undefined || username === '') throw invalid('Choose a username: `username` is missing.')
  return username
}

async function requireFirst(db: Db, admin: Parameters<typeof createFirstAdmin>[1]): Promise<User> {
  const user = await createFirstAdmin(db, admin)
  if (!user) throw new ApiError('RESOURCE_CONFLICT', 'This server has an administrator already: sign in instead.')
  return user
}

/** Whoever was signed in as this user, by what the old password opened, no longer is. */
async function setPassword(db: Db, user_id: number, password_hash: string): Promise<User> {
  const user = await row<User>(
    db,
    sql`update users set password_hash = ${password_hash} where user_id = ${user_id} returning ${userColumns}`,
  )
  if (!user) throw new ApiError('RESOURCE_CONFLICT', 'This user was just removed.')
  await endSessions(db, user_id)
  const { username } = user
  await recordAudit(db, { actor: username, action: 'user.password', object_type: 'user', object_id: username })
  return user
}

/** To whoever has that name or mail address, and signs in by a password or is yet to: not past an OIDC provider. */
async function mailReset(db: Db, config: AuthParts['config'], text: string) {
  const key = usernameKey(text.trim())
  const user = await row<User>(
    db,
    sql`select ${userColumns} from users u
        where (username_key = ${key} or email = ${key}) and kind = 'person' and disabled_at is null and email is not null
          and (password_hash is not null or not exists (select from user_identities i where i.user_id = u.user_id))
        order by username_key = ${key} desc, user_id limit 1`,
  )
  if (user) await sendLink(db, config, user, { by: '' })
}

/** Whoever has three links within the hour has mails to find. */
function unlessTooMany(error: unknown) {
  if (!(error instanceof ApiError) || error.code !== 'REQUEST_LIMIT_EXCEEDED') throw error
}
