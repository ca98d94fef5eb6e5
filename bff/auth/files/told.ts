import type { PermissionName } from '#contract'
import type { AccessChange } from '../mail/letters.ts'
import type { Members } from './holders.ts'
import type { Resource } from './plan-grants.ts'

/** What changes for each person, by the mail address that the files name them by: what they are told of. */
export function changesByPerson(
  resources: readonly Resource[],
  { before, after }: { before: Members; after: Members },
): Map<string, AccessChange[]> {
  const told = new Map<string, AccessChange[]>()
  for (const resource of resources) {
    const had = permissionsByPerson(resource.before, before)
    const has = permissionsByPerson(resource.after, after)
    for (const person of new Set([...had.keys(), ...has.keys()])) {
      const permissions = [...(has.get(person) ?? [])].sort()
      if (String([...(had.get(person) ?? [])].sort()) === String(permissions)) continue
      const { resource_type, resource_id = '', resource: name } = resource
      told.set(person, [...(told.get(person) ?? []), { resource_type, resource_id, name, permissions }])
    }
  }
  return told
}

/** Of everyone who has something, groups included; of who is denied nothing. */
export function permissionsByPerson(
  held: Resource['before'],
  members: Members,
): Map<string, ReadonlySet<PermissionName>> {
  const found = new Map<string, Set<PermissionName>>()
  for (const { holder, permission } of held)
    for (const person of members.get(holder) ?? [holder])
      found.set(person, (found.get(person) ?? new Set()).add(permission))
  return new Map([...found].filter(([, permissions]) => !permissions.has('NO_PERMISSIONS')))
}
