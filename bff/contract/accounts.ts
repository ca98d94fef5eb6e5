import * as z from 'zod'
import { administrator, anyoneKnown, endpoint } from './endpoint.ts'
import { Person } from './session.ts'
import { AnswerInt64, Characters, Flag, Nothing, pageSize, Required, Text } from './wire.ts'

export const Account = Person.extend({
  user_id: AnswerInt64,
  email: z.string().optional(),
  kind: z.enum(['person', 'service']),
  is_admin: z.boolean(),
  disabled: z.boolean(),
  has_password: z.boolean(),
  created_at: AnswerInt64,
  /** of any session; absent where there is none */
  last_seen_at: AnswerInt64.optional(),
  groups: z.array(z.string()),
}).meta({ id: 'Account' })
export type Account = z.output<typeof Account>

const Username = z.object({ username: Required })

export const listUsers = endpoint({
  method: 'GET',
  path: '/api/assay/users',
  summary: 'Users by name; `search` is part of a name or mail address.',
  permission: administrator,
  input: z.object({ search: Text, max_results: pageSize(100, 1000), page_token: Text }),
  output: z.object({ users: z.array(Account), next_page_token: z.string().optional() }),
})

export const getUser = endpoint({
  method: 'GET',
  path: '/api/assay/users/{username}',
  summary: 'One user.',
  permission: administrator,
  input: Username,
  output: z.object({ user: Account }),
})

export const createUser = endpoint({
  method: 'POST',
  path: '/api/assay/users',
  summary: 'Add a person, who is sent a link to set a password, or a service account, which has tokens only.',
  permission: administrator,
  input: z.object({
    username: Required,
    email: Text,
    display_name: Text,
    kind: z.enum(['person', 'service']).default('person'),
    is_admin: Flag,
  }),
  output: z.object({
    user: Account,
    /** where no mail is sent: the link to hand out, shown once */
    link: z.string().optional(),
  }),
})

export const updateUser = endpoint({
  method: 'PATCH',
  path: '/api/assay/users/{username}',
  summary: 'Change a user. One who is disabled is signed out everywhere at once. The last administrator stays.',
  permission: administrator,
  input: Username.extend({
    display_name: Characters.max(200).optional(),
    email: Characters.max(320).optional(),
    is_admin: z.boolean().optional(),
    disabled: z.boolean().optional(),
  }),
  output: z.object({ user: Account }),
})

export const deleteUser = endpoint({
  method: 'DELETE',
  path: '/api/assay/users/{username}',
  summary: 'Remove a user with all grants, sessions and tokens. What they logged stays.',
  permission: administrator,
  input: Username,
  output: Nothing,
})

export const findPeople = endpoint({
  method: 'GET',
  path: '/api/assay/people',
  summary: 'Users and groups by part of their name, users by their whole mail address too, ten of each at most.',
  permission: anyoneKnown,
  input: z.object({ search: Text }),
  output: z.object({ people: z.array(Person), groups: z.array(z.string()) }),
})

const Group = z.object({
  name: z.string(),
  description: z.string(),
  members: z.array(Person.extend({ sources: z.array(z.enum(['hand', 'files', 'oidc'])) })),
})

const GroupName = z.object({ name: Required.max(255) })

export const listGroups = endpoint({
  method: 'GET',
  path: '/api/assay/groups',
  summary: 'All groups with their members.',
  permission: administrator,
  input: Nothing,
  output: z.object({ groups: z.array(Group) }),
})

export const createGroup = endpoint({
  method: 'POST',
  path: '/api/assay/groups',
  summary: 'Add a group.',
  permission: administrator,
  input: GroupName.extend({ description: Text }),
  output: Nothing,
})

export const deleteGroup = endpoint({
  method: 'DELETE',
  path: '/api/assay/groups/{name}',
  summary: 'Remove a group with all that it was granted.',
  permission: administrator,
  input: GroupName,
  output: Nothing,
})

export const addGroupMember = endpoint({
  method: 'PUT',
  path: '/api/assay/groups/{name}/members/{username}',
  summary: 'Put a user into a group, by hand.',
  permission: administrator,
  input: GroupName.extend({ username: Required }),
  output: Nothing,
})

export const removeGroupMember = endpoint({
  method: 'DELETE',
  path: '/api/assay/groups/{name}/members/{username}',
  summary: 'Take a user out of a group. What a file or a provider says is changed there.',
  permission: administrator,
  input: GroupName.extend({ username: Required }),
  output: Nothing,
})
