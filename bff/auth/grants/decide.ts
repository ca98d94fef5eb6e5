import type { Level, PermissionName, Resource } from '#contract'
import type { Sight } from '#kit/scope.ts'
import type { Access } from './access.ts'

/** MLflow's permissions, each with all before it. */
export const LADDER = ['READ', 'USE', 'EDIT', 'MANAGE'] as const satisfies PermissionName[]

/** What each permission lets one do. A sign-off is no part of managing: who builds a model does not approve it thereby. */
const LEVELS: Record<PermissionName, readonly Level[]> = {
  NO_PERMISSIONS: [],
  READ: ['read'],
  USE: ['read', 'use'],
  EDIT: ['read', 'use', 'edit'],
  MANAGE: ['read', 'use', 'edit', 'manage'],
  REVIEW: ['read', 'review'],
  APPROVE: ['read', 'approve'],
}

const DENIED: ReadonlySet<PermissionName> = new Set(['NO_PERMISSIONS'])

/**
 * What a user holds on one thing: all grants on it and on everything of its kind, and the default. One denial among the
 * grants undoes them all (MLflow 3.17: DENY wins, and a grant is raised to the default permission but a denial is not).
 */
export function permissionsOn(access: Access, { resource_type, resource_id }: Resource): ReadonlySet<PermissionName> {
  const { byId, every } = access[resource_type]
  const own = byId.get(resource_id)
  if (own?.has('NO_PERMISSIONS') || every.has('NO_PERMISSIONS')) return DENIED
  return new Set([...(own ?? []), ...every, access.default])
}

/** Whether any of the permissions includes the level. */
export function allows(permissions: Iterable<PermissionName>, level: Level): boolean {
  for (const permission of permissions) if (LEVELS[permission].includes(level)) return true
  return false
}

/** All of one kind on which a user has a level. */
export function allowedOf(access: Access, resource_type: Resource['resource_type'], level: Level): Sight<string> {
  const ids = [...access[resource_type].byId.keys()]
  const has = (resource_id: string) => allows(permissionsOn(access, { resource_type, resource_id }), level)
  // '*' is no thing's id: what holds there holds for whatever has no grant of its own
  return has('*') ? { except: ids.filter((id) => !has(id)) } : ids.filter(has)
}

/** What is called for where a level is missing. */
export const permissionFor: Record<Level, PermissionName> = {
  read: 'READ',
  use: 'USE',
  edit: 'EDIT',
  manage: 'MANAGE',
  review: 'REVIEW',
  approve: 'APPROVE',
}
