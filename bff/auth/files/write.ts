import { lookalikeKey } from '#kit/lookalike.ts'
import type { Db } from '#kit/sql.ts'
import { row, rows, sql } from '#kit/sql.ts'
import { recordAudit } from '../audit/record.ts'
import { planInvitations } from '../links/links.ts'
import { queueMails } from '../mail/outbox.ts'
import type { Change, GrantChange, MemberChange, Plan } from './changes.ts'
import { lineOf } from './changes.ts'
import type { Wanted } from './read.ts'
import type { Id } from './state.ts'

/** By whom, and from which commit. */
export type Author = { by: string; commit_id: string | undefined }

const INVITATION_HOURS = 72
/** Lines of a record; its numbers are of all. */
const LINES_KEPT = 1000

/** Writes all that a plan says, and its record; a statement for each kind of thing, however many there are. */
export async function write(db: Db, wanted: Wanted, plan: Plan, author: Author): Promise<void> {
  const all: Change[] = [...plan.changes, ...plan.takesOver]
  const of = <A extends Change['action']>(action: A) =>
    all.filter((change): change is Extract<Change, { action: A }> => change.action === action)

  const created = await createUsers(
    db,
    of('create-user').map(({ user }) => user),
  )
  const groups = await createGroups(
    db,
    of('create-group').map(({ group }) => group),
  )
  const idOf = openIds({
    users: new Map([...plan.ids.users, ...created]),
    groups: new Map([...plan.ids.groups, ...groups]),
  })

  await removeMembers(db, [...of('remove-member'), ...of('take-over-member')], idOf)
  await addMembers(db, [...of('add-member'), ...of('take-over-member')], idOf)
  const apply_id = await recordApply(db, plan, author)
  await putInCharge(db, apply_id, wanted, plan)
  await takeGrants(db, of('take'))
  await takeOverGrants(db, of('take-over'))
  await giveGrants(db, of('give'), idOf)
  await queueLetters(db, apply_id, created, plan)
  await recordAudit(
    db,
    ...[...created.keys()].map((username) => ({
      actor: author.by,
      action: 'user.create' as const,
      object_type: 'user',
      object_id: username,
      details: { access_files: plan.digest },
    })),
    {
      actor: author.by,
      action: 'access.apply',
      object_type: 'access_files',
      object_id: plan.digest,
      details: { ...summaryOf(plan), ...(author.commit_id !== undefined && { commit_id: author.commit_id }) },
    },
  )
}

type IdOf = (label: string) => { user_id: Id | null; group_id: Id | null }

function openIds({ users, groups }: Pick<Plan['ids'], 'users' | 'groups'>): IdOf {
  return (label) => {
    const isGroup = label.startsWith('group:')
    const id = isGroup ? groups.get(label.slice('group:'.length)) : users.get(label)
    if (id === undefined) throw new Error(`nobody is called ${label}`)
    return isGroup ? { user_id: null, group_id: id } : { user_id: id, group_id: null }
  }
}

/** Gives the new ids by mail address. */
async function createUsers(db: Db, mails: readonly string[]): Promise<Map<string, number>> {
  if (mails.length === 0) return new Map()
  const made = await rows<{ user_id: number; username: string }>(
    db,
    sql`insert into users (username, username_key, email)
        select mail, key, mail from unnest(${mails}::text[], ${mails.map(lookalikeKey)}::text[]) as wanted (mail, key)
        returning user_id, username`,
  )
  return new Map(made.map(({ username, user_id }) => [username, user_id]))
}

async function createGroups(db: Db, names: readonly string[]): Promise<Map<string, number>> {
  if (names.length === 0) return new Map()
  const made = await rows<{ group_id: number; name: string }>(
    db,
    sql`insert into groups (name) select * from unnest(${names}::text[]) returning group_id, name`,
  )
  return new Map(made.map(({ name, group_id }) => [name, group_id]))
}

const memberColumns = (members: readonly MemberChange[], idOf: IdOf) =>
  [members.map(({ group }) => idOf(`group:${group}`).group_id), members.map(({ user }) => idOf(user).user_id)] as const

async function removeMembers(db: Db, members: readonly MemberChange[], idOf: IdOf) {
  if (members.length === 0) return
  const [groups, users] = memberColumns(members, idOf)
  await db.query(
    sql`delete from group_members m
        using unnest(${groups}::bigint[], ${users}::bigint[], ${members.map(({ sources }) => sources.join(' '))}::text[])
          as gone (group_id, user_id, sources)
        where m.group_id = gone.group_id and m.user_id = gone.user_id and m.source = any (string_to_array(gone.sources, ' '))`,
  )
}

async function addMembers(db: Db, members: readonly MemberChange[], idOf: IdOf) {
  if (members.length === 0) return
  const [groups, users] = memberColumns(members, idOf)
  await db.query(
    sql`insert into group_members (group_id, user_id, source)
        select group_id, user_id, 'files' from unnest(${groups}::bigint[], ${users}::bigint[]) as added (group_id, user_id)
        on conflict do nothing`,
  )
}

async function recordApply(db: Db, plan: Plan, { by, commit_id }: Author): Promise<number> {
  const made = await row<{ apply_id: number }>(
    db,
    sql`insert into access_applies (applied_by, digest, commit_id, summary)
        values (${by}, ${plan.digest}, ${commit_id ?? null}, ${JSON.stringify(summaryOf(plan))}::jsonb) returning apply_id`,
  )
  return made!.apply_id
}

const summaryOf = ({ changes, takesOver }: Plan) => ({
  changes: changes.length,
  takes_over: takesOver.length,
  lines: [...changes, ...takesOver].slice(0, LINES_KEPT).map(lineOf),
})

/** From now on these files are in charge of these things, and no others. */
async function putInCharge(db: Db, apply_id: number, { files }: Wanted, { ids }: Plan) {
  await db.query(sql`delete from access_files`)
  await db.query(
    sql`insert into access_files (path, experiment_id, experiment, digest, apply_id)
        select *, ${apply_id}::bigint from unnest(
          ${files.map(({ path }) => path)}::text[], ${files.map(({ path }) => ids.experiments.get(path) ?? null)}::bigint[],
          ${files.map(({ experiment }) => experiment?.name ?? null)}::text[], ${files.map(({ digest }) => digest)}::text[])`,
  )
  const models = files.flatMap(({ path, models }) => models.map(({ name }) => ({ path, name })))
  await db.query(
    sql`insert into access_file_models (path, name)
        select * from unnest(${models.map(({ path }) => path)}::text[], ${models.map(({ name }) => name)}::text[])`,
  )
}

const grantIds = (changes: readonly GrantChange[]) => changes.map(({ grant_id }) => grant_id ?? null)

async function takeGrants(db: Db, changes: readonly GrantChange[]) {
  if (changes.length) await db.query(sql`delete from grants where grant_id = any (${grantIds(changes)}::bigint[])`)
}

async function takeOverGrants(db: Db, changes: readonly GrantChange[]) {
  if (changes.length === 0) return
  await db.query(
    sql`update grants g set access_file = taken.path
        from unnest(${grantIds(changes)}::bigint[], ${changes.map(({ path }) => path)}::text[]) as taken (grant_id, path)
        where g.grant_id = taken.grant_id`,
  )
}

async function giveGrants(db: Db, changes: readonly GrantChange[], idOf: IdOf) {
  if (changes.length === 0) return
  const holders = changes.map(({ holder }) => idOf(holder))
  await db.query(
    sql`insert into grants (user_id, group_id, resource_type, resource_id, permission, access_file, granted_by)
        select *, '' from unnest(
          ${holders.map(({ user_id }) => user_id)}::bigint[], ${holders.map(({ group_id }) => group_id)}::bigint[],
          ${changes.map(({ resource_type }) => resource_type)}::text[], ${changes.map(({ resource_id }) => resource_id)}::text[],
          ${changes.map(({ permission }) => permission)}::text[], ${changes.map(({ path }) => path)}::text[])`,
  )
}

/** Who is new is invited, who is known is told what they gained or lost; nobody is told by two letters. */
async function queueLetters(db: Db, apply_id: number, created: ReadonlyMap<string, number>, { told, ids }: Plan) {
  const links = await planInvitations(db, [...created.values()], INVITATION_HOURS)
  const invitations = [...created].map(([username, user_id]) => ({
    letter: 'invite' as const,
    content: { username, by: '' },
    to: username,
    link_id: links.get(user_id)!,
    idempotency_key: `invite/${links.get(user_id)}`,
  }))
  const active = new Set(
    await activeOf(
      db,
      [...told.keys()].flatMap((mail) => ids.users.get(mail) ?? []),
    ),
  )
  const changed = [...told].flatMap(([mail, changes]) => {
    const user_id = ids.users.get(mail)
    return user_id === undefined || !active.has(user_id) || mail.startsWith('user:')
      ? []
      : [
          {
            letter: 'access-changed' as const,
            content: { by: '', changes },
            to: mail,
            idempotency_key: `access-changed/${apply_id}/${user_id}`,
          },
        ]
  })
  await queueMails(db, [...invitations, ...changed])
}

/** Who is disabled gets no letters. */
const activeOf = async (db: Db, user_ids: readonly Id[]): Promise<Id[]> =>
  (
    await rows<{ user_id: Id }>(
      db,
      sql`select user_id from users where user_id = any (${user_ids}::bigint[]) and disabled_at is null`,
    )
  ).map(({ user_id }) => user_id)
