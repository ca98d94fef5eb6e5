import type { TokenScope } from '#contract'
import type { Access } from './grants/access.ts'

/** Who is asking, and by what this was known. */
export type Identity = {
  user_id: number
  username: string
  is_admin: boolean
  by: 'session' | 'token' | 'password'
  /** what a token is held to, beside what its owner may do */
  scopes: readonly TokenScope[] | 'all'
  /** the row of the session or token; undefined for a password */
  credential_id: number | undefined
  access: Access
}
