import type { Call, Endpoint, Output, PermissionName, Resource } from '#contract'
import type { Database } from '#kit/db.ts'
import { call } from '../../web/lib/client.ts'
import { hashPassword } from '../auth/accounts/passwords.ts'
import { createUser } from '../auth/accounts/users.ts'
import { give } from '../auth/grants/grants.ts'
import { createToken } from '../auth/tokens/tokens.ts'

/** Somebody with a token, who calls the server of a test. */
export type TestUser = {
  user_id: number
  username: string
  token: string
  headers: { authorization: string }
  ask<E extends Endpoint>(endpoint: E, input: Call<E>): Promise<Output<E>>
}

export const PASSWORD = 'plum basalt ferry 48'

/** People of a server with sign-in, made in its database as its own code makes them. */
export const peopleOf = (server: { base: string; database: Database | undefined }) => ({
  async add(
    username: string,
    { password, ...user }: { is_admin?: boolean; email?: string; kind?: 'person' | 'service'; password?: string } = {},
  ): Promise<TestUser> {
    const { database } = server
    if (!database) throw new Error('This server has no database')
    const password_hash = password === undefined ? undefined : await hashPassword(password)
    const { user_id, token, name } = await database.transaction(async (db) => {
      const made = await createUser(db, { username, ...user, password_hash })
      const { token } = await createToken(db, made.user_id, { name: 'test', scopes: [] })
      return { user_id: made.user_id, token, name: made.username }
    })
    const headers = { authorization: `Bearer ${token}` }
    return {
      user_id,
      username: name,
      token,
      headers,
      ask: (endpoint, input) => call(endpoint, input, { base: server.base, headers }),
    }
  },

  async give(user: TestUser, resource: Resource, permission: PermissionName): Promise<void> {
    await server.database?.transaction((db) => give(db, { user_id: user.user_id }, resource, permission, 'test'))
  },
})

/** A browser that signs in with a password, and keeps its cookie and its session's token. */
export async function signedIn(base: string, username: string, password = PASSWORD) {
  const answer = await fetch(`${base}/api/assay/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password }),
  })
  const session = (await answer.json()) as { csrf_token?: string; message?: string }
  if (!answer.ok) throw new Error(session.message)
  const cookie = String(answer.headers.get('set-cookie')).split(';')[0] ?? ''
  const headers = { cookie, 'x-assay-csrf': session.csrf_token ?? '' }
  const ask = <E extends Endpoint>(endpoint: E, input: Call<E>): Promise<Output<E>> =>
    call(endpoint, input, { base, headers })
  return { cookie, headers, setCookie: answer.headers.get('set-cookie'), ask }
}
