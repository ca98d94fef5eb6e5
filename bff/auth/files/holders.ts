import { lookalikeKey } from '#kit/lookalike.ts'
import type { Change, MemberChange } from './changes.ts'
import { isMail } from './names.ts'
import type { Named, Wanted, WantedGroup } from './read.ts'
import type { Id, State, StateGrant, StateUser } from './state.ts'

/** Members by `group:NAME`. */
export type Members = ReadonlyMap<string, ReadonlySet<string>>

/** Who is meant by what the files name: each account and group has one label, a mail address where there is one. */
export type Holders = {
  problems: string[]
  /** undefined where it is a problem */
  labelOf(named: Named): string | undefined
  labelOfGrant(grant: Pick<StateGrant, 'user_id' | 'group_id'>): string
  /** to be asked after all files were looked at */
  newUsers(): string[]
  groupChanges: Change[]
  /** ids by label, and by name */
  users: ReadonlyMap<string, Id>
  groups: ReadonlyMap<string, Id>
  before: Members
  after: Members
}

export function openHolders(state: State, wanted: Wanted): Holders {
  const problems: string[] = []
  const accounts = openAccounts(state.users)
  const created = new Set<string>()
  const groupNames = new Map(state.groups.map(({ group_id, name }) => [String(group_id), name]))
  const known = new Set([...groupNames.values(), ...wanted.groups.map(({ name }) => name)])

  const labelOf = (named: Named): string | undefined => {
    const found = named.holder.startsWith('group:') ? group(named.holder) : accounts.find(named.holder)
    if ('problem' in found) {
      problems.push(`${named.at}: ${found.problem}`)
      return undefined
    }
    if (found.isNew) created.add(found.label)
    return found.label
  }

  const group = (holder: string): Found =>
    known.has(holder.slice('group:'.length))
      ? { label: holder }
      : { problem: `There is no ${holder}: add it to groups.yaml, as [] where an identity provider names its members` }

  problems.push(...lookalikeGroups([...groupNames.values()], wanted.groups))
  const { changes, before, after } = planGroups(state, wanted.groups, labelOf, accounts.label, groupNames)

  return {
    problems,
    labelOf,
    labelOfGrant: ({ user_id, group_id }) =>
      user_id === null ? `group:${groupNames.get(String(group_id))}` : accounts.label(user_id),
    newUsers: () => [...created].sort(),
    groupChanges: changes,
    users: accounts.ids,
    groups: new Map(state.groups.map(({ name, group_id }) => [name, group_id])),
    before,
    after,
  }
}

type Found = { label: string; isNew?: boolean } | { problem: string }

function openAccounts(users: readonly StateUser[]) {
  const byMail = Map.groupBy(
    users.filter(({ email }) => email),
    ({ email }) => (email ?? '').toLowerCase(),
  )
  const byKey = new Map(users.map((user) => [user.username_key, user]))
  const labels = new Map(users.map((user) => [String(user.user_id), labelOfUser(user, byMail)]))
  const label = (user_id: Id) => labels.get(String(user_id)) ?? ''

  function find(holder: string): Found {
    const isAddress = isMail(holder)
    const name = isAddress ? holder : holder.slice('user:'.length)
    // one of each name that looks alike; who merely looks like the one that is meant is somebody else
    const like = byKey.get(lookalikeKey(name))
    const named = like?.username === name ? [like] : []
    const found = [...new Set([...(isAddress ? (byMail.get(name) ?? []) : []), ...named])]
    if (found.length > 1)
      return {
        problem: `${name} is the address of ${found.map(({ username }) => username).join(' and ')}: write user:NAME`,
      }
    if (found[0]) return { label: label(found[0].user_id) }
    if (like)
      return { problem: `${name} looks like the account ${like.username}, and is not it: write user:${like.username}` }
    return isAddress
      ? { label: name, isNew: true }
      : { problem: `There is no account ${name}: an administrator has to add it first` }
  }

  const ids = new Map(users.map(({ user_id }) => [label(user_id), user_id]))
  return { find, label, ids }
}

/** The mail address, where it means this account and no other. */
function labelOfUser(user: StateUser, byMail: ReadonlyMap<string, readonly StateUser[]>): string {
  const mail = user.email?.toLowerCase() ?? (isMail(user.username) ? user.username.toLowerCase() : '')
  const owners = byMail.get(mail) ?? []
  return isMail(mail) && owners.every((owner) => owner === user) ? mail : `user:${user.username}`
}

function lookalikeGroups(existing: readonly string[], wanted: readonly WantedGroup[]): string[] {
  const byKey = new Map(existing.map((name) => [lookalikeKey(name), name]))
  return wanted.flatMap(({ name, at }) => {
    const like = byKey.get(lookalikeKey(name))
    return like !== undefined && like !== name && !existing.includes(name)
      ? [`${at}: group ${name} looks like ${like}, which exists`]
      : []
  })
}

/** A group in the files has the members that they list and those that an identity provider names, and no others. */
function planGroups(
  { groups, members }: State,
  wanted: readonly WantedGroup[],
  labelOf: Holders['labelOf'],
  labelOfId: (user_id: Id) => string,
  groupNames: ReadonlyMap<string, string>,
) {
  const sources = new Map<string, Map<string, Set<string>>>(groups.map(({ name }) => [name, new Map()]))
  for (const { group_id, user_id, source } of members) {
    const group = sources.get(groupNames.get(String(group_id)) ?? '')
    const label = labelOfId(user_id)
    group?.set(label, (group.get(label) ?? new Set()).add(source))
  }
  const changes: Change[] = []
  const before = new Map([...sources].map(([name, group]) => [`group:${name}`, new Set(group.keys())] as const))
  const after = new Map(before)
  for (const { name, members: listed } of wanted) {
    const labels = new Map<string, Named>()
    for (const named of listed) {
      const label = labelOf(named)
      if (label !== undefined) labels.set(label, named)
    }
    if (!sources.has(name)) changes.push({ action: 'create-group', group: name })
    const there = sources.get(name) ?? new Map<string, Set<string>>()
    changes.push(...membersOf(name, there, labels))
    const stay = [...there].filter(([, from]) => from.has('oidc')).map(([label]) => label)
    after.set(`group:${name}`, new Set([...labels.keys(), ...stay]))
  }
  const inFiles = new Set(wanted.map(({ name }) => name))
  for (const [name, there] of sources) {
    if (inFiles.has(name)) continue
    const gone = [...there].filter(([, from]) => from.has('files'))
    changes.push(...gone.map(([user]) => memberChange('remove-member', name, user, ['files'])))
    after.set(
      `group:${name}`,
      new Set([...there].filter(([, from]) => from.size > 1 || !from.has('files')).map(([user]) => user)),
    )
  }
  return { changes, before, after }
}

const memberChange = (
  action: MemberChange['action'],
  group: string,
  user: string,
  sources: MemberChange['sources'],
): MemberChange => ({ action, group, user, sources })

function membersOf(
  group: string,
  there: ReadonlyMap<string, ReadonlySet<string>>,
  listed: ReadonlyMap<string, Named>,
): MemberChange[] {
  const wanted = [...listed.keys()].flatMap((user) => {
    const from = there.get(user)
    if (from?.has('hand')) return [memberChange('take-over-member', group, user, ['hand'])]
    return from?.has('files') ? [] : [memberChange('add-member', group, user, [])]
  })
  const gone = [...there].filter(([user, from]) => !listed.has(user) && (from.has('files') || from.has('hand')))
  return [...wanted, ...gone.map(([user]) => memberChange('remove-member', group, user, ['files', 'hand']))]
}
