import type { Scope } from '#kit/scope.ts'

/** MLflow's permissions, and those of a sign-off. */
export const PERMISSIONS = ['NO_PERMISSIONS', 'READ', 'USE', 'EDIT', 'REVIEW', 'APPROVE', 'MANAGE'] as const
export type PermissionName = (typeof PERMISSIONS)[number]

/** What one user may do with the things of one kind: by id, else by the wildcard, else by default. */
export type Grants = {
  byId: ReadonlyMap<string, ReadonlySet<PermissionName>>
  /** grants of `*` */
  every: ReadonlySet<PermissionName>
}

/** All that one user was granted, directly and by groups. */
export type Access = {
  experiments: Grants
  registeredModels: Grants
  /** what is seen by it; made once, since a scope's lists are compared by identity */
  scope: Scope
}
