import { ApiError } from '#contract'
import { usernameKey } from '../accounts/users.ts'
import type { Identity } from '../identity.ts'

export const isSelf = (identity: Identity, username: string) => usernameKey(identity.username) === usernameKey(username)

/** Throws PERMISSION_DENIED where somebody asks for another user, whether there is one of that name or not. */
export function requireSelfOrAdmin(identity: Identity, username: string): void {
  if (!identity.is_admin && !isSelf(identity, username))
    throw new ApiError(
      'PERMISSION_DENIED',
      'Permission denied: this is for the user themselves, and for administrators',
    )
}
