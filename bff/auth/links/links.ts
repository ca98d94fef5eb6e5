import { ApiError } from '#contract'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'
import { hashOf, newSecret } from '../identify/credentials.ts'

type LinkPurpose = 'setup' | 'invite' | 'reset'

export type NewLink =
  | { purpose: 'setup'; user_id?: undefined; hours: number }
  | { purpose: 'invite' | 'reset'; user_id: number; hours: number }

/** Whose link it is; nobody's where it makes the first administrator. */
export type Link = {
  purpose: LinkPurpose
  user_id: number | undefined
  username: string | undefined
  email: string | undefined
}

/** How often the same person may be sent a link for the same purpose, in an hour. */
const AN_HOUR = 3

/**
 * A one-time link. `secret` (32 random bytes, base64url) goes into its address and is kept nowhere; the database has its
 * SHA-256. The older links of that user for that purpose end; those for setting up do not, since each replica says its own.
 * Throws REQUEST_LIMIT_EXCEEDED from the fourth in an hour on.
 */
export async function createLink(db: Db, link: NewLink): Promise<{ link_id: number; secret: string }> {
  const link_id = await planLink(db, link)
  const secret = await renewLink(db, link_id)
  if (secret === undefined) throw new Error('A link ended in the transaction that made it')
  return { link_id, secret }
}

/** The same without a secret: for a link that is mailed, where the secret is made when the mail is sent. */
export async function planLink(db: Db, { purpose, user_id, hours }: NewLink): Promise<number> {
  if (user_id !== undefined) await endOlder(db, purpose, user_id)
  const made = await row<{ link_id: number }>(
    db,
    sql`insert into links (purpose, user_id, hours, expires_at)
        values (${purpose}, ${user_id ?? null}, ${hours}::int, now() + make_interval(hours => ${hours}::int))
        returning link_id`,
  )
  return made!.link_id
}

/** The same for many users who have no links yet. Gives their links' ids, by the user's. */
export async function planInvitations(
  db: Db,
  user_ids: readonly number[],
  hours: number,
): Promise<Map<number, number>> {
  const made = await rows<{ link_id: number; user_id: number }>(
    db,
    sql`insert into links (purpose, user_id, hours, expires_at)
        select 'invite', user_id, ${hours}::int, now() + make_interval(hours => ${hours}::int)
        from unnest(${user_ids}::bigint[]) as invited (user_id)
        returning link_id, user_id`,
  )
  return new Map(made.map(({ user_id, link_id }) => [user_id, link_id]))
}

async function endOlder(db: Db, purpose: LinkPurpose, user_id: number) {
  // one at a time for each user, so that no two count the same
  await rows(db, sql`select from users where user_id = ${user_id} for update`)
  const found = await row<{ recent: number }>(
    db,
    sql`select count(*)::int recent from links
        where user_id = ${user_id} and purpose = ${purpose} and created_at > now() - interval '1 hour'`,
  )
  if (found!.recent >= AN_HOUR)
    throw new ApiError(
      'REQUEST_LIMIT_EXCEEDED',
      `${AN_HOUR} links were made for this user within an hour. Use the newest, or try again in an hour.`,
    )
  await rows(
    db,
    sql`update links set ended_at = now() where user_id = ${user_id} and purpose = ${purpose} and ended_at is null`,
  )
}

/** A new secret for a link, which then counts its hours from now; undefined where the link has ended. The old secret is void. */
export async function renewLink(db: Db, link_id: number): Promise<string | undefined> {
  const secret = newSecret()
  const renewed = await row<{ link_id: number }>(
    db,
    sql`update links set hash = ${hashOf(secret)}, expires_at = now() + make_interval(hours => hours)
        where link_id = ${link_id} and ended_at is null and expires_at > now() returning link_id`,
  )
  return renewed ? secret : undefined
}

// One condition, and one look-up by the hash: what is expired, used, unknown or of a disabled user takes the same time.
const open = sql`ended_at is null and expires_at > now()`

/** What a link is for. Changes nothing: mail scanners open every address. Throws RESOURCE_CONFLICT where it cannot be used. */
export async function describeLink(db: Db, secret: string): Promise<Link> {
  return found(
    await row<LinkRow>(
      db,
      sql`select l.purpose, l.user_id, u.username, u.email from links l left join users u using (user_id)
          where l.hash = ${hashOf(secret)} and ${open} and u.disabled_at is null`,
    ),
  )
}

/**
 * Uses a link up, once: of several that try at the same time one succeeds. With it end all other open links of its user, and
 * those for setting up once one was used. Throws as describeLink does.
 */
export async function consumeLink(db: Db, secret: string): Promise<Link> {
  const link = found(
    await row<LinkRow>(
      db,
      sql`with used as (update links set ended_at = now() where hash = ${hashOf(secret)} and ${open} returning purpose, user_id)
          select l.purpose, l.user_id, u.username, u.email from used l left join users u using (user_id)
          where u.disabled_at is null`,
    ),
  )
  await endLinks(db, link.user_id)
  return link
}

/** Ends what was not used yet: the links of a user whose password is new, or those for setting up. */
export async function endLinks(db: Db, user_id: number | undefined): Promise<void> {
  await rows(
    db,
    sql`update links set ended_at = now() where user_id is not distinct from ${user_id ?? null}::bigint and ended_at is null`,
  )
}

type LinkRow = { purpose: LinkPurpose; user_id: number | null; username: string | null; email: string | null }

function found(link: LinkRow | undefined): Link {
  if (!link)
    throw new ApiError(
      'RESOURCE_CONFLICT',
      'This link was used, has expired, or was replaced by a newer one. Ask for another.',
    )
  const { purpose, user_id, username, email } = link
  return { purpose, user_id: user_id ?? undefined, username: username ?? undefined, email: email ?? undefined }
}
