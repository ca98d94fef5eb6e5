import type { SignInProblem } from '#contract'
import { ApiError } from '#contract'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'
import type { User } from '../accounts/users.ts'
import { createUser, requireAnAdmin, userColumns, usernameKey } from '../accounts/users.ts'
import { recordAudit } from '../audit/record.ts'
import { endLinks } from '../links/links.ts'
import type { Claims } from './claims.ts'
import { textNamed, textsNamed } from './claims.ts'
import type { OidcProvider } from './config.ts'

/** Why somebody whom the provider knows does not come in; thrown, so that nothing is written. */
export class SignInRefused extends Error {
  readonly problem: SignInProblem
  constructor(problem: SignInProblem) {
    super(`Sign-in refused: ${problem}`)
    this.name = 'SignInRefused'
    this.problem = problem
  }
}

export type Subject = { issuer: string; subject: string; claims: Claims }

/**
 * Who somebody is here: whom the provider named before, whom an invitation waits for under their verified mail address, or
 * somebody new, who may do nothing yet. Groups and, where the configuration says so, administration are taken over. In a
 * transaction; throws SignInRefused.
 */
export async function personOf(db: Db, provider: OidcProvider, who: Subject): Promise<User> {
  const groups = textsNamed(who.claims, provider.claims.groups)
  const { allowedGroups, adminGroups } = provider
  if (allowedGroups && !groups.some((group) => allowedGroups.includes(group))) throw new SignInRefused('not-allowed')
  const user = (await known(db, who)) ?? (await linked(db, provider, who)) ?? (await added(db, provider, who))
  if (user.disabled_at) throw new SignInRefused('disabled')
  await takeGroups(db, user, groups)
  if (adminGroups)
    await takeAdministration(
      db,
      user,
      groups.some((group) => adminGroups.includes(group)),
    )
  return user
}

const known = (db: Db, { issuer, subject }: Subject): Promise<User | undefined> =>
  row(
    db,
    sql`select ${userColumns} from users where user_id =
          (select user_id from user_identities where issuer = ${issuer} and subject = ${subject})`,
  )

/** Undefined where the provider does not say that the address is theirs. */
function verifiedEmail({ claims, trustEmail }: OidcProvider, who: Subject): string | undefined {
  const { email_verified } = who.claims
  const vouched = email_verified === true || email_verified === 'true' || (trustEmail && email_verified === undefined)
  return vouched ? textNamed(who.claims, claims.email)?.normalize('NFC').toLowerCase() : undefined
}

/** Whoever has a password keeps to it, unless the configuration trusts the provider with that too. */
async function linked(db: Db, provider: OidcProvider, who: Subject): Promise<User | undefined> {
  const email = verifiedEmail(provider, who)
  if (email === undefined) return undefined
  const found = await rows<User & { has_identity: boolean }>(
    db,
    sql`select ${userColumns}, exists (select from user_identities i where i.user_id = u.user_id) as has_identity
        from users u where email = ${email} and kind = 'person'`,
  )
  if (found.length === 0) return undefined
  const [user, ...others] = found
  const mayLink = provider.linkByEmail === 'any' || (!user?.has_password && !user?.has_identity)
  if (!user || others.length > 0 || !mayLink) throw new SignInRefused('taken')
  await rememberIdentity(db, user, who)
  // an invitation that is still on its way sets no password for this account
  await endLinks(db, user.user_id)
  return user
}

async function added(db: Db, provider: OidcProvider, who: Subject): Promise<User> {
  const email = verifiedEmail(provider, who)
  const username = textNamed(who.claims, provider.claims.username) ?? email
  if (username === undefined) throw new SignInRefused('name')
  const key = usernameKey(username)
  // access is given to mail addresses: a name that looks like one, by whichever characters, has to be theirs
  if (key.includes('@') && key !== email) throw new SignInRefused('unverified')
  const display_name = textNamed(who.claims, provider.claims.display_name)?.slice(0, 200)
  const user = await createUser(db, { username, email, display_name }).catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error
    if (error.code === 'RESOURCE_ALREADY_EXISTS') throw new SignInRefused('taken')
    throw error.code === 'INVALID_PARAMETER_VALUE' ? new SignInRefused('name') : error
  })
  await rememberIdentity(db, user, who)
  await recordAudit(db, {
    actor: user.username,
    action: 'user.create',
    object_type: 'user',
    object_id: user.username,
    details: { provider: provider.id },
  })
  return user
}

const rememberIdentity = (db: Db, { user_id }: User, { issuer, subject }: Subject) =>
  rows(db, sql`insert into user_identities (issuer, subject, user_id) values (${issuer}, ${subject}, ${user_id})`)

/** Of the groups that there are here; those that files or people put them into stay. */
async function takeGroups(db: Db, { user_id }: User, names: readonly string[]) {
  await rows(
    db,
    sql`delete from group_members m using groups g where m.group_id = g.group_id and m.user_id = ${user_id}
          and m.source = 'oidc' and not g.name = any (${names}::text[])`,
  )
  await rows(
    db,
    sql`insert into group_members (group_id, user_id, source)
        select group_id, ${user_id}, 'oidc' from groups where name = any (${names}::text[]) on conflict do nothing`,
  )
}

async function takeAdministration(db: Db, { user_id, username, is_admin }: User, should: boolean) {
  if (is_admin === should) return
  await rows(db, sql`update users set is_admin = ${should} where user_id = ${user_id}`)
  await requireAnAdmin(db)
  await recordAudit(db, {
    actor: username,
    action: 'user.update',
    object_type: 'user',
    object_id: username,
    details: { is_admin: should, by: 'provider' },
  })
}
