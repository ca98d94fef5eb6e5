import type { Int64, PermissionName, Resource } from '#contract'
import { int64, isExperimentId } from '#contract'
import type { Scope, Sight } from '#kit/scope.ts'
import type { Db } from '#kit/sql.ts'
import { named, rows, sql } from '#kit/sql.ts'

type Permissions = ReadonlySet<PermissionName>

/** What one user was granted of the things of one kind. */
type Grants = { byId: ReadonlyMap<string, Permissions>; every: Permissions }

/** All that one user was granted, directly and through groups. */
export type Access = {
  experiment: Grants
  registered_model: Grants
  default: PermissionName
  /** what is seen by it; made once, since it is read in many requests */
  scope: Scope
}

type GrantRow = Resource & { permission: PermissionName }

/** What a user may do: one statement. */
export async function loadAccess(db: Db, userId: number, defaultPermission: PermissionName): Promise<Access> {
  const found = await rows<GrantRow>(
    db,
    named(
      'grants_of_user',
      sql`select resource_type, resource_id, permission from grants where user_id = ${userId}
          union
          select g.resource_type, g.resource_id, g.permission
          from grants g join group_members m using (group_id) where m.user_id = ${userId}`,
    ),
  )
  return accessOf(found, defaultPermission)
}

export function accessOf(granted: readonly GrantRow[], defaultPermission: PermissionName): Access {
  const experiment = grantsOf(granted.filter((grant) => grant.resource_type === 'experiment'))
  const registered_model = grantsOf(granted.filter((grant) => grant.resource_type === 'registered_model'))
  return {
    experiment,
    registered_model,
    default: defaultPermission,
    scope: {
      experiments: sightOf(experiment, defaultPermission, numbersOf),
      registeredModels: sightOf(registered_model, defaultPermission, (names) => names),
    },
  }
}

function grantsOf(granted: readonly GrantRow[]): Grants {
  const byId = new Map<string, Set<PermissionName>>()
  for (const { resource_id, permission } of granted) {
    const known = byId.get(resource_id)
    if (known) known.add(permission)
    else byId.set(resource_id, new Set([permission]))
  }
  const every = byId.get('*') ?? new Set<PermissionName>()
  byId.delete('*')
  return { byId, every }
}

const isDenied = (permissions: Permissions) => permissions.has('NO_PERMISSIONS')

/** Ids as the core's SQL has them. What is no id is nobody's experiment. */
const numbersOf = (ids: readonly string[]): Int64[] => ids.filter(isExperimentId).map((id) => int64(BigInt(id)))

function sightOf<T>(
  { byId, every }: Grants,
  defaultPermission: PermissionName,
  asIds: (ids: string[]) => T[],
): Sight<T> {
  if (isDenied(every)) return []
  const denied = [...byId].filter(([, permissions]) => isDenied(permissions)).map(([id]) => id)
  if (every.size > 0 || defaultPermission !== 'NO_PERMISSIONS')
    return denied.length === 0 ? 'all' : { except: asIds(denied) }
  return asIds([...byId].filter(([, permissions]) => !isDenied(permissions)).map(([id]) => id))
}
