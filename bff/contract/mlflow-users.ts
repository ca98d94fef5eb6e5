import * as z from 'zod'
import { administrator, anyoneKnown, endpoint } from './endpoint.ts'
import { PermissionName } from './grants.ts'
import { AnswerInt64, Nothing, Required, Text } from './wire.ts'

// MLflow's users API, as its AuthServiceClient of 3.6 to 3.17 calls it. A user who may only see themselves is checked by
// the handler, since it takes who is asking.

export const MlflowUsername = z.object({ username: Required })

export const ExperimentPermission = z
  .object({ experiment_id: z.string(), user_id: AnswerInt64, permission: PermissionName })
  .meta({ id: 'ExperimentPermission' })
export const RegisteredModelPermission = z
  .object({ name: z.string(), user_id: AnswerInt64, permission: PermissionName })
  .meta({ id: 'RegisteredModelPermission' })

const MlflowPerson = z.object({ id: AnswerInt64, username: z.string(), is_admin: z.boolean() })

/** The lists are what the client of 3.6 cannot do without; later ones pass them over. */
const MlflowUser = MlflowPerson.extend({
  experiment_permissions: z.array(ExperimentPermission),
  registered_model_permissions: z.array(RegisteredModelPermission),
  /** there are no scorers here */
  scorer_permissions: z.array(z.never()),
}).meta({ id: 'MlflowUser' })
const TheUser = z.object({ user: MlflowUser })

export const RolePermission = z
  .object({
    id: AnswerInt64,
    role_id: AnswerInt64,
    resource_type: z.string(),
    resource_pattern: z.string(),
    permission: z.string(),
  })
  .meta({ id: 'RolePermission' })

/** A group, as MLflow calls it. */
export const Role = z
  .object({
    id: AnswerInt64,
    name: z.string(),
    workspace: z.string(),
    description: z.string().nullable(),
    permissions: z.array(RolePermission),
  })
  .meta({ id: 'Role' })

export const createMlflowUser = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/users/create',
  summary: 'Add a user with a password.',
  permission: administrator,
  input: MlflowUsername.extend({ password: Required }),
  output: TheUser,
})

export const getMlflowUser = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/users/get',
  summary: 'A user with what they were granted themselves. Everyone may see themselves, administrators anyone.',
  permission: anyoneKnown,
  input: MlflowUsername,
  output: TheUser,
})

export const getCurrentMlflowUser = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/users/current',
  summary: 'Who is asking.',
  permission: anyoneKnown,
  input: Nothing,
  output: z.object({ user: MlflowPerson, is_basic_auth: z.boolean() }),
})

export const listMlflowUsers = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/users/list',
  summary: 'All users with their roles.',
  permission: administrator,
  input: Nothing,
  output: z.object({ users: z.array(MlflowPerson.extend({ roles: z.array(Role) })) }),
})

export const updateMlflowUserPassword = endpoint({
  method: 'PATCH',
  path: '/api/2.0/mlflow/users/update-password',
  summary:
    'Set a password: administrators that of anyone, everyone their own with current_password (which a request signed in by that very password has said already).',
  permission: anyoneKnown,
  input: MlflowUsername.extend({ password: Required, current_password: Text }),
  output: Nothing,
})

export const updateMlflowUserAdmin = endpoint({
  method: 'PATCH',
  path: '/api/2.0/mlflow/users/update-admin',
  summary: 'Make a user an administrator, or not. The last one stays.',
  permission: administrator,
  input: MlflowUsername.extend({ is_admin: z.boolean() }),
  output: Nothing,
})

export const deleteMlflowUser = endpoint({
  method: 'DELETE',
  path: '/api/2.0/mlflow/users/delete',
  summary: 'Remove a user with all grants, sessions and tokens; not oneself.',
  permission: administrator,
  input: MlflowUsername,
  output: Nothing,
})
