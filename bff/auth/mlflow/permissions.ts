import type { AuthEndpoints, Output, PermissionName, Resource } from '#contract'
import type { HandlersOf } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { requireUser } from '../accounts/users.ts'
import type { Access } from '../grants/access.ts'
import { loadAccess } from '../grants/access.ts'
import { allows, LADDER, permissionsOn } from '../grants/decide.ts'
import { identityOf } from '../identify/identify.ts'
import type { AuthParts } from '../parts.ts'
import type { Words } from './held.ts'
import { giveFirst, heldPermissions, recordGrant, replaceHeld, requireHeld, shown, stored, takeHeld } from './held.ts'
import { rolesOf } from './role-rows.ts'
import { requireSelfOrAdmin } from './self.ts'

type Handlers = Pick<
  HandlersOf<AuthEndpoints>,
  | 'createExperimentPermission'
  | 'getExperimentPermission'
  | 'updateExperimentPermission'
  | 'deleteExperimentPermission'
  | 'createRegisteredModelPermission'
  | 'getRegisteredModelPermission'
  | 'updateRegisteredModelPermission'
  | 'deleteRegisteredModelPermission'
  | 'grantUserPermission'
  | 'revokeUserPermission'
  | 'getUserPermission'
  | 'listUserPermissions'
  | 'listCurrentUserPermissions'
>
type Listed = Output<AuthEndpoints['listUserPermissions']>

/** One permission of one user on one thing, as MLflow's clients grant it: in the words of 3.6, and in those of 3.17. */
export function permissionHandlers({ database, config }: AuthParts): Handlers {
  const create = (asked: Asked, permission: PermissionName, by: string) =>
    database.transaction(async (db) => {
      const { user_id, username } = await requireUser(db, asked.username)
      await giveFirst(db, { holder: { user_id }, by, ...asked }, permission)
      await recordGrant(db, 'grant.give', asked.resource, by, { holder: username, permission })
      return { user_id, permission }
    })

  const update = (asked: Asked, permission: PermissionName, by: string) =>
    database.transaction(async (db) => {
      const { user_id, username } = await requireUser(db, asked.username)
      const before = await replaceHeld(db, { holder: { user_id }, by, ...asked }, permission)
      await recordGrant(db, 'grant.give', asked.resource, by, { holder: username, permission, before })
    })

  const remove = (asked: Asked, by: string) =>
    database.transaction(async (db) => {
      const { user_id, username } = await requireUser(db, asked.username)
      const permission = await takeHeld(db, { holder: { user_id }, ...asked })
      await recordGrant(db, 'grant.take', asked.resource, by, { holder: username, permission })
    })

  const get = async (asked: Asked) => {
    const { user_id } = await requireUser(database.health, asked.username)
    const { permission } = await requireHeld(database.health, { user_id }, asked.resource, asked.words)
    return { user_id, permission }
  }

  return {
    async createExperimentPermission(input, { principal }) {
      const made = await create(ofExperiment(input), input.permission, principal)
      return { experiment_permission: { experiment_id: input.experiment_id, ...made } }
    },
    async getExperimentPermission(input) {
      return { experiment_permission: { experiment_id: input.experiment_id, ...(await get(ofExperiment(input))) } }
    },
    async updateExperimentPermission(input, { principal }) {
      await update(ofExperiment(input), input.permission, principal)
      return {}
    },
    async deleteExperimentPermission(input, { principal }) {
      await remove(ofExperiment(input), principal)
      return {}
    },

    async createRegisteredModelPermission(input, { principal }) {
      const made = await create(ofRegisteredModel(input), input.permission, principal)
      return { registered_model_permission: { name: input.name, ...made } }
    },
    async getRegisteredModelPermission(input) {
      return { registered_model_permission: { name: input.name, ...(await get(ofRegisteredModel(input))) } }
    },
    async updateRegisteredModelPermission(input, { principal }) {
      await update(ofRegisteredModel(input), input.permission, principal)
      return {}
    },
    async deleteRegisteredModelPermission(input, { principal }) {
      await remove(ofRegisteredModel(input), principal)
      return {}
    },

    async grantUserPermission(input, { principal }) {
      await create(ofAny(input), stored(input.permission), principal)
      return {}
    },
    async revokeUserPermission(input, { principal }) {
      await remove(ofAny(input), principal)
      return {}
    },

    async getUserPermission({ username, ...resource }, { request }) {
      requireSelfOrAdmin(identityOf(request), username)
      const user = await requireUser(database.health, username)
      if (user.is_admin) return { allowed: true, permission: 'MANAGE' }
      const access = await loadAccess(database.health, user.user_id, config.defaultPermission)
      const permissions = permissionsOn(access, resource)
      return {
        allowed: allows(permissions, 'use'),
        permission: isDenied(access, resource) ? 'DENY' : highest(permissions),
      }
    },

    async listUserPermissions({ username }, { request }) {
      requireSelfOrAdmin(identityOf(request), username)
      return listed(database.health, await requireUser(database.health, username))
    },
    async listCurrentUserPermissions(_input, { request }) {
      return listed(database.health, identityOf(request))
    },
  }
}

/** What is asked for, of whom, and how MLflow calls it. */
type Asked = { username: string; resource: Resource; words: Words }

const ofExperiment = ({ experiment_id, username }: { experiment_id: string; username: string }): Asked => ({
  username,
  resource: { resource_type: 'experiment', resource_id: experiment_id },
  words: {
    exists: `Experiment permission (experiment_id=${experiment_id}, username=${username}) already exists.`,
    missing: `Experiment permission with experiment_id=${experiment_id} and username=${username} not found`,
  },
})

const ofRegisteredModel = ({ name, username }: { name: string; username: string }): Asked => ({
  username,
  resource: { resource_type: 'registered_model', resource_id: name },
  words: {
    exists: `Registered model permission (name=${name}, username=${username}) already exists.`,
    missing: `Registered model permission with name=${name} and username=${username} not found`,
  },
})

function ofAny({ username, resource_type, resource_id }: Resource & { username: string }): Asked {
  const what = `Permission for user=${username} on resource_type=${resource_type}, resource_id=${resource_id}`
  const words = { exists: `${what} already exists.`, missing: `${what} not found.` }
  return { username, resource: { resource_type, resource_id }, words }
}

/** The highest of MLflow's permissions that what somebody holds comes to: REVIEW and APPROVE let one read. */
const highest = (permissions: ReadonlySet<PermissionName>) =>
  LADDER.findLast((rung) => permissions.has(rung)) ?? (allows(permissions, 'read') ? 'READ' : 'NO_PERMISSIONS')

/** Whether it was denied, and not merely never granted. */
const isDenied = (access: Access, { resource_type, resource_id }: Resource) =>
  [access[resource_type].byId.get(resource_id), access[resource_type].every].some((held) => held?.has('NO_PERMISSIONS'))

async function listed(db: Db, { user_id, is_admin }: { user_id: number; is_admin: boolean }): Promise<Listed> {
  const own = await heldPermissions(db, { user_id })
  const roles = await rolesOf(db, user_id)
  return {
    is_admin,
    permissions: [
      ...own.map(({ resource_type, resource_id, permission }) => ({
        resource_type,
        resource_pattern: resource_id,
        permission: shown(permission),
        workspace: 'default',
        role_id: null,
        role_name: null,
      })),
      ...roles.flatMap((role) =>
        role.permissions.map(({ resource_type, resource_pattern, permission }) => ({
          resource_type,
          resource_pattern,
          permission,
          workspace: 'default',
          role_id: role.id,
          role_name: role.name,
        })),
      ),
    ],
  }
}
