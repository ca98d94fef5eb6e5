import * as z from 'zod'
import { administrator, anyoneKnown, endpoint } from './endpoint.ts'
import { MlflowPermission, MlflowResourceType } from './mlflow-permissions.ts'
import { MlflowUsername, Role, RolePermission } from './mlflow-users.ts'
import { AnswerInt64, codePoints, Int64Field, Nothing, Required, ruled, Text } from './wire.ts'

// MLflow's roles are our groups: a role's id is the group's, its permissions are what the group was granted. What a role holds
// is seen by its members and by administrators, which the handler checks; only administrators change it.

const noWorkspaces = "there are no workspaces here but 'default'"
const Workspace = ruled((text) => (text === 'default' ? undefined : noWorkspaces))

/** MLflow keeps what one user was granted under such names. */
function roleNameProblem(name: string): string | undefined {
  if (name.startsWith('__user_'))
    return `Role name '${name.slice(0, 50)}' uses the reserved '__user_' prefix, which is held for the per-user permission representation. Choose a different name.`
  return codePoints(name) > 255 ? 'a name has at most 255 characters' : undefined
}
const RoleName = ruled(roleNameProblem)

const RoleId = z.object({ role_id: Int64Field })
const TheRole = z.object({ role: Role })
const Roles = z.object({ roles: z.array(Role) })
const TheRolePermission = z.object({ role_permission: RolePermission })
const Assignment = z.object({ id: AnswerInt64, user_id: AnswerInt64, role_id: AnswerInt64 }).meta({ id: 'Assignment' })

export const createRole = endpoint({
  method: 'POST',
  path: '/api/3.0/mlflow/roles/create',
  summary: 'Add a role: a group of users.',
  permission: administrator,
  input: z.object({ name: RoleName, workspace: Workspace, description: Text }),
  output: TheRole,
})

export const getRole = endpoint({
  method: 'GET',
  path: '/api/3.0/mlflow/roles/get',
  summary: 'A role with what it was granted.',
  permission: anyoneKnown,
  input: RoleId,
  output: TheRole,
})

export const listRoles = endpoint({
  method: 'GET',
  path: '/api/3.0/mlflow/roles/list',
  summary: 'All roles with what they were granted.',
  permission: administrator,
  input: z.object({ workspace: Workspace.optional() }),
  output: Roles,
})

export const updateRole = endpoint({
  method: 'PATCH',
  path: '/api/3.0/mlflow/roles/update',
  summary: 'Rename a role, or describe it.',
  permission: administrator,
  input: RoleId.extend({ name: RoleName.optional(), description: Text }),
  output: TheRole,
})

export const deleteRole = endpoint({
  method: 'DELETE',
  path: '/api/3.0/mlflow/roles/delete',
  summary: 'Remove a role with all that it was granted.',
  permission: administrator,
  input: RoleId,
  output: Nothing,
})

export const addRolePermission = endpoint({
  method: 'POST',
  path: '/api/3.0/mlflow/roles/permissions/add',
  summary: 'Grant a role a permission on an experiment, a registered model or a prompt, or on all of them (*).',
  permission: administrator,
  input: RoleId.extend({
    resource_type: MlflowResourceType,
    resource_pattern: Required,
    permission: MlflowPermission,
  }),
  output: TheRolePermission,
})

export const removeRolePermission = endpoint({
  method: 'DELETE',
  path: '/api/3.0/mlflow/roles/permissions/remove',
  summary: 'Take back what a role was granted.',
  permission: administrator,
  input: z.object({ role_permission_id: Int64Field }),
  output: Nothing,
})

export const listRolePermissions = endpoint({
  method: 'GET',
  path: '/api/3.0/mlflow/roles/permissions/list',
  summary: 'What a role was granted.',
  permission: anyoneKnown,
  input: RoleId,
  output: z.object({ role_permissions: z.array(RolePermission) }),
})

export const updateRolePermission = endpoint({
  method: 'PATCH',
  path: '/api/3.0/mlflow/roles/permissions/update',
  summary: 'Replace what a role was granted.',
  permission: administrator,
  input: z.object({ role_permission_id: Int64Field, permission: MlflowPermission }),
  output: TheRolePermission,
})

export const assignRole = endpoint({
  method: 'POST',
  path: '/api/3.0/mlflow/roles/assign',
  summary: 'Put a user into a role.',
  permission: administrator,
  input: RoleId.extend(MlflowUsername.shape),
  output: z.object({ assignment: Assignment }),
})

export const unassignRole = endpoint({
  method: 'DELETE',
  path: '/api/3.0/mlflow/roles/unassign',
  summary: 'Take a user out of a role. What an access file or a provider says is changed there.',
  permission: administrator,
  input: RoleId.extend(MlflowUsername.shape),
  output: Nothing,
})

export const listUserRoles = endpoint({
  method: 'GET',
  path: '/api/3.0/mlflow/users/roles/list',
  summary: 'The roles of a user. Everyone may see their own, administrators those of anyone.',
  permission: anyoneKnown,
  input: MlflowUsername,
  output: Roles,
})

export const listRoleUsers = endpoint({
  method: 'GET',
  path: '/api/3.0/mlflow/roles/users/list',
  summary: 'The users in a role.',
  permission: administrator,
  input: RoleId,
  output: z.object({ assignments: z.array(Assignment) }),
})
