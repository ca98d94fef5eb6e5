import type { AuthEndpoints, Output } from '#contract'
import { absent } from '#contract'
import type { Db, Sql } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'
import { shown } from './held.ts'

export type Role = Output<AuthEndpoints['getRole']>['role']
export type RolePermission = Role['permissions'][number]

type RoleRow = { id: number; name: string; description: string; permissions: RolePermission[] }

/** Groups with what they were granted, as MLflow prints a role. */
const select = (condition: Sql): Sql => sql`
  select g.group_id as id, g.name, g.description,
         coalesce((select json_agg(json_build_object(
                            'id', grant_id, 'role_id', group_id, 'resource_type', resource_type,
                            'resource_pattern', resource_id, 'permission', permission) order by grant_id)
                   from grants r where r.group_id = g.group_id and permission not in ('REVIEW', 'APPROVE')), '[]') as permissions
  from groups g where ${condition} order by g.group_id`

const printed = ({ id, name, description, permissions }: RoleRow): Role => ({
  id,
  name,
  workspace: 'default',
  description: description === '' ? null : description,
  permissions: permissions.map((permission) => ({ ...permission, permission: shown(permission.permission as 'READ') })),
})

async function find(db: Db, condition: Sql): Promise<Role[]> {
  return (await rows<RoleRow>(db, select(condition))).map(printed)
}

export const allRoles = (db: Db): Promise<Role[]> => find(db, sql`true`)

export const rolesOf = (db: Db, userId: number): Promise<Role[]> =>
  find(db, sql`exists (select 1 from group_members m where m.group_id = g.group_id and m.user_id = ${userId})`)

/** Throws RESOURCE_DOES_NOT_EXIST. */
export async function requireRole(db: Db, roleId: number): Promise<Role> {
  const [role] = await find(db, sql`g.group_id = ${roleId}`)
  if (!role) throw absent(`Role with id=${roleId} not found`)
  return role
}

export async function isMember(db: Db, roleId: number, userId: number): Promise<boolean> {
  const found = await row(
    db,
    sql`select 1 from group_members where group_id = ${roleId} and user_id = ${userId} limit 1`,
  )
  return found !== undefined
}

/** The roles of everyone, by user. */
export async function rolesOfUsers(db: Db): Promise<ReadonlyMap<number, Role[]>> {
  const roles = new Map((await allRoles(db)).map((role) => [Number(role.id), role]))
  const members = await rows<{ user_id: number; group_id: number }>(
    db,
    sql`select distinct user_id, group_id from group_members order by group_id`,
  )
  const byUser = new Map<number, Role[]>()
  for (const { user_id, group_id } of members) {
    const role = roles.get(group_id)
    if (role) byUser.set(user_id, [...(byUser.get(user_id) ?? []), role])
  }
  return byUser
}
