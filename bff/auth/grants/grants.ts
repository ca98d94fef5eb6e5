import type { PermissionName, Resource } from '#contract'
import { ApiError, invalid, isExperimentId } from '#contract'
import type { Db } from '#kit/sql.ts'
import { raw, row, sql } from '#kit/sql.ts'
import { LADDER } from './decide.ts'

/** Who holds a grant. */
export type Holder = { user_id: number } | { group_id: number }

const heldBy = (holder: Holder) =>
  'user_id' in holder ? sql`user_id = ${holder.user_id}` : sql`group_id = ${holder.group_id}`

const isRung = (permission: PermissionName) =>
  permission === 'NO_PERMISSIONS' || LADDER.some((rung) => rung === permission)

/**
 * Grants a permission on a thing, which need not exist yet. One of MLflow's replaces another of them; REVIEW and APPROVE stand
 * beside. What an access file gave becomes a grant of whoever gives it anew.
 */
export async function give(
  db: Db,
  holder: Holder,
  resource: Resource,
  permission: PermissionName,
  by: string,
): Promise<void> {
  requireGrantable(resource)
  const before = isRung(permission) ? ['NO_PERMISSIONS', ...LADDER] : [permission]
  const { resource_type, resource_id } = resource
  await db.query(
    sql`delete from grants where ${heldBy(holder)} and resource_type = ${resource_type} and resource_id = ${resource_id}
        and permission = any (${before})`,
  )
  const column = raw('user_id' in holder ? 'user_id' : 'group_id')
  const id = 'user_id' in holder ? holder.user_id : holder.group_id
  await db.query(
    sql`insert into grants (${column}, resource_type, resource_id, permission, granted_by)
        values (${id}, ${resource_type}, ${resource_id}, ${permission}, ${by})`,
  )
}

/** Takes a grant back; false where there was none. */
export async function take(
  db: Db,
  holder: Holder,
  { resource_type, resource_id }: Resource,
  permission: PermissionName,
): Promise<boolean> {
  const { rowCount } = await db.query(
    sql`delete from grants where ${heldBy(holder)} and resource_type = ${resource_type} and resource_id = ${resource_id}
        and permission = ${permission}`,
  )
  return rowCount > 0
}

/** The default experiment is where runs land whose author named none: whoever was given it would see those of all others. */
function requireGrantable({ resource_type, resource_id }: Resource) {
  if (resource_type === 'experiment' && resource_id !== '*' && !isExperimentId(resource_id))
    throw invalid(`'${resource_id.slice(0, 50)}' is not the id of an experiment`)
  if (resource_type === 'experiment' && resource_id === '0')
    throw invalid(
      'The default experiment (id 0) cannot be given to anyone: create an experiment, and call mlflow.set_experiment("its name").',
    )
}

/** The access file that is in charge of a thing, or undefined. */
export async function accessFileOf(db: Db, { resource_type, resource_id }: Resource): Promise<string | undefined> {
  const found = await row<{ path: string }>(
    db,
    resource_type === 'experiment'
      ? sql`select path from access_files where experiment_id::text = ${resource_id}`
      : sql`select path from access_file_models where name = ${resource_id}`,
  )
  return found?.path
}

/** Throws RESOURCE_CONFLICT where an access file is in charge: what is changed here would be undone with its next apply. */
export async function requireUnmanaged(db: Db, resource: Resource): Promise<void> {
  const path = await accessFileOf(db, resource)
  if (path !== undefined)
    throw new ApiError(
      'RESOURCE_CONFLICT',
      `Who may see this is written in the access file ${path}: change it there, and apply it.`,
      { details: { access_file: path } },
    )
}

/** The grants of a thing that is no more: a new one of the same name has none of them. */
export const forget = (db: Db, { resource_type, resource_id }: Resource) =>
  db.query(sql`delete from grants where resource_type = ${resource_type} and resource_id = ${resource_id}`)

/** The grants of a registered model that is renamed. */
export const move = (db: Db, from: string, to: string) =>
  db.query(
    sql`update grants set resource_id = ${to} where resource_type = 'registered_model' and resource_id = ${from}`,
  )
