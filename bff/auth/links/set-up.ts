import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { linkPage } from '#contract'
import type { Database } from '#kit/db.ts'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'
import { hashPassword, requireGoodPassword } from '../accounts/passwords.ts'
import type { User } from '../accounts/users.ts'
import { createUser } from '../accounts/users.ts'
import { recordAudit } from '../audit/record.ts'
import type { AuthConfig } from '../config.ts'
import { createLink, endLinks } from './links.ts'
import { LINK_HOURS } from './send-link.ts'

type FirstAdmin = {
  username: string
  password_hash: string
  email?: string | undefined
  display_name?: string | undefined
}

/** Whether there is an administrator, disabled or not: once there was one, nobody becomes one by a set-up link. */
export const hasAdministrator = async (db: Db): Promise<boolean> =>
  (await row<{ found: number }>(db, sql`select 1 as found from users where is_admin limit 1`)) !== undefined

/**
 * Makes the first administrator, in a transaction; undefined where there is one already. Of several servers that try at the
 * same time one succeeds. The links for setting up end with it.
 */
export async function createFirstAdmin(db: Db, admin: FirstAdmin): Promise<User | undefined> {
  await rows(db, sql`select from access_state for update`)
  if (await hasAdministrator(db)) return undefined
  const user = await createUser(db, { ...admin, is_admin: true })
  await endLinks(db, undefined)
  const { username } = user
  await recordAudit(db, { actor: username, action: 'user.set_up', object_type: 'user', object_id: username })
  return user
}

/**
 * What a server does at its start as long as there is no administrator: it makes the one that the configuration names, or a
 * one-time link that makes one. Answers with the page of the link, below the server's address.
 */
export async function prepareSetUp(
  database: Database,
  configured: AuthConfig['firstAdmin'],
): Promise<string | undefined> {
  if (await hasAdministrator(database)) return undefined
  if (!configured) {
    const { secret } = await database.transaction((db) => createLink(db, { purpose: 'setup', hours: LINK_HOURS.setup }))
    return linkPage(secret)
  }
  const { username, password } = configured
  await requireGoodPassword(password, { username })
  const password_hash = await hashPassword(password)
  await database.transaction((db) => createFirstAdmin(db, { username, password_hash }))
  return undefined
}

const FILE = 'set-up-link'

/** Leaves the link where only whoever runs the server can read it, and says where; an old one is taken away. */
export async function leaveSetUpLink(folder: string, link: string | undefined): Promise<string> {
  const file = join(folder, FILE)
  try {
    // written anew: the mode of a file that is there already stays as it is
    await rm(file, { force: true })
    if (link === undefined) return ''
    await mkdir(folder, { recursive: true })
    await writeFile(file, `${link}\n`, { mode: 0o600, flag: 'wx' })
    return `It is also in ${file}.`
  } catch (error) {
    return `It could not be written to ${file} (${(error as NodeJS.ErrnoException).code}).`
  }
}
