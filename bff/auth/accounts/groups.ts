import { absent } from '#contract'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'

type Member = { username: string; display_name: string; sources: ('hand' | 'files' | 'oidc')[] }
export type Group = { name: string; description: string; members: Member[] }

export const listGroups = (db: Db): Promise<Group[]> =>
  rows(
    db,
    sql`select g.name, g.description,
               coalesce((select json_agg(m order by m.username) from (
                 select u.username, u.display_name, json_agg(gm.source order by gm.source) as sources
                 from group_members gm join users u using (user_id) where gm.group_id = g.group_id
                 group by u.username, u.display_name) m), '[]') as members
        from groups g order by g.name`,
  )

const findGroup = (db: Db, name: string): Promise<{ group_id: number } | undefined> =>
  row(db, sql`select group_id from groups where name = ${name}`)

/** Throws RESOURCE_DOES_NOT_EXIST. */
export async function requireGroup(db: Db, name: string): Promise<{ group_id: number }> {
  const group = await findGroup(db, name)
  if (!group) throw absent(`Group '${name}' not found`)
  return group
}
