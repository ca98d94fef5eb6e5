import * as z from 'zod'
import { anyoneKnown, endpoint } from './endpoint.ts'
import { AnswerInt64, Int64Field, listOf, Nothing, OptionalInt64, Required, Text } from './wire.ts'

/**
 * What a token is held to, beside what its owner may do. `read`: what changes nothing. `write`: that, and logging.
 * `registry`: that, and the registry. `admin`: everything. `access-files`: to apply access files, and nothing else.
 */
export const TokenScope = z.enum(['read', 'write', 'registry', 'admin', 'access-files'])
export type TokenScope = z.output<typeof TokenScope>

const Token = z.object({
  token_id: AnswerInt64,
  name: z.string(),
  /** its last characters */
  hint: z.string(),
  /** none: whatever its owner may */
  scopes: z.array(TokenScope),
  created_at: AnswerInt64,
  expires_at: AnswerInt64,
  /** to the day; absent where it was never used */
  last_used_on: z.string().optional(),
  revoked_at: AnswerInt64.optional(),
})

export const listTokens = endpoint({
  method: 'GET',
  path: '/api/assay/tokens',
  summary: "The caller's tokens; of another user, for administrators.",
  permission: anyoneKnown,
  input: z.object({ username: Text }),
  output: z.object({ tokens: z.array(Token) }),
})

export const createToken = endpoint({
  method: 'POST',
  path: '/api/assay/tokens',
  summary: 'Make a token. Its text is in this answer and nowhere else. For a service account: by an administrator.',
  permission: anyoneKnown,
  input: z.object({
    name: Required.max(200),
    scopes: listOf(TokenScope),
    /** from now; 90 where absent, 365 at most */
    expires_in_days: OptionalInt64,
    username: Text,
  }),
  output: z.object({ token: z.string(), ...Token.shape }),
})

export const revokeToken = endpoint({
  method: 'DELETE',
  path: '/api/assay/tokens/{token_id}',
  summary: 'End a token at once. Of other users: for administrators.',
  permission: anyoneKnown,
  input: z.object({ token_id: Int64Field }),
  output: Nothing,
})
