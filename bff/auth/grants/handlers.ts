import type { AuthEndpoints, PermissionName, Resource } from '#contract'
import { ApiError, absent, invalid, targetOf } from '#contract'
import { violates } from '#kit/db.ts'
import type { HandlersOf } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import { requireGroup } from '../accounts/groups.ts'
import { requireUser, usernameKey } from '../accounts/users.ts'
import { recordAudit } from '../audit/record.ts'
import { identityOf } from '../identify/identify.ts'
import type { Identity } from '../identity.ts'
import { queueMail } from '../mail/outbox.ts'
import type { AuthParts } from '../parts.ts'
import type { Resolve } from '../resolve.ts'
import { allowedOf, allows, permissionsOn } from './decide.ts'
import type { Holder } from './grants.ts'
import { accessFileOf, give, requireUnmanaged, take } from './grants.ts'
import type { RequestRow } from './read.ts'
import { listGrants, lockRequest, managersOf, openRequests, peopleOn, requestsOf } from './read.ts'

type Handlers = Pick<
  HandlersOf<AuthEndpoints>,
  | 'getAccess'
  | 'giveAccess'
  | 'takeAccess'
  | 'getAllowed'
  | 'requestAccess'
  | 'listAccessRequests'
  | 'decideAccessRequest'
>

/** Who may do what with an experiment or a registered model, and how one comes to it. */
export function grantHandlers({ database, config, resolve }: AuthParts & { resolve: Resolve }): Handlers {
  const mayManage = (identity: Identity, resource: Resource) =>
    identity.is_admin || allows(permissionsOn(identity.access, resource), 'manage')

  const hidden = () => absent('There is no such thing, or you may not see it')

  /** The experiment or registered model by which something goes. Throws RESOURCE_DOES_NOT_EXIST. */
  async function resourceOf(type: Resource['resource_type'] | 'run' | 'logged_model', id: string): Promise<Resource> {
    const target =
      type === 'run'
        ? { run: id }
        : type === 'logged_model'
          ? { model: id }
          : targetOf({ resource_type: type, resource_id: id })
    const [found] = await resolve([target], { known: () => false })
    if (found?.kind === 'resource') return found.resource
    throw config.hideForbidden ? hidden() : absent(found?.kind === 'absent' ? found.message : 'There is no such thing')
  }

  return {
    async getAccess(resource) {
      const [grants, people, access_file] = await Promise.all([
        listGrants(database.health, resource),
        peopleOn(database.health, resource),
        accessFileOf(database.health, resource),
      ])
      return {
        ...(access_file === undefined ? {} : { access_file }),
        default_permission: config.defaultPermission,
        grants: grants.map(({ username, display_name, group, access_file, ...grant }) => ({
          ...grant,
          ...(username === null ? {} : { user: { username, display_name: display_name ?? '' } }),
          ...(group === null ? {} : { group }),
          ...(access_file === null ? {} : { access_file }),
        })),
        people,
      }
    },

    async giveAccess({ username, group, permission, ...resource }, { request }) {
      const { username: actor, is_admin } = identityOf(request)
      if (!is_admin) requireForManagers(resource, { username, permission }, actor)
      await database.transaction(async (db) => {
        const { holder, name } = await holderOf(db, { username, group })
        await requireUnmanaged(db, resource)
        await give(db, holder, resource, permission, actor)
        await recordAudit(db, {
          actor,
          action: 'grant.give',
          object_type: resource.resource_type,
          object_id: resource.resource_id,
          details: { holder: name, permission },
        })
      })
      return {}
    },

    async takeAccess({ username, group, permission, ...resource }, { request }) {
      const { username: actor, is_admin } = identityOf(request)
      if (!is_admin) requireForManagers(resource, { username: undefined, permission }, actor)
      await database.transaction(async (db) => {
        const { holder, name } = await holderOf(db, { username, group })
        await requireUnmanaged(db, resource)
        if (!(await take(db, holder, resource, permission))) throw absent(`${name} holds no ${permission} there`)
        await recordAudit(db, {
          actor,
          action: 'grant.take',
          object_type: resource.resource_type,
          object_id: resource.resource_id,
          details: { holder: name, permission },
        })
      })
      return {}
    },

    async getAllowed({ resource_type, resource_id }, { request }) {
      const identity = identityOf(request)
      const resource = await resourceOf(resource_type, resource_id)
      const permissions = permissionsOn(identity.access, resource)
      const may = (level: Parameters<typeof allows>[1]) => identity.is_admin || allows(permissions, level)
      const seen = may('read')
      // what is hidden has no managers either
      if (!seen && config.hideForbidden) throw hidden()
      const [managers, access_file, own] = await Promise.all([
        managersOf(database.health, resource),
        accessFileOf(database.health, resource),
        row<{ request_id: number; permission: 'READ' }>(
          database.health,
          sql`select request_id, permission from access_requests where user_id = ${identity.user_id} and decision is null
              and resource_type = ${resource.resource_type} and resource_id = ${resource.resource_id}`,
        ),
      ])
      return {
        ...resource,
        permissions: [...permissions].filter((permission) => permission !== 'NO_PERMISSIONS'),
        may: {
          read: seen,
          use: may('use'),
          edit: may('edit'),
          manage: may('manage'),
          // an administrator keeps the server: to sign off is for those it was given to
          review: allows(permissions, 'review'),
          approve: allows(permissions, 'approve'),
        },
        managers: managers.map(({ username, display_name }) => ({ username, display_name })),
        ...(access_file === undefined ? {} : { access_file }),
        ...(own ? { request: own } : {}),
      }
    },

    async requestAccess({ permission, message = '', ...given }, { request }) {
      const { user_id, username } = identityOf(request)
      const resource = await resourceOf(given.resource_type, given.resource_id)
      if (config.hideForbidden && !allows(permissionsOn(identityOf(request).access, resource), 'read')) throw hidden()
      if (message.length > 2000) throw invalid('The message has 2000 characters at most', { field: 'message' })
      const request_id = await database
        .transaction(async (db) => {
          const made = await row<{ request_id: number }>(
            db,
            sql`insert into access_requests (user_id, resource_type, resource_id, permission, message)
                values (${user_id}, ${resource.resource_type}, ${resource.resource_id}, ${permission}, ${message})
                returning request_id`,
          )
          const id = made!.request_id
          for (const { email, username: manager } of await managersOf(db, resource))
            if (email !== null)
              await queueMail(db, {
                idempotency_key: `access-request/${id}/${manager}`,
                to: email,
                letter: 'access-request',
                content: { username, ...resource, name: resource.resource_id, permission, message },
              })
          await recordAudit(db, {
            actor: username,
            action: 'access.request',
            object_type: resource.resource_type,
            object_id: resource.resource_id,
            details: { permission },
          })
          return id
        })
        .catch((error: unknown) => {
          if (!violates(error, 'access_requests_open')) throw error
          throw new ApiError('RESOURCE_ALREADY_EXISTS', 'You have asked for this already: nobody has decided yet.')
        })
      return { request_id }
    },

    async listAccessRequests(_input, { request }) {
      const identity = identityOf(request)
      const [open, own] = await Promise.all([
        openRequests(database.health, managedBy(identity), {
          except: identity.is_admin ? undefined : identity.user_id,
        }),
        requestsOf(database.health, identity.user_id),
      ])
      return { to_decide: open.map(printed), own: own.map(printed) }
    },

    async decideAccessRequest({ request_id, decision }, { request }) {
      const identity = identityOf(request)
      await database.transaction(async (db) => {
        const asked = await lockRequest(db, Number(request_id))
        if (!asked || !mayManage(identity, asked)) throw absent(`There is no request ${request_id} for you to decide`)
        if (asked.user_id === identity.user_id && !identity.is_admin)
          throw new ApiError('PERMISSION_DENIED', 'Permission denied: somebody else has to decide what you asked for')
        if (asked.decision !== null)
          throw new ApiError('RESOURCE_CONFLICT', `${asked.decided_by} has decided this already: ${asked.decision}.`)
        const { user_id, resource_type, resource_id, permission } = asked
        if (decision === 'granted') {
          await requireUnmanaged(db, asked)
          await give(db, { user_id }, { resource_type, resource_id }, permission, identity.username)
        }
        await db.query(
          sql`update access_requests set decision = ${decision}, decided_at = now(), decided_by = ${identity.username}
              where request_id = ${asked.request_id}`,
        )
        await recordAudit(db, {
          actor: identity.username,
          action: decision === 'granted' ? 'grant.give' : 'access.refuse',
          object_type: resource_type,
          object_id: resource_id,
          details: { holder: asked.username, permission, request_id: asked.request_id },
        })
      })
      return {}
    },
  }
}

/** What managers leave to administrators: everything of a kind, and their own sign-off. */
function requireForManagers(
  { resource_id }: Resource,
  { username, permission }: { username: string | undefined; permission: PermissionName },
  actor: string,
) {
  if (resource_id === '*')
    throw new ApiError('PERMISSION_DENIED', 'Permission denied: only administrators give or take everything of a kind')
  const isOwn = username !== undefined && usernameKey(username) === usernameKey(actor)
  if (isOwn && (permission === 'REVIEW' || permission === 'APPROVE'))
    throw new ApiError(
      'PERMISSION_DENIED',
      `Permission denied: nobody gives themselves ${permission}. Ask another manager.`,
    )
}

const managedBy = ({ is_admin, access }: Identity) => ({
  experiment: is_admin ? ('all' as const) : allowedOf(access, 'experiment', 'manage'),
  registered_model: is_admin ? ('all' as const) : allowedOf(access, 'registered_model', 'manage'),
})

const printed = ({ username, display_name, decision, decided_by, ...request }: RequestRow) => ({
  ...request,
  user: { username, display_name },
  ...(decision === null ? {} : { decision }),
  ...(decided_by === null ? {} : { decided_by }),
})

async function holderOf(
  db: Db,
  { username, group }: { username: string | undefined; group: string | undefined },
): Promise<{ holder: Holder; name: string }> {
  if ((username === undefined) === (group === undefined))
    throw invalid('Exactly one of username and group must be given')
  if (username !== undefined) {
    const user = await requireUser(db, username)
    return { holder: { user_id: user.user_id }, name: user.username }
  }
  return { holder: await requireGroup(db, group ?? ''), name: `group:${group}` }
}
