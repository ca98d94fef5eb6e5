import type { IncomingMessage } from 'node:http'
import type { AuthEndpoints, Output } from '#contract'
import { ApiError, invalid } from '#contract'
import type { HandlersOf } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'
import { hashPassword, requireGoodPassword, verifyPassword } from '../accounts/passwords.ts'
import type { User } from '../accounts/users.ts'
import { createUser, requireAnAdmin, requireUser } from '../accounts/users.ts'
import { recordAudit } from '../audit/record.ts'
import type { Attempt } from '../identify/identify.ts'
import { identityOf } from '../identify/identify.ts'
import type { Identity } from '../identity.ts'
import { endLinks } from '../links/links.ts'
import type { AuthParts } from '../parts.ts'
import { endSessions } from '../sessions/sessions.ts'
import { heldPermissions } from './held.ts'
import { rolesOfUsers } from './role-rows.ts'
import { isSelf, requireSelfOrAdmin } from './self.ts'

type Handlers = Pick<
  HandlersOf<AuthEndpoints>,
  | 'createMlflowUser'
  | 'getMlflowUser'
  | 'getCurrentMlflowUser'
  | 'listMlflowUsers'
  | 'updateMlflowUserPassword'
  | 'updateMlflowUserAdmin'
  | 'deleteMlflowUser'
>

/** Users, as MLflow's clients see and change them. */
export function userHandlers({ database, attempt }: AuthParts & { attempt: Attempt }): Handlers {
  return {
    async createMlflowUser({ username, password }, { request }) {
      const actor = identityOf(request).username
      await requireGoodPassword(password, { username })
      const password_hash = await hashPassword(password)
      return database.transaction(async (db) => {
        const user = await createUser(db, { username, password_hash })
        await recordAudit(db, { ...of(user), actor, action: 'user.create', details: { kind: user.kind } })
        return { user: await printed(db, user) }
      })
    },

    async getMlflowUser({ username }, { request }) {
      requireSelfOrAdmin(identityOf(request), username)
      return { user: await printed(database.health, await requireUser(database.health, username)) }
    },

    async getCurrentMlflowUser(_input, { request }) {
      const { user_id, username, is_admin, by } = identityOf(request)
      return { user: { id: user_id, username, is_admin }, is_basic_auth: by !== 'session' }
    },

    async listMlflowUsers() {
      const users = await rows<{ id: number; username: string; is_admin: boolean }>(
        database.health,
        sql`select user_id as id, username, is_admin from users order by user_id`,
      )
      const roles = await rolesOfUsers(database.health)
      return { users: users.map((user) => ({ ...user, roles: roles.get(user.id) ?? [] })) }
    },

    async updateMlflowUserPassword({ username, password, current_password }, { request }) {
      const identity = identityOf(request)
      requireSelfOrAdmin(identity, username)
      const user = await requireUser(database.health, username)
      if (user.kind === 'service')
        throw invalid(`User '${user.username}' is a service account: it has tokens, and no password.`)
      if (isSelf(identity, username)) await requireOtherThanOwn(identity, password, current_password, request)
      await requireGoodPassword(password, user)
      const password_hash = await hashPassword(password)
      await database.transaction(async (db) => {
        await db.query(sql`update users set password_hash = ${password_hash} where user_id = ${user.user_id}`)
        const own = isSelf(identity, username) && identity.by === 'session'
        await endSessions(db, user.user_id, own ? identity.credential_id : undefined)
        await endLinks(db, user.user_id)
        await recordAudit(db, { ...of(user), actor: identity.username, action: 'user.password' })
      })
      return {}
    },

    async updateMlflowUserAdmin({ username, is_admin }, { request }) {
      const actor = identityOf(request).username
      await database.transaction(async (db) => {
        const user = await requireUser(db, username)
        await db.query(sql`update users set is_admin = ${is_admin} where user_id = ${user.user_id}`)
        if (!is_admin) await requireAnAdmin(db)
        const details = { before: { is_admin: user.is_admin }, changes: { is_admin } }
        await recordAudit(db, { ...of(user), actor, action: 'user.update', details })
      })
      return {}
    },

    async deleteMlflowUser({ username }, { request }) {
      const identity = identityOf(request)
      if (isSelf(identity, username))
        throw new ApiError(
          'BAD_REQUEST',
          'Users cannot delete their own account. Ask another admin to delete this user instead.',
        )
      await database.transaction(async (db) => {
        const user = await requireUser(db, username)
        await db.query(sql`delete from users where user_id = ${user.user_id}`)
        await requireAnAdmin(db)
        await recordAudit(db, { ...of(user), actor: identity.username, action: 'user.delete' })
      })
      return {}
    },
  }

  /** Whoever changes their own says the current one: beside the new one, or (3.6 has no field for it) by having signed this request with it. */
  async function requireOtherThanOwn(
    { user_id, username, by }: Identity,
    password: string,
    current: string | undefined,
    request: IncomingMessage,
  ) {
    if (current === undefined && by !== 'password')
      throw invalid('Current password is required when changing your own password.')
    const user = await row<{ password_hash: string | null }>(
      database.health,
      sql`select password_hash from users where user_id = ${user_id}`,
    )
    const isRight = (text: string) => verifyPassword(user?.password_hash, text)
    if (current !== undefined && !(await attempt(username, request, () => isRight(current))))
      throw invalid('Current password does not match.')
    if (await isRight(password)) throw invalid('New password must differ from the current password.')
  }
}

const of = ({ username }: User) => ({ object_type: 'user', object_id: username })

async function printed(
  db: Db,
  { user_id, username, is_admin }: User,
): Promise<Output<AuthEndpoints['getMlflowUser']>['user']> {
  const held = (await heldPermissions(db, { user_id })).filter(({ resource_id }) => resource_id !== '*')
  return {
    id: user_id,
    username,
    is_admin,
    experiment_permissions: held
      .filter(({ resource_type }) => resource_type === 'experiment')
      .map(({ resource_id, permission }) => ({ experiment_id: resource_id, user_id, permission })),
    registered_model_permissions: held
      .filter(({ resource_type }) => resource_type === 'registered_model')
      .map(({ resource_id, permission }) => ({ name: resource_id, user_id, permission })),
    scorer_permissions: [],
  }
}
