import type { MlflowPermission, PermissionName, Resource } from '#contract'
import { ApiError, absent } from '#contract'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'
import { recordAudit } from '../audit/record.ts'
import type { Holder } from '../grants/grants.ts'
import { give, requireUnmanaged, take } from '../grants/grants.ts'

/** What MLflow knows of permissions: one of these is held on a thing at a time. REVIEW and APPROVE beside it are left alone. */
const RUNGS = ['NO_PERMISSIONS', 'READ', 'USE', 'EDIT', 'MANAGE'] as const satisfies PermissionName[]

/** From 3.12 on MLflow's clients say DENY for what is granted as NO_PERMISSIONS. */
export const stored = (permission: MlflowPermission): PermissionName =>
  permission === 'DENY' ? 'NO_PERMISSIONS' : permission
export const shown = (permission: PermissionName): string => (permission === 'NO_PERMISSIONS' ? 'DENY' : permission)

export type Held = Resource & { grant_id: number; permission: PermissionName }

const heldBy = (holder: Holder) =>
  'user_id' in holder ? sql`user_id = ${holder.user_id}` : sql`group_id = ${holder.group_id}`

/** What a user or a group was granted, without what comes through groups. */
export const heldPermissions = (db: Db, holder: Holder): Promise<Held[]> =>
  rows(
    db,
    sql`select grant_id, resource_type, resource_id, permission from grants
        where ${heldBy(holder)} and permission = any (${RUNGS}) order by grant_id`,
  )

const heldOn = (db: Db, holder: Holder, { resource_type, resource_id }: Resource): Promise<Held | undefined> =>
  row(
    db,
    sql`select grant_id, resource_type, resource_id, permission from grants
        where ${heldBy(holder)} and resource_type = ${resource_type} and resource_id = ${resource_id}
          and permission = any (${RUNGS})`,
  )

/** In which words it is said that there is such a grant already, or none. */
export type Words = { exists: string; missing: string }

/** Throws RESOURCE_DOES_NOT_EXIST. */
export async function requireHeld(db: Db, holder: Holder, resource: Resource, { missing }: Words): Promise<Held> {
  const held = await heldOn(db, holder, resource)
  if (!held) throw absent(missing)
  return held
}

/** Two that grant the same at once: the second sees what the first did. Every change of grants counts this row up. */
const inTurn = (db: Db) => db.query(sql`select 1 from access_state for update`)

type Change = { holder: Holder; resource: Resource; by: string; words: Words }

/** Throws RESOURCE_ALREADY_EXISTS where the holder has one of MLflow's permissions there. */
export async function giveFirst(db: Db, { holder, resource, by, words }: Change, permission: PermissionName) {
  await inTurn(db)
  await requireUnmanaged(db, resource)
  if (await heldOn(db, holder, resource)) throw new ApiError('RESOURCE_ALREADY_EXISTS', words.exists)
  await give(db, holder, resource, permission, by)
}

/** Throws RESOURCE_DOES_NOT_EXIST where the holder has none. Answers the one before. */
export async function replaceHeld(db: Db, { holder, resource, by, words }: Change, permission: PermissionName) {
  await inTurn(db)
  await requireUnmanaged(db, resource)
  const held = await requireHeld(db, holder, resource, words)
  await db.query(
    sql`update grants set permission = ${permission}, granted_by = ${by}, granted_at = now()
        where grant_id = ${held.grant_id}`,
  )
  return held.permission
}

/** Throws RESOURCE_DOES_NOT_EXIST where the holder has none. Answers the one that was taken. */
export async function takeHeld(db: Db, { holder, resource, words }: Omit<Change, 'by'>) {
  await inTurn(db)
  await requireUnmanaged(db, resource)
  const { permission } = await requireHeld(db, holder, resource, words)
  await take(db, holder, resource, permission)
  return permission
}

/** Into the audit: what was granted or taken, of whom. */
export const recordGrant = (
  db: Db,
  action: 'grant.give' | 'grant.take',
  { resource_type, resource_id }: Resource,
  actor: string,
  details: { holder: string; permission: PermissionName; before?: PermissionName },
) => recordAudit(db, { actor, action, object_type: resource_type, object_id: resource_id, details })
