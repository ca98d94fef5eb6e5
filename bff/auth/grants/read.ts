import type { PermissionName, Person, Resource } from '#contract'
import type { Sight } from '#kit/scope.ts'
import { inSight } from '#kit/scope.ts'
import type { Db } from '#kit/sql.ts'
import { raw, row, rows, sql } from '#kit/sql.ts'
import { accessOf } from './access.ts'
import { permissionsOn } from './decide.ts'

export type ListedGrant = {
  username: string | null
  display_name: string | null
  group: string | null
  permission: PermissionName
  resource_id: string
  access_file: string | null
  granted_by: string
  granted_at: number
}

/** Every grant by which somebody comes to something, those of everything of its kind included. */
export const listGrants = (db: Db, { resource_type, resource_id }: Resource): Promise<ListedGrant[]> =>
  rows(
    db,
    sql`select u.username, u.display_name, g.name as group, permission, resource_id, access_file, granted_by,
               (extract(epoch from granted_at) * 1000)::bigint as granted_at
        from grants left join users u using (user_id) left join groups g using (group_id)
        where resource_type = ${resource_type} and resource_id in (${resource_id}, '*')
        order by g.name nulls first, u.username, permission`,
  )

type Through = Person & { permission: PermissionName; resource_id: string; group: string | null }
export type Holding = Person & { permissions: PermissionName[]; through: string[] }

/** Everyone who comes out with something on a thing, by themselves or through groups; without those who have it by default. */
export async function peopleOn(db: Db, resource: Resource): Promise<Holding[]> {
  const { resource_type, resource_id } = resource
  const found = await rows<Through>(
    db,
    sql`select u.username, u.display_name, g.permission, g.resource_id, null as group
        from grants g join users u using (user_id)
        where resource_type = ${resource_type} and resource_id in (${resource_id}, '*') and u.disabled_at is null
        union all
        select u.username, u.display_name, g.permission, g.resource_id, gr.name
        from grants g join groups gr using (group_id) join (select distinct group_id, user_id from group_members) m using (group_id)
             join users u on u.user_id = m.user_id
        where resource_type = ${resource_type} and resource_id in (${resource_id}, '*') and u.disabled_at is null
        order by 1`,
  )
  const byUser = Map.groupBy(found, ({ username }) => username)
  return [...byUser.values()]
    .map((granted) => {
      const access = accessOf(
        granted.map(({ permission, resource_id }) => ({ resource_type, resource_id, permission })),
        'NO_PERMISSIONS',
      )
      const { username, display_name } = granted[0]!
      const permissions = [...permissionsOn(access, resource)].filter((permission) => permission !== 'NO_PERMISSIONS')
      return {
        username,
        display_name,
        permissions,
        through: [...new Set(granted.map(({ group }) => group ?? username))],
      }
    })
    .filter(({ permissions }) => permissions.length > 0)
}

const MANAGERS = 10

/** Whom to ask: who manages it, else the administrators. Ten at most. */
export async function managersOf(db: Db, resource: Resource): Promise<(Person & { email: string | null })[]> {
  const people = await peopleOn(db, resource)
  const names = people.filter(({ permissions }) => permissions.includes('MANAGE')).map(({ username }) => username)
  return rows(
    db,
    sql`select username, display_name, email from users
        where disabled_at is null and kind = 'person'
          and ${names.length > 0 ? sql`username = any (${names})` : sql`is_admin`}
        order by username limit ${MANAGERS}`,
  )
}

const request = raw(
  'request_id, u.username, u.display_name, resource_type, resource_id, permission, message, (extract(epoch from r.created_at) * 1000)::bigint as created_at, decision, decided_by',
)

export type RequestRow = Person &
  Resource & {
    request_id: number
    permission: PermissionName
    message: string
    created_at: number
    decision: 'granted' | 'refused' | null
    decided_by: string | null
  }

export const requestsOf = (db: Db, userId: number): Promise<RequestRow[]> =>
  rows(
    db,
    sql`select ${request} from access_requests r join users u using (user_id) where user_id = ${userId}
        order by request_id desc limit 100`,
  )

/** On what somebody manages. The first of each who asks come first, so that nobody's requests hide those of others. */
export const openRequests = (
  db: Db,
  managed: Record<Resource['resource_type'], Sight<string>>,
  { except }: { except: number | undefined },
): Promise<RequestRow[]> =>
  rows(
    db,
    sql`select ${request} from access_requests r join users u using (user_id)
        where decision is null and u.disabled_at is null and user_id is distinct from ${except ?? null}::bigint
          and (resource_type = 'experiment' and ${inSight(sql`resource_id`, managed.experiment, 'text')}
            or resource_type = 'registered_model' and ${inSight(sql`resource_id`, managed.registered_model, 'text')})
        order by row_number() over (partition by user_id order by request_id), request_id limit 1000`,
  )

/** Held, so that it is decided once. */
export const lockRequest = (db: Db, requestId: number): Promise<(RequestRow & { user_id: number }) | undefined> =>
  row(
    db,
    sql`select ${request}, r.user_id from access_requests r join users u using (user_id)
        where request_id = ${requestId} for update of r`,
  )
