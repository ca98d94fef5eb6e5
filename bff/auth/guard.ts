import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Endpoint, Level, Resource } from '#contract'
import { ApiError, absent } from '#contract'
import type { Caller, Guard } from '#kit/route.ts'
import { EVERYTHING, NOTHING } from '#kit/scope.ts'
import { allows, permissionFor, permissionsOn } from './grants/decide.ts'
import type { Credential } from './identify/credentials.ts'
import { credentialOf, csrfTokenOf } from './identify/credentials.ts'
import type { Identify } from './identify/identify.ts'
import { notAuthenticated, remember } from './identify/identify.ts'
import type { Identity } from './identity.ts'
import type { AuthParts } from './parts.ts'
import type { Resolve, Resolved } from './resolve.ts'
import { scopesAllow } from './tokens/scopes.ts'

type GuardParts = Pick<AuthParts, 'config' | 'owners'> & {
  identify: Identify
  resolve: Resolve
  cookieName: (request: IncomingMessage) => string
  /** why nobody can be known yet, or undefined */
  closed: () => Promise<ApiError | undefined>
}

const CSRF_HEADER = 'x-assay-csrf'

/** Every decision of who may do what: by the permission that is written at the endpoint, and nothing else. */
export function openGuard({ config, identify, resolve, cookieName, closed }: GuardParts): Guard<Identity | undefined> {
  async function unknown(): Promise<never> {
    throw (await closed()) ?? notAuthenticated()
  }

  function identified(
    endpoint: Endpoint,
    request: IncomingMessage,
    credential: Credential | undefined,
    identity: Identity | undefined,
  ) {
    if (!identity) {
      return endpoint.permission.ask === 'public' ? undefined : unknown()
    }
    if (credential?.kind === 'session') requireOwnPage(request, credential.secret)
    if (!scopesAllow(identity.scopes, endpoint))
      throw new ApiError(
        'PERMISSION_DENIED',
        `Permission denied: this token is for ${String(identity.scopes)} only. Make one with more scopes.`,
      )
    remember(request, identity)
    return identity
  }

  function decide(level: Level, found: readonly Resolved[], identity: Identity): Caller {
    // nothing named is nothing allowed
    if (found.length === 0) throw new ApiError('PERMISSION_DENIED', 'Permission denied')
    for (const resolved of found) {
      if (resolved.kind === 'absent') throw config.hideForbidden ? hidden() : absent(resolved.message)
      if (resolved.kind === 'nobody') {
        if (identity.access.scope.experiments !== 'all')
          throw new ApiError(
            'PERMISSION_DENIED',
            'Permission denied: this path is not below the artifacts of a run or a model',
          )
      } else if (!allows(permissionsOn(identity.access, resolved.resource), level))
        throw config.hideForbidden ? hidden() : denied(level, resolved.resource)
    }
    return callerOf(identity)
  }

  return {
    identify(endpoint, request) {
      const credential = credentialOf(request, cookieName(request))
      if (!credential) return identified(endpoint, request, credential, undefined)
      const found = identify.of(credential, request)
      return found instanceof Promise
        ? found.then((identity) => identified(endpoint, request, credential, identity))
        : identified(endpoint, request, credential, found)
    },

    allow({ permission }, input, identity) {
      if (permission.ask === 'public') return identity ? callerOf(identity) : NOBODY
      if (!identity) throw notAuthenticated()
      if (identity.is_admin) return callerOf(identity)
      if (permission.of === undefined) {
        if (permission.ask !== 'admin') return callerOf(identity)
        throw new ApiError('PERMISSION_DENIED', 'Permission denied: only administrators may do this')
      }
      const { ask } = permission
      const found = resolve(permission.of(input), {
        known: config.hideForbidden ? 'all' : (resource) => allows(permissionsOn(identity.access, resource), ask),
      })
      return found instanceof Promise
        ? found.then((resolved) => decide(ask, resolved, identity))
        : decide(ask, found, identity)
    },
  }
}

const NOBODY: Caller = { scope: NOTHING, principal: '' }

const callerOf = ({ is_admin, access, username }: Identity): Caller => ({
  scope: is_admin ? EVERYTHING : access.scope,
  principal: username,
})

/** With ASSAY_HIDE_FORBIDDEN: the same for what is not there and what may not be seen. */
const hidden = () => absent('There is no such thing, or you may not see it')

function denied(level: Level, { resource_type, resource_id }: Resource) {
  const permission = permissionFor[level]
  const words =
    resource_type === 'experiment' && resource_id === '0'
      ? 'this is the default experiment, which nobody is given. Call mlflow.set_experiment("its name") first, or set MLFLOW_EXPERIMENT_NAME.'
      : `it needs ${permission} on ${resource_type === 'experiment' ? 'experiment' : 'registered model'} '${resource_id}'. Whoever manages it can give it to you; its page in the browser lets you ask.`
  return new ApiError('PERMISSION_DENIED', `Permission denied: ${words}`, {
    details: { permission, resource_type, resource_id },
  })
}

/** A change that comes with a cookie comes from a page of ours: the browser says so, and the page knows its session's token. */
function requireOwnPage(request: IncomingMessage, secret: string) {
  if (request.method === 'GET' || request.method === 'HEAD') return
  const site = request.headers['sec-fetch-site']
  const given = Buffer.from(String(request.headers[CSRF_HEADER] ?? ''))
  const expected = Buffer.from(csrfTokenOf(secret))
  const isOwn = (site === undefined || site === 'same-origin' || site === 'none') && given.length === expected.length
  if (!isOwn || !timingSafeEqual(given, expected))
    throw new ApiError(
      'PERMISSION_DENIED',
      'This change did not come from a page of this session: load the page again. (X-Assay-CSRF is missing or another session’s.)',
    )
}
