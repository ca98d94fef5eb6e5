import type { Account } from '#contract'
import type { Db, Sql } from '#kit/sql.ts'
import { raw, row, rows, sql } from '#kit/sql.ts'
import { usernameKey } from './users.ts'

type AccountRow = Omit<Account, 'email' | 'last_seen_at'> & { email: string | null; last_seen_at: number | null }

const millis = (column: string) => raw(`(extract(epoch from ${column}) * 1000)::bigint`)

const select = (condition: Sql): Sql => sql`
  select user_id, username, display_name, email, kind, is_admin, disabled_at is not null as disabled,
         password_hash is not null as has_password, ${millis('created_at')} as created_at,
         (select ${millis('max(s.last_seen_at)')} from sessions s where s.user_id = u.user_id) as last_seen_at,
         coalesce((select json_agg(distinct g.name order by g.name) from group_members m join groups g using (group_id)
                   where m.user_id = u.user_id), '[]') as groups
  from users u where ${condition}`

const printed = ({ email, last_seen_at, ...account }: AccountRow): Account => ({
  ...account,
  ...(email === null ? {} : { email }),
  ...(last_seen_at === null ? {} : { last_seen_at }),
})

/** A user as administrators see them. */
export async function findAccount(db: Db, username: string): Promise<Account | undefined> {
  const found = await row<AccountRow>(db, select(sql`username_key = ${usernameKey(username)}`))
  return found && printed(found)
}

/** By name, from the one after `after` on. */
export async function listAccounts(
  db: Db,
  { search, after, limit }: { search: string | undefined; after: string; limit: number },
): Promise<Account[]> {
  const found = await rows<AccountRow>(
    db,
    sql`${select(sql`username > ${after} and ${contains(search)}`)} order by username limit ${limit}`,
  )
  return found.map(printed)
}

/** For administrators: names and mail addresses that have a text in them, whatever its case. */
function contains(search: string | undefined): Sql {
  if (!search) return sql`true`
  const pattern = containing(search)
  return sql`(username ilike ${pattern} or display_name ilike ${pattern} or email ilike ${pattern})`
}

/** For everyone: a mail address counts as a whole, since by its parts it could be guessed. */
export function isCalled(search: string | undefined): Sql {
  if (!search) return sql`true`
  const pattern = containing(search)
  const email = search.normalize('NFC').trim().toLowerCase()
  return sql`(username ilike ${pattern} or display_name ilike ${pattern} or email = ${email})`
}

const containing = (text: string) => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
