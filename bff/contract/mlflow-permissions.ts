import * as z from 'zod'
import type { Target } from './endpoint.ts'
import { anyoneKnown, endpoint, mayManage, theExperiment, theRegisteredModel } from './endpoint.ts'
import type { Resource } from './grants.ts'
import { targetOf } from './grants.ts'
import { ExperimentPermission, MlflowUsername, RegisteredModelPermission } from './mlflow-users.ts'
import { AnswerInt64, ModelName, Nothing, Required, ruled } from './wire.ts'

// MLflow's permissions API: one permission of one user on one thing. Up to 3.12 each kind of thing has endpoints of its own
// and NO_PERMISSIONS denies; from 3.12 on one endpoint is for all, and DENY denies. REVIEW and APPROVE are not MLflow's.

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ')

const oneOf = <const N extends readonly [string, ...string[]]>(names: N) =>
  ruled((text) =>
    names.includes(text)
      ? undefined
      : `Invalid permission '${text.slice(0, 50)}'. Valid permissions are: (${quoted(names)})`,
  ) as unknown as z.ZodType<N[number], N[number]>

const OldPermission = oneOf(['READ', 'USE', 'EDIT', 'MANAGE', 'NO_PERMISSIONS'])
export const MlflowPermission = oneOf(['READ', 'USE', 'EDIT', 'MANAGE', 'DENY'])
export type MlflowPermission = z.output<typeof MlflowPermission>

const KINDS = ['experiment', 'registered_model', 'prompt']

/** A prompt is a registered model here. What belongs to an experiment or a model is permitted with it, and never apart from it. */
export const MlflowResourceType = ruled((text) =>
  KINDS.includes(text)
    ? undefined
    : `grants are on ${KINDS.join(', ')}; runs, versions and all else go by the experiment or the model they belong to`,
).transform((text) =>
  text === 'experiment' ? ('experiment' as const) : ('registered_model' as const),
) as unknown as z.ZodType<Resource['resource_type'], Resource['resource_type'] | 'prompt'>

const UserResource = MlflowUsername.extend({ resource_type: MlflowResourceType, resource_id: Required })

/** What everything of a kind is may be given by administrators only: nothing is named, so nobody else is allowed. */
const theResource = (input: Resource): readonly Target[] => (input.resource_id === '*' ? [] : [targetOf(input)])

const NotAll = ruled((text) => (text === '*' ? 'one experiment is needed, not all' : undefined))
const ofExperiment = MlflowUsername.extend({ experiment_id: NotAll })
const ofRegisteredModel = MlflowUsername.extend({ name: ModelName })

const TheExperimentPermission = z.object({ experiment_permission: ExperimentPermission })
const TheRegisteredModelPermission = z.object({ registered_model_permission: RegisteredModelPermission })

export const createExperimentPermission = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/permissions/create',
  summary: 'Grant a user a permission on an experiment, who has none there yet.',
  permission: mayManage(theExperiment),
  input: ofExperiment.extend({ permission: OldPermission }),
  output: TheExperimentPermission,
})

export const getExperimentPermission = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/experiments/permissions/get',
  summary: 'What a user was granted on an experiment, by themselves.',
  permission: mayManage(theExperiment),
  input: ofExperiment,
  output: TheExperimentPermission,
})

export const updateExperimentPermission = endpoint({
  method: 'PATCH',
  path: '/api/2.0/mlflow/experiments/permissions/update',
  summary: 'Replace what a user was granted on an experiment.',
  permission: mayManage(theExperiment),
  input: ofExperiment.extend({ permission: OldPermission }),
  output: Nothing,
})

export const deleteExperimentPermission = endpoint({
  method: 'DELETE',
  path: '/api/2.0/mlflow/experiments/permissions/delete',
  summary: 'Take back what a user was granted on an experiment.',
  permission: mayManage(theExperiment),
  input: ofExperiment,
  output: Nothing,
})

export const createRegisteredModelPermission = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/registered-models/permissions/create',
  summary: 'Grant a user a permission on a registered model, who has none there yet.',
  permission: mayManage(theRegisteredModel),
  input: ofRegisteredModel.extend({ permission: OldPermission }),
  output: TheRegisteredModelPermission,
})

export const getRegisteredModelPermission = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/registered-models/permissions/get',
  summary: 'What a user was granted on a registered model, by themselves.',
  permission: mayManage(theRegisteredModel),
  input: ofRegisteredModel,
  output: TheRegisteredModelPermission,
})

export const updateRegisteredModelPermission = endpoint({
  method: 'PATCH',
  path: '/api/2.0/mlflow/registered-models/permissions/update',
  summary: 'Replace what a user was granted on a registered model.',
  permission: mayManage(theRegisteredModel),
  input: ofRegisteredModel.extend({ permission: OldPermission }),
  output: Nothing,
})

export const deleteRegisteredModelPermission = endpoint({
  method: 'DELETE',
  path: '/api/2.0/mlflow/registered-models/permissions/delete',
  summary: 'Take back what a user was granted on a registered model.',
  permission: mayManage(theRegisteredModel),
  input: ofRegisteredModel,
  output: Nothing,
})

export const grantUserPermission = endpoint({
  method: 'POST',
  path: '/api/3.0/mlflow/users/permissions/grant',
  summary:
    'Grant a user a permission on an experiment, a registered model or a prompt; administrators also on all (*).',
  permission: mayManage(theResource),
  input: UserResource.extend({ permission: MlflowPermission }),
  output: Nothing,
})

export const revokeUserPermission = endpoint({
  method: 'POST',
  path: '/api/3.0/mlflow/users/permissions/revoke',
  summary: 'Take back what a user was granted by themselves.',
  permission: mayManage(theResource),
  input: UserResource,
  output: Nothing,
})

export const getUserPermission = endpoint({
  method: 'GET',
  path: '/api/3.0/mlflow/users/permissions/get',
  summary: 'What a user may do with something, by all that they and their groups were granted; allowed from USE on.',
  permission: anyoneKnown,
  input: UserResource,
  output: z.object({ allowed: z.boolean(), permission: z.string() }),
})

const ListedPermissions = z.object({
  is_admin: z.boolean(),
  permissions: z.array(
    z.object({
      resource_type: z.string(),
      resource_pattern: z.string(),
      permission: z.string(),
      workspace: z.string(),
      /** null where it was granted to the user themselves */
      role_id: AnswerInt64.nullable(),
      role_name: z.string().nullable(),
    }),
  ),
})

export const listUserPermissions = endpoint({
  method: 'GET',
  path: '/api/3.0/mlflow/users/permissions/list',
  summary: 'All that a user and their groups were granted. Everyone may see their own, administrators those of anyone.',
  permission: anyoneKnown,
  input: MlflowUsername,
  output: ListedPermissions,
})

export const listCurrentUserPermissions = endpoint({
  method: 'GET',
  path: '/api/3.0/mlflow/users/current/permissions',
  summary: 'All that the caller and their groups were granted.',
  permission: anyoneKnown,
  input: Nothing,
  output: ListedPermissions,
})
