import { ApiError, absent, invalid } from '#contract'
import { violates } from '#kit/db.ts'
import { lookalikeKey } from '#kit/lookalike.ts'
import type { Db } from '#kit/sql.ts'
import { raw, row, sql } from '#kit/sql.ts'

export type User = {
  user_id: number
  username: string
  display_name: string
  email: string | null
  kind: 'person' | 'service'
  is_admin: boolean
  has_password: boolean
  disabled_at: Date | null
  created_at: Date
}

type NewUser = {
  username: string
  email?: string | undefined
  display_name?: string | undefined
  kind?: User['kind'] | undefined
  is_admin?: boolean | undefined
  password_hash?: string | undefined
}

export const userColumns = raw(
  'user_id, username, display_name, email, kind, is_admin, password_hash is not null as has_password, disabled_at, created_at',
)

/** What no two names may share: `Ann`, `ANN` and `Ａnn` look alike. */
export const usernameKey = (username: string) => lookalikeKey(username)

/** A name as it is kept: NFC; a mail address in lower case. Throws INVALID_PARAMETER_VALUE for what cannot be one. */
export function readUsername(text: string): string {
  const name = text.normalize('NFC').trim()
  // the colon ends the name in HTTP basic authentication
  if (!/^[^\p{C}\p{Z}:/]{1,255}$/u.test(name))
    throw invalid(
      `Invalid username '${name.slice(0, 50)}': it has 1 to 255 characters, and no blanks, colons, slashes or control characters.`,
    )
  return name.includes('@') ? name.toLowerCase() : name
}

/** Adds a user. Throws RESOURCE_ALREADY_EXISTS where the name, or one that looks like it, is taken. */
export async function createUser(db: Db, user: NewUser): Promise<User> {
  const username = readUsername(user.username)
  const { email, display_name = '', kind = 'person', is_admin = false, password_hash } = user
  try {
    const made = await row<User>(
      db,
      sql`insert into users (username, username_key, email, display_name, kind, is_admin, password_hash)
          values (${username}, ${usernameKey(username)}, ${readEmail(email ?? mailOf(username))}, ${display_name}, ${kind},
                  ${is_admin}, ${password_hash ?? null})
          returning ${userColumns}`,
    )
    if (!made) throw new Error('a user was inserted, and is not there')
    return made
  } catch (error) {
    if (!violates(error, 'users_username_key_key') && !violates(error, 'users_username_key')) throw error
    throw new ApiError('RESOURCE_ALREADY_EXISTS', `User (username=${username}) already exists.`)
  }
}

const mailOf = (username: string) => (username.includes('@') ? username : undefined)

export function readEmail(text: string | undefined): string | null {
  if (text === undefined || text === '') return null
  const email = text.normalize('NFC').trim().toLowerCase()
  if (email.length > 320 || !/^[^\s@<>,;:"()[\]\\\p{C}]+@[^\s@<>,;:"()[\]\\\p{C}]+$/u.test(email))
    throw invalid(`Invalid mail address '${email.slice(0, 100)}'`)
  return email
}

const findUser = (db: Db, username: string): Promise<User | undefined> =>
  row(db, sql`select ${userColumns} from users where username_key = ${usernameKey(username)}`)

/** Throws RESOURCE_DOES_NOT_EXIST. */
export async function requireUser(db: Db, username: string): Promise<User> {
  const user = await findUser(db, username)
  if (!user) throw noSuchUser(username)
  return user
}

export const noSuchUser = (username: string) => absent(`User with username=${username} not found`)

/** Throws INVALID_PARAMETER_VALUE where nobody else could administer: call it in the transaction of the change, after it. */
export async function requireAnAdmin(db: Db): Promise<void> {
  const found = await row(
    db,
    sql`select 1 from users where is_admin and disabled_at is null and kind = 'person' limit 1`,
  )
  if (!found) throw invalid('This is the last administrator: make another one first.')
}
