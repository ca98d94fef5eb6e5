import type { AuthEndpoints, PermissionName } from '#contract'
import { ApiError, absent, invalid } from '#contract'
import { violates } from '#kit/db.ts'
import type { Context, HandlersOf } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'
import { requireUser } from '../accounts/users.ts'
import { recordAudit } from '../audit/record.ts'
import { identityOf } from '../identify/identify.ts'
import type { AuthParts } from '../parts.ts'
import type { Held, Words } from './held.ts'
import { giveFirst, recordGrant, replaceHeld, requireHeld, shown, stored, takeHeld } from './held.ts'
import type { Role, RolePermission } from './role-rows.ts'
import { allRoles, isMember, requireRole, rolesOf } from './role-rows.ts'
import { requireSelfOrAdmin } from './self.ts'

type Handlers = Pick<
  HandlersOf<AuthEndpoints>,
  | 'createRole'
  | 'getRole'
  | 'listRoles'
  | 'updateRole'
  | 'deleteRole'
  | 'addRolePermission'
  | 'removeRolePermission'
  | 'listRolePermissions'
  | 'updateRolePermission'
  | 'assignRole'
  | 'unassignRole'
  | 'listUserRoles'
  | 'listRoleUsers'
>

/** Groups, as MLflow's clients see and change them: roles. */
export function roleHandlers({ database }: AuthParts): Handlers {
  /** Throws PERMISSION_DENIED for who is not in it, whether there is such a role or not. */
  async function seenRole(roleId: number, { request }: Context): Promise<Role> {
    const { is_admin, user_id } = identityOf(request)
    if (!is_admin && !(await isMember(database.health, roleId, user_id)))
      throw new ApiError('PERMISSION_DENIED', 'Permission denied: a role is seen by its members and by administrators')
    return requireRole(database.health, roleId)
  }

  return {
    async createRole({ name, description = '' }, { principal }) {
      return database.transaction(async (db) => {
        const made = await unique(name, () =>
          row<{ group_id: number }>(
            db,
            sql`insert into groups (name, description) values (${name}, ${description}) returning group_id`,
          ),
        )
        await recordAudit(db, { ...group(name), actor: principal, action: 'group.create' })
        return { role: await requireRole(db, Number(made?.group_id)) }
      })
    },

    getRole: async ({ role_id }, context) => ({ role: await seenRole(Number(role_id), context) }),
    listRoles: async () => ({ roles: await allRoles(database.health) }),

    async updateRole({ role_id, name, description }, { principal }) {
      if (name === undefined && description === undefined)
        throw invalid("At least one of 'name' or 'description' must be provided to update a role.")
      return database.transaction(async (db) => {
        const before = await requireRole(db, Number(role_id))
        if (name !== undefined && name !== before.name) await requireNotOfFiles(db, before)
        await unique(name ?? before.name, () =>
          db.query(
            sql`update groups set name = coalesce(${name ?? null}, name),
                  description = coalesce(${description ?? null}, description)
                where group_id = ${before.id}`,
          ),
        )
        const details = { changes: { name, description } }
        await recordAudit(db, { ...group(before.name), actor: principal, action: 'group.update', details })
        return { role: await requireRole(db, Number(role_id)) }
      })
    },

    async deleteRole({ role_id }, { principal }) {
      await database.transaction(async (db) => {
        const role = await requireRole(db, Number(role_id))
        await requireNotOfFiles(db, role)
        await removeGroup(db, Number(role.id))
        await recordAudit(db, { ...group(role.name), actor: principal, action: 'group.delete' })
      })
      return {}
    },

    async addRolePermission({ role_id, resource_type, resource_pattern, permission }, { principal }) {
      const resource = { resource_type, resource_id: resource_pattern }
      return database.transaction(async (db) => {
        const role = await requireRole(db, Number(role_id))
        const holder = { group_id: Number(role.id) }
        const words = wordsOf(Number(role.id), resource)
        await giveFirst(db, { holder, resource, by: principal, words }, stored(permission))
        await recordGrant(db, 'grant.give', resource, principal, {
          holder: `group:${role.name}`,
          permission: stored(permission),
        })
        return { role_permission: rolePermission(holder.group_id, await requireHeld(db, holder, resource, words)) }
      })
    },

    async removeRolePermission({ role_permission_id }, { principal }) {
      await database.transaction(async (db) => {
        const held = await requireGrant(db, Number(role_permission_id))
        const permission = await takeHeld(db, changeOf(held, principal))
        await recordGrant(db, 'grant.take', held, principal, { holder: `group:${held.name}`, permission })
      })
      return {}
    },

    listRolePermissions: async ({ role_id }, context) => ({
      role_permissions: (await seenRole(Number(role_id), context)).permissions,
    }),

    async updateRolePermission({ role_permission_id, permission }, { principal }) {
      const wanted = stored(permission)
      return database.transaction(async (db) => {
        const held = await requireGrant(db, Number(role_permission_id))
        const before = await replaceHeld(db, changeOf(held, principal), wanted)
        await recordGrant(db, 'grant.give', held, principal, {
          holder: `group:${held.name}`,
          permission: wanted,
          before,
        })
        return { role_permission: rolePermission(held.group_id, { ...held, permission: wanted }) }
      })
    },

    async assignRole({ username, role_id }, { principal }) {
      return database.transaction(async (db) => {
        const role = await requireRole(db, Number(role_id))
        const user = await requireUser(db, username)
        if (await isMember(db, Number(role.id), user.user_id))
          throw new ApiError('RESOURCE_ALREADY_EXISTS', `${assignmentOf(user, role)} already exists`)
        await db.query(sql`insert into group_members (group_id, user_id) values (${role.id}, ${user.user_id})`)
        const details = { username: user.username }
        await recordAudit(db, { ...group(role.name), actor: principal, action: 'group.add', details })
        const [assignment] = await assignments(db, Number(role.id), user.user_id)
        if (!assignment) throw new Error('a member was added, and is not there')
        return { assignment }
      })
    },

    async unassignRole({ username, role_id }, { principal }) {
      await database.transaction(async (db) => {
        const role = await requireRole(db, Number(role_id))
        const user = await requireUser(db, username)
        await removeMember(db, role, user)
        const details = { username: user.username }
        await recordAudit(db, { ...group(role.name), actor: principal, action: 'group.remove', details })
      })
      return {}
    },

    async listUserRoles({ username }, { request }) {
      requireSelfOrAdmin(identityOf(request), username)
      const { user_id } = await requireUser(database.health, username)
      return { roles: await rolesOf(database.health, user_id) }
    },

    async listRoleUsers({ role_id }) {
      const role = await requireRole(database.health, Number(role_id))
      return { assignments: await assignments(database.health, Number(role.id)) }
    },
  }
}

const group = (name: string) => ({ object_type: 'group', object_id: name })

const assignmentOf = (user: { user_id: number }, role: Role) =>
  `User role assignment (user_id=${user.user_id}, role_id=${role.id})`

/** Throws RESOURCE_ALREADY_EXISTS where the name is taken. */
async function unique<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!violates(error, 'groups_name_key')) throw error
    throw new ApiError('RESOURCE_ALREADY_EXISTS', `Role (name=${name}, workspace=default) already exists.`)
  }
}

/** Throws RESOURCE_CONFLICT for a group that access files name: the next apply would bring it back, or miss it. */
async function requireNotOfFiles(db: Db, { id, name }: Role): Promise<void> {
  const found = await row(
    db,
    sql`select 1 from group_members where group_id = ${id} and source = 'files'
        union all select 1 from grants where group_id = ${id} and access_file is not null limit 1`,
  )
  if (found)
    throw new ApiError(
      'RESOURCE_CONFLICT',
      `The access files name the group '${name}': change it there, and apply them.`,
    )
}

/** With all that it was granted: each statement on its own, so that the members' access is known to have changed. */
async function removeGroup(db: Db, groupId: number): Promise<void> {
  await db.query(sql`delete from grants where group_id = ${groupId}`)
  await db.query(sql`delete from group_members where group_id = ${groupId}`)
  await db.query(sql`delete from groups where group_id = ${groupId}`)
}

/** Takes away what was said by hand; throws where it was somebody else who said it, or nobody. */
async function removeMember(db: Db, role: Role, user: { user_id: number; username: string }): Promise<void> {
  const { rowCount } = await db.query(
    sql`delete from group_members where group_id = ${role.id} and user_id = ${user.user_id} and source = 'hand'`,
  )
  if (rowCount > 0) return
  const others = await row<{ source: string }>(
    db,
    sql`select source from group_members where group_id = ${role.id} and user_id = ${user.user_id}`,
  )
  if (!others) throw absent(`${assignmentOf(user, role)} not found`)
  const who = others.source === 'files' ? 'the access files say' : 'the sign-in provider says'
  throw new ApiError('RESOURCE_CONFLICT', `${user.username} is in '${role.name}' because ${who} so: change it there.`)
}

type RoleGrant = Held & { group_id: number; name: string }

/** Throws RESOURCE_DOES_NOT_EXIST. */
async function requireGrant(db: Db, grantId: number): Promise<RoleGrant> {
  const found = await row<RoleGrant>(
    db,
    sql`select grant_id, group_id, name, resource_type, resource_id, permission
        from grants join groups using (group_id)
        where grant_id = ${grantId} and permission not in ('REVIEW', 'APPROVE')`,
  )
  if (!found) throw absent(missing(grantId))
  return found
}

const missing = (grantId: number) => `Role permission with id=${grantId} not found`

const changeOf = ({ group_id, resource_type, resource_id, grant_id }: RoleGrant, by: string) => ({
  holder: { group_id },
  resource: { resource_type, resource_id },
  by,
  words: { exists: '', missing: missing(grant_id) },
})

const wordsOf = (roleId: number, resource: { resource_type: string; resource_id: string }): Words => ({
  exists: `Role permission (role_id=${roleId}, resource_type=${resource.resource_type}, resource_pattern=${resource.resource_id}) already exists.`,
  missing: `Role permission (role_id=${roleId}) not found`,
})

const rolePermission = (
  role_id: number,
  { grant_id, resource_type, resource_id, permission }: { permission: PermissionName } & Held,
): RolePermission => ({
  id: grant_id,
  role_id,
  resource_type,
  resource_pattern: resource_id,
  permission: shown(permission),
})

/** Whoever is in a group by several sources is in it once; the assignment is called by the first of them. */
const assignments = (db: Db, roleId: number, userId?: number) =>
  rows<{ id: number; user_id: number; role_id: number }>(
    db,
    sql`select min(member_id) as id, user_id, group_id as role_id from group_members
        where group_id = ${roleId} and ${userId === undefined ? sql`true` : sql`user_id = ${userId}`}
        group by user_id, group_id order by user_id`,
  )
