import type { AuthEndpoints } from '#contract'
import { ApiError } from '#contract'
import { violates } from '#kit/db.ts'
import type { HandlersOf } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { rows, sql } from '#kit/sql.ts'
import { recordAudit } from '../audit/record.ts'
import { identityOf } from '../identify/identify.ts'
import { sendLink } from '../links/send-link.ts'
import type { AuthParts } from '../parts.ts'
import { endSessions } from '../sessions/sessions.ts'
import { findAccount, isCalled, listAccounts } from './accounts.ts'
import { listGroups, requireGroup } from './groups.ts'
import { createUser, noSuchUser, readEmail, requireAnAdmin, requireUser } from './users.ts'

const PEOPLE = 10

type Handlers = Pick<
  HandlersOf<AuthEndpoints>,
  | 'listUsers'
  | 'getUser'
  | 'createUser'
  | 'updateUser'
  | 'deleteUser'
  | 'findPeople'
  | 'listGroups'
  | 'createGroup'
  | 'deleteGroup'
  | 'addGroupMember'
  | 'removeGroupMember'
>

/** Users and groups, as administrators keep them. */
export function accountHandlers({ database, config }: AuthParts): Handlers {
  const account = async (db: Db, username: string) => {
    const found = await findAccount(db, username)
    if (!found) throw noSuchUser(username)
    return found
  }

  return {
    async listUsers({ search, max_results, page_token = '' }) {
      const found = await listAccounts(database.health, { search, after: page_token, limit: max_results + 1 })
      const users = found.slice(0, max_results)
      const last = users.at(-1)
      return { users, ...(found.length > max_results && last ? { next_page_token: last.username } : {}) }
    },

    getUser: async ({ username }) => ({ user: await account(database.health, username) }),

    async createUser(input, { request }) {
      const actor = identityOf(request).username
      return database.transaction(async (db) => {
        const user = await createUser(db, input)
        await recordAudit(db, {
          actor,
          action: 'user.create',
          object_type: 'user',
          object_id: user.username,
          details: { kind: user.kind, is_admin: user.is_admin },
        })
        const { link } = user.kind === 'person' ? await sendLink(db, config, user, { by: actor }) : {}
        return { user: await account(db, user.username), ...(link === undefined ? {} : { link }) }
      })
    },

    async updateUser({ username, display_name, email, is_admin, disabled }, { request }) {
      const actor = identityOf(request).username
      return database.transaction(async (db) => {
        const { user_id, ...before } = await requireUser(db, username)
        await db.query(
          sql`update users set display_name = coalesce(${display_name ?? null}, display_name),
                email = ${email === undefined ? sql`email` : readEmail(email)},
                is_admin = coalesce(${is_admin ?? null}, is_admin),
                disabled_at = ${disabled === undefined ? sql`disabled_at` : disabled ? sql`coalesce(disabled_at, now())` : sql`null`}
              where user_id = ${user_id}`,
        )
        if (disabled) await endSessions(db, user_id)
        if (is_admin === false || disabled) await requireAnAdmin(db)
        const changes = Object.fromEntries(
          Object.entries({ display_name, email, is_admin, disabled }).filter(([, value]) => value !== undefined),
        )
        const details = {
          before: { is_admin: before.is_admin, disabled: before.disabled_at !== null, email: before.email },
          changes,
        }
        await recordAudit(db, {
          actor,
          action: 'user.update',
          object_type: 'user',
          object_id: before.username,
          details,
        })
        return { user: await account(db, username) }
      })
    },

    async deleteUser({ username }, { request }) {
      const actor = identityOf(request).username
      await database.transaction(async (db) => {
        const user = await requireUser(db, username)
        await db.query(sql`delete from users where user_id = ${user.user_id}`)
        await requireAnAdmin(db)
        await recordAudit(db, { actor, action: 'user.delete', object_type: 'user', object_id: user.username })
      })
      return {}
    },

    async findPeople({ search }) {
      const [people, groups] = await Promise.all([
        rows<{ username: string; display_name: string }>(
          database.health,
          sql`select username, display_name from users where disabled_at is null and ${isCalled(search)}
              order by username limit ${PEOPLE}`,
        ),
        rows<{ name: string }>(
          database.health,
          sql`select name from groups where position(lower(${search ?? ''}) in lower(name)) > 0 or ${search ?? ''} = ''
              order by name limit ${PEOPLE}`,
        ),
      ])
      return { people, groups: groups.map(({ name }) => name) }
    },

    listGroups: async () => ({ groups: await listGroups(database.health) }),

    async createGroup({ name, description = '' }, { request }) {
      const actor = identityOf(request).username
      await database
        .transaction(async (db) => {
          await db.query(sql`insert into groups (name, description) values (${name}, ${description})`)
          await recordAudit(db, { actor, action: 'group.create', object_type: 'group', object_id: name })
        })
        .catch((error: unknown) => {
          if (!violates(error, 'groups_name_key')) throw error
          throw new ApiError('RESOURCE_ALREADY_EXISTS', `Group '${name}' already exists.`)
        })
      return {}
    },

    async deleteGroup({ name }, { request }) {
      const actor = identityOf(request).username
      await database.transaction(async (db) => {
        const { group_id } = await requireGroup(db, name)
        // each on its own, so that the members' access is known to have changed
        await db.query(sql`delete from grants where group_id = ${group_id}`)
        await db.query(sql`delete from group_members where group_id = ${group_id}`)
        await db.query(sql`delete from groups where group_id = ${group_id}`)
        await recordAudit(db, { actor, action: 'group.delete', object_type: 'group', object_id: name })
      })
      return {}
    },

    async addGroupMember({ name, username }, { request }) {
      const actor = identityOf(request).username
      await database.transaction(async (db) => {
        const { group_id } = await requireGroup(db, name)
        const user = await requireUser(db, username)
        await db.query(
          sql`insert into group_members (group_id, user_id, source) values (${group_id}, ${user.user_id}, 'hand')
              on conflict do nothing`,
        )
        await recordAudit(db, {
          actor,
          action: 'group.add',
          object_type: 'group',
          object_id: name,
          details: { username: user.username },
        })
      })
      return {}
    },

    async removeGroupMember({ name, username }, { request }) {
      const actor = identityOf(request).username
      await database.transaction(async (db) => {
        const { group_id } = await requireGroup(db, name)
        const user = await requireUser(db, username)
        const { rowCount } = await db.query(
          sql`delete from group_members where group_id = ${group_id} and user_id = ${user.user_id} and source = 'hand'`,
        )
        const [other] = await rows<{ source: string }>(
          db,
          sql`select source from group_members where group_id = ${group_id} and user_id = ${user.user_id}`,
        )
        if (rowCount === 0 && other)
          throw new ApiError(
            'RESOURCE_CONFLICT',
            `${user.username} is in '${name}' because ${other.source === 'files' ? 'the access files say' : 'the sign-in provider says'} so: change it there.`,
          )
        await recordAudit(db, {
          actor,
          action: 'group.remove',
          object_type: 'group',
          object_id: name,
          details: { username: user.username },
        })
      })
      return {}
    },
  }
}
