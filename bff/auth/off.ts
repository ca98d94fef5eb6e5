import type { AuthEndpointName, AuthEndpoints } from '#contract'
import { ApiError, authEndpoints } from '#contract'
import type { Caller, HandlersOf } from '#kit/route.ts'
import { EVERYTHING } from '#kit/scope.ts'
import type { Auth } from './auth.ts'

const ANYONE: Caller = { scope: EVERYTHING, principal: '' }

const guard: Auth['guard'] = {
  identify: () => undefined,
  allow(endpoint) {
    if (!endpoint.permission) throw new ApiError('PERMISSION_DENIED', 'This endpoint says no permission')
    return ANYONE
  },
}

const refuses = (): never => {
  throw new ApiError('NOT_IMPLEMENTED', 'This server was started with --auth=off: it knows no users')
}
const refuse = Object.assign(async () => refuses(), { refuses })

/** Without sign-in everyone who can reach the server may do everything: `--auth=off`. */
export const authOff: Auth = {
  guard,
  handlers: {
    ...(Object.fromEntries(
      (Object.keys(authEndpoints) as AuthEndpointName[]).map((name) => [name, refuse]),
    ) as unknown as HandlersOf<AuthEndpoints>),
    getSession: async () => ({ auth: 'off', providers: [], mail: false, experiment_creation: 'anyone' }),
  },
  hooked: (tracking) => tracking,
  plain: async () => false,
  close: async () => {},
}
