import type { AuthEndpoints } from '#contract'
import { ApiError, absent, invalid } from '#contract'
import type { HandlersOf } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { requireUser } from '../accounts/users.ts'
import { recordAudit } from '../audit/record.ts'
import { identityOf } from '../identify/identify.ts'
import type { Identity } from '../identity.ts'
import type { AuthParts } from '../parts.ts'
import type { TokenRow } from './tokens.ts'
import { createToken, revokeToken, tokensOf } from './tokens.ts'

export const tokenHandlers = ({
  database,
}: AuthParts): Pick<HandlersOf<AuthEndpoints>, 'listTokens' | 'createToken' | 'revokeToken'> => ({
  async listTokens({ username }, { request }) {
    const owner = await ownerOf(database.health, identityOf(request), username)
    return { tokens: (await tokensOf(database.health, owner.user_id)).map(printed) }
  },

  async createToken({ name, scopes, expires_in_days, username }, { request }) {
    const identity = identityOf(request)
    const days = expires_in_days === undefined ? undefined : Number(expires_in_days)
    const made = await database.transaction(async (db) => {
      const owner = await ownerOf(db, identity, username)
      // whoever could make one for somebody else could be them
      if (owner.user_id !== identity.user_id && owner.kind !== 'service')
        throw invalid('Only a service account is given tokens by others: people make their own.')
      const token = await createToken(db, owner.user_id, { name, scopes, days })
      await recordAudit(db, {
        actor: identity.username,
        action: 'token.create',
        object_type: 'user',
        object_id: owner.username,
        details: { token_id: token.token_id, name, hint: token.hint, scopes },
      })
      return token
    })
    return { token: made.token, ...printed(made) }
  },

  async revokeToken({ token_id }, { request }) {
    const identity = identityOf(request)
    await database.transaction(async (db) => {
      const revoked = await revokeToken(db, Number(token_id), identity.is_admin ? undefined : identity.user_id)
      if (!revoked) throw absent(`There is no token ${token_id} that could be revoked`)
      await recordAudit(db, {
        actor: identity.username,
        action: 'token.revoke',
        object_type: 'token',
        object_id: String(token_id),
        details: { name: revoked.name, hint: revoked.hint },
      })
    })
    return {}
  },
})

/** The caller, or for an administrator whoever is named. */
async function ownerOf(db: Db, { user_id, username, is_admin }: Identity, named: string | undefined) {
  if (named === undefined || named === username) return { user_id, username, kind: 'person' }
  if (!is_admin)
    throw new ApiError('PERMISSION_DENIED', 'Permission denied: only administrators see the tokens of others')
  return requireUser(db, named)
}

const printed = ({ scopes, created_at, expires_at, last_used_on, revoked_at, token_id, name, hint }: TokenRow) => ({
  token_id,
  name,
  hint,
  scopes: scopes ?? [],
  created_at: created_at.getTime(),
  expires_at: expires_at.getTime(),
  ...(last_used_on === null ? {} : { last_used_on }),
  ...(revoked_at === null ? {} : { revoked_at: revoked_at.getTime() }),
})
