import * as z from 'zod'
import type { Target } from './endpoint.ts'
import { anyoneKnown, endpoint, mayManage } from './endpoint.ts'
import { Person } from './session.ts'
import { AnswerInt64, Int64Field, Nothing, Required, Text } from './wire.ts'

/** MLflow's permissions, each with all before it; then those of a sign-off, which include READ. `NO_PERMISSIONS` is a denial, and wins. */
export const PermissionName = z.enum(['NO_PERMISSIONS', 'READ', 'USE', 'EDIT', 'MANAGE', 'REVIEW', 'APPROVE'])
export type PermissionName = z.output<typeof PermissionName>

const ResourceType = z.enum(['experiment', 'registered_model'])
/** `resource_id` is the id of an experiment, the name of a registered model. */
const Resource = z.object({ resource_type: ResourceType, resource_id: Required })
export type Resource = z.output<typeof Resource>

export const targetOf = ({ resource_type, resource_id }: Resource): Target =>
  resource_type === 'experiment' ? { experiment: resource_id } : { registered_model: resource_id }
const theResource = (input: Resource): readonly Target[] => [targetOf(input)]

/** To whom: one of the two. */
const Holder = z.object({ username: Text, group: Text })

export const getAccess = endpoint({
  method: 'GET',
  path: '/api/assay/access',
  summary: 'Who may do what with an experiment or a registered model, and through what.',
  permission: mayManage(theResource),
  input: Resource,
  output: z.object({
    /** the access file that is in charge of it: grants are changed there alone */
    access_file: z.string().optional(),
    default_permission: PermissionName,
    grants: z.array(
      z.object({
        user: Person.optional(),
        group: z.string().optional(),
        permission: PermissionName,
        /** `*`: of all experiments, or models */
        resource_id: z.string(),
        access_file: z.string().optional(),
        granted_by: z.string(),
        granted_at: AnswerInt64,
      }),
    ),
    /** everyone who comes out with something, by themselves or through a group */
    people: z.array(Person.extend({ permissions: z.array(PermissionName), through: z.array(z.string()) })),
  }),
})

export const giveAccess = endpoint({
  method: 'POST',
  path: '/api/assay/access',
  summary: 'Grant a permission to a user or a group; one of READ, USE, EDIT, MANAGE replaces another of them.',
  permission: mayManage(theResource),
  input: Resource.extend({ ...Holder.shape, permission: PermissionName }),
  output: Nothing,
})

export const takeAccess = endpoint({
  method: 'DELETE',
  path: '/api/assay/access',
  summary: 'Take a grant back.',
  permission: mayManage(theResource),
  input: Resource.extend({ ...Holder.shape, permission: PermissionName }),
  output: Nothing,
})

export const getAllowed = endpoint({
  method: 'GET',
  path: '/api/assay/allowed',
  summary:
    'What the caller may do with something, and whom to ask for more. A run or logged model goes by its experiment.',
  permission: anyoneKnown,
  input: z.object({
    resource_type: z.enum(['experiment', 'registered_model', 'run', 'logged_model']),
    resource_id: Required,
  }),
  output: z.object({
    resource_type: ResourceType,
    resource_id: z.string(),
    permissions: z.array(PermissionName),
    may: z.object({
      read: z.boolean(),
      use: z.boolean(),
      edit: z.boolean(),
      manage: z.boolean(),
      review: z.boolean(),
      approve: z.boolean(),
    }),
    /** who manages it; ten at most */
    managers: z.array(Person),
    access_file: z.string().optional(),
    /** the caller's own request, which nobody has decided yet */
    request: z.object({ request_id: AnswerInt64, permission: PermissionName }).optional(),
  }),
})

const AccessRequest = z.object({
  request_id: AnswerInt64,
  user: Person,
  resource_type: ResourceType,
  resource_id: z.string(),
  permission: PermissionName,
  message: z.string(),
  created_at: AnswerInt64,
  decision: z.enum(['granted', 'refused']).optional(),
  decided_by: z.string().optional(),
})

export const requestAccess = endpoint({
  method: 'POST',
  path: '/api/assay/access-requests',
  summary: 'Ask those who manage something for a permission. One request at a time for each thing.',
  permission: anyoneKnown,
  input: Resource.extend({ permission: z.enum(['READ', 'USE', 'EDIT', 'MANAGE', 'REVIEW', 'APPROVE']), message: Text }),
  output: z.object({ request_id: AnswerInt64 }),
})

export const listAccessRequests = endpoint({
  method: 'GET',
  path: '/api/assay/access-requests',
  summary: 'Undecided requests that the caller may decide, and the caller’s own.',
  permission: anyoneKnown,
  input: Nothing,
  output: z.object({ to_decide: z.array(AccessRequest), own: z.array(AccessRequest) }),
})

export const decideAccessRequest = endpoint({
  method: 'POST',
  path: '/api/assay/access-requests/{request_id}/decision',
  summary: 'Grant what was asked for, or refuse it. Needs MANAGE on the thing.',
  permission: anyoneKnown,
  input: z.object({ request_id: Int64Field, decision: z.enum(['granted', 'refused']) }),
  output: Nothing,
})
