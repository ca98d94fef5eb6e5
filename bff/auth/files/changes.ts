import type { PermissionName } from '#contract'
import type { AccessChange } from '../mail/letters.ts'
import type { Id } from './state.ts'

/** A thing that grants are of: `resource` is the name of the experiment or model, `resource_id` as grants have it. */
export type ResourceRef = {
  resource_type: 'experiment' | 'registered_model'
  resource: string
  /** absent while the experiment does not exist */
  resource_id: string | undefined
}

/** `holder`: a mail address, `user:NAME` or `group:NAME`, one for each account. */
export type GrantChange = ResourceRef & {
  action: 'give' | 'take' | 'take-over'
  holder: string
  permission: PermissionName
  /** the file that says so; of what is taken, the file that said so */
  path: string | undefined
  /** of what is there already */
  grant_id: Id | undefined
}

export type MemberChange = {
  action: 'add-member' | 'remove-member' | 'take-over-member'
  group: string
  user: string
  /** whose rows are removed */
  sources: ('files' | 'hand')[]
}

/** One thing that `apply` does. */
export type Change =
  | { action: 'create-user'; user: string }
  | { action: 'create-group'; group: string }
  | MemberChange
  | NewExperiment
  | { action: 'describe-experiment'; resource: string; resource_id: string; description: string; path: string }
  | GrantChange
  | { action: 'release'; path: string }

export type NewExperiment = {
  action: 'create-experiment'
  resource: string
  artifacts: string | undefined
  description: string | undefined
  path: string
  /** file:line:column */
  at: string
}

export type Ids = {
  /** by mail address or `user:NAME` */
  users: ReadonlyMap<string, Id>
  groups: ReadonlyMap<string, Id>
  /** by the path of its file */
  experiments: ReadonlyMap<string, string | undefined>
}

/** The difference between what is and what the files want. */
export type Plan = {
  digest: string
  /** why nothing can be applied, each with file:line:column */
  problems: string[]
  changes: Change[]
  /** what was given by hand, and is as the files want it: from then on it is theirs */
  takesOver: (GrantChange | MemberChange)[]
  notes: string[]
  /** what is there already, by the names that changes have */
  ids: Ids
  /** what changes for each person, by mail address */
  told: ReadonlyMap<string, AccessChange[]>
  /** removals so large that somebody has to confirm them */
  toConfirm: string[]
}

const signs = {
  give: '+',
  take: '-',
  'take-over': '=',
  'add-member': '+',
  'remove-member': '-',
  'take-over-member': '=',
}
const kinds = { experiment: 'experiment', registered_model: 'model' }

/** A change in a line. */
export function lineOf(change: Change): string {
  switch (change.action) {
    case 'create-user':
      return `+ user ${change.user}, who is sent an invitation`
    case 'create-group':
      return `+ group ${change.group}`
    case 'create-experiment':
      return `+ experiment ${change.resource}${change.artifacts ? `, artifacts in ${change.artifacts}` : ''}`
    case 'describe-experiment':
      return `~ description of experiment ${change.resource}`
    case 'release':
      return `- ${change.path} is in charge of nothing any more`
    case 'give':
    case 'take':
    case 'take-over':
      return `${signs[change.action]} ${change.permission} of ${kinds[change.resource_type]} ${change.resource}: ${change.holder}`
    default:
      return `${signs[change.action]} member of group ${change.group}: ${change.user}`
  }
}
