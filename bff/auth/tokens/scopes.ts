import type { Endpoint, TokenScope } from '#contract'
import { authEndpoints, isOfRegistry } from '#contract'

const OF_ACCESS = new Set<Endpoint>(Object.values(authEndpoints))

/** Whether a token that is held to some scopes may be used for an endpoint. What its owner may is asked as well. */
export function scopesAllow(scopes: readonly TokenScope[] | 'all', endpoint: Endpoint): boolean {
  if (scopes === 'all' || scopes.includes('admin')) return true
  if (endpoint.permission.ask === 'public') return true
  if (scopes.includes('access-files') && endpoint.path.startsWith('/api/assay/access/')) return true
  // it gives what the scope allows
  if (endpoint === authEndpoints.createS3Credentials) return scopes.some((scope) => scope !== 'access-files')
  // who may do what is read and changed by those who are wholly here
  if (OF_ACCESS.has(endpoint)) return false
  const { ask } = endpoint.permission
  if (ask === 'read' || ask === 'scoped') return scopes.some((scope) => scope !== 'access-files')
  return scopes.includes('registry') || (scopes.includes('write') && !isOfRegistry(endpoint))
}
