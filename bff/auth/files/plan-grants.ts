import type { PermissionName } from '#contract'
import type { GrantChange, Ids, ResourceRef } from './changes.ts'
import type { Holders } from './holders.ts'
import type { Wanted, WantedFile } from './read.ts'
import type { Id, State, StateGrant } from './state.ts'

type Held = { holder: string; permission: PermissionName }

/** Who has what of one thing, before and after. */
export type Resource = ResourceRef & { path: string | undefined; before: Held[]; after: Held[] }

const keyOf = ({ resource_type, resource_id }: { resource_type: string; resource_id: string | undefined }) =>
  `${resource_type} ${resource_id}`
const heldKey = ({ holder, permission }: Held) => `${permission} ${holder}`

/** Each thing in a file is granted to those listed there; what a file granted that has no file any more, to nobody. */
export function planGrants(state: State, wanted: Wanted, holders: Holders, ids: Ids['experiments']) {
  const existing = Map.groupBy(state.grants, keyOf)
  const problems: string[] = []
  const changes: GrantChange[] = []
  const resources: Resource[] = []
  const done = new Set<string>()

  for (const file of wanted.files) {
    const after = listed(file, holders, problems)
    for (const thing of thingsOf(file, ids)) {
      const grants = thing.resource_id === undefined ? [] : (existing.get(keyOf(thing)) ?? [])
      done.add(keyOf(thing))
      changes.push(...changesOf(thing, file.path, grants, after, holders))
      resources.push({ ...thing, path: file.path, before: grants.map((grant) => heldOf(grant, holders)), after })
    }
  }

  const names = new Map(state.experiments.map(({ experiment_id, name }) => [experiment_id, name]))
  for (const [key, grants] of existing) {
    const own = grants.filter(({ access_file }) => access_file !== null)
    const [first] = own
    if (done.has(key) || !first) continue
    const { resource_type, resource_id } = first
    const resource = resource_type === 'experiment' ? (names.get(resource_id) ?? resource_id) : resource_id
    const thing = { resource_type, resource_id, resource }
    const after = grants.filter(({ access_file }) => access_file === null).map((grant) => heldOf(grant, holders))
    changes.push(
      ...own.map((grant) =>
        grantChange('take', thing, grant.access_file ?? undefined, heldOf(grant, holders), grant.grant_id),
      ),
    )
    resources.push({ ...thing, path: undefined, before: grants.map((grant) => heldOf(grant, holders)), after })
  }
  return { problems, changes, resources }
}

const heldOf = (grant: StateGrant, holders: Holders): Held => ({
  holder: holders.labelOfGrant(grant),
  permission: grant.permission,
})

function listed({ access }: WantedFile, holders: Holders, problems: string[]): Held[] {
  const first = new Map<string, string>()
  return access.flatMap((named) => {
    const holder = holders.labelOf(named)
    if (holder === undefined) return []
    // two ways to name one account
    const before = first.get(heldKey({ holder, permission: named.permission }))
    if (before) problems.push(`${named.at}: ${named.holder} is who ${before} names already`)
    first.set(heldKey({ holder, permission: named.permission }), named.at)
    return [{ holder, permission: named.permission }]
  })
}

const thingsOf = ({ path, experiment, models }: WantedFile, ids: Ids['experiments']): ResourceRef[] => [
  ...(experiment
    ? [{ resource_type: 'experiment' as const, resource: experiment.name, resource_id: ids.get(path) }]
    : []),
  ...models.map(({ name }) => ({ resource_type: 'registered_model' as const, resource: name, resource_id: name })),
]

const grantChange = (
  action: GrantChange['action'],
  { resource_type, resource, resource_id }: ResourceRef,
  path: string | undefined,
  { holder, permission }: Held,
  grant_id?: Id,
): GrantChange => ({ action, resource_type, resource, resource_id, holder, permission, path, grant_id })

function changesOf(
  thing: ResourceRef,
  path: string,
  grants: readonly StateGrant[],
  after: readonly Held[],
  holders: Holders,
): GrantChange[] {
  const wanted = new Map(after.map((held) => [heldKey(held), held]))
  const there = new Map(grants.map((grant) => [heldKey(heldOf(grant, holders)), grant]))
  return [
    ...[...wanted].filter(([key]) => !there.has(key)).map(([, held]) => grantChange('give', thing, path, held)),
    ...[...there].flatMap(([key, grant]) =>
      !wanted.has(key)
        ? [grantChange('take', thing, grant.access_file ?? undefined, heldOf(grant, holders), grant.grant_id)]
        : grant.access_file === path
          ? []
          : [grantChange('take-over', thing, path, heldOf(grant, holders), grant.grant_id)],
    ),
  ]
}
