import type { AuthEndpoints, Input, Output } from '#contract'
import type { Db } from '#kit/sql.ts'
import { raw, row, rows, sql } from '#kit/sql.ts'
import { renewLink } from '../links/links.ts'
import type { Letter } from './letters.ts'

export type NewMail = Letter & {
  /** The same mail is never queued twice: name it after its reason, such as `invite/<link_id>`. */
  idempotency_key: string
  to: string
  /** The link that the letter is about; its secret is made when the mail is sent. */
  link_id?: number
}

/** Writes a mail down to be sent, in the transaction that is the reason for it. Says whether it was new. */
export const queueMail = async (db: Db, mail: NewMail): Promise<boolean> => (await queueMails(db, [mail])) > 0

/** The same for many, in one statement. Says how many were new. */
export async function queueMails(db: Db, mails: readonly NewMail[]): Promise<number> {
  const { rowCount } = await db.query(
    sql`insert into mails (idempotency_key, to_address, letter, content, link_id)
        select key, to_address, letter, content::jsonb, link_id
        from unnest(${mails.map(({ idempotency_key }) => idempotency_key)}::text[], ${mails.map(({ to }) => to)}::text[],
                    ${mails.map(({ letter }) => letter)}::text[], ${mails.map(({ content }) => JSON.stringify(content))}::text[],
                    ${mails.map(({ link_id }) => link_id ?? null)}::bigint[])
          as mail (key, to_address, letter, content, link_id)
        on conflict (idempotency_key) do nothing`,
  )
  return rowCount
}

/** A mail that this process tries to send. Another one may take it from `leaseMinutes` on, and `attempts` then counts on. */
export type Claimed = Letter & {
  mail_id: number
  attempts: number
  message_id: string
  to_address: string
  link_id: number | null
  link: { secret: string; hours: number } | undefined
}

const LEASE = sql`interval '5 minutes'`
const waits = sql`sent_at is null and failed_at is null and handed_at is null`

/** Takes the mail that is due longest, with a fresh secret for its link. In a transaction. */
export async function claimMail(db: Db): Promise<Claimed | 'overtaken' | undefined> {
  const mail = await row<Omit<Claimed, 'link'>>(
    db,
    sql`update mails set attempts = attempts + 1, next_attempt_at = now() + ${LEASE}
        where mail_id = (select mail_id from mails where ${waits} and next_attempt_at <= now()
                         order by next_attempt_at limit 1 for update skip locked)
        returning mail_id, attempts, message_id, to_address, letter, content, link_id`,
  )
  if (!mail) return undefined
  if (mail.link_id === null) return { ...mail, link: undefined } as Claimed
  const secret = await renewLink(db, mail.link_id)
  if (secret === undefined) {
    await giveUp(db, mail, 'Its link was used or replaced by a newer one, or has expired')
    return 'overtaken'
  }
  const link = await row<{ hours: number }>(db, sql`select hours from links where link_id = ${mail.link_id}`)
  return { ...mail, link: { secret, hours: link!.hours } } as Claimed
}

type Attempt = Pick<Claimed, 'mail_id' | 'attempts'>

const ours = ({ mail_id, attempts }: Attempt) =>
  sql`mail_id = ${mail_id} and attempts = ${attempts} and sent_at is null and failed_at is null`

/** Written before the first byte of a mail goes out. Says false where another process has taken the mail over. */
export async function markHanded(db: Db, attempt: Attempt): Promise<boolean> {
  const handed = await row<{ mail_id: number }>(
    db,
    sql`update mails set handed_at = now() where ${ours(attempt)} and handed_at is null returning mail_id`,
  )
  return handed !== undefined
}

export const markSent = (db: Db, attempt: Attempt) =>
  rows(db, sql`update mails set sent_at = now(), last_error = null where ${ours(attempt)}`)

export const giveUp = (db: Db, attempt: Attempt, why: string) =>
  rows(db, sql`update mails set failed_at = now(), last_error = ${why} where ${ours(attempt)}`)

export const tryLater = (db: Db, attempt: Attempt, seconds: number, why: string) =>
  rows(
    db,
    sql`update mails set handed_at = null, next_attempt_at = now() + make_interval(secs => ${seconds}), last_error = ${why}
        where ${ours(attempt)}`,
  )

export const NOT_KNOWN =
  'The mail server was being handed this mail when the connection or this server broke off: it may have sent it, so it is not sent again'

/** Ends what nobody will finish, and forgets what was sent long ago. */
export async function tidyOutbox(db: Db): Promise<void> {
  await rows(
    db,
    sql`update mails set failed_at = now(), last_error = ${NOT_KNOWN}
        where handed_at < now() - interval '15 minutes' and sent_at is null and failed_at is null`,
  )
  await rows(
    db,
    sql`update mails set failed_at = now(), last_error = coalesce(last_error, 'It waited for a week')
        where ${waits} and created_at < now() - interval '7 days'`,
  )
  await rows(db, sql`delete from mails where coalesce(sent_at, failed_at) < now() - interval '90 days'`)
}

type Mail = Output<AuthEndpoints['listMails']>['mails'][number]
type State = Input<AuthEndpoints['listMails']>['state']

const inState = {
  waiting: sql`sent_at is null and failed_at is null`,
  sent: sql`sent_at is not null`,
  failed: sql`failed_at is not null`,
} as const satisfies Record<State, unknown>

/** Mails as administrators see them, the newest first. */
export async function listMails(db: Db, state: State, limit: number): Promise<Mail[]> {
  const [text] = await db.texts(
    sql`select coalesce(json_agg(json_strip_nulls(json_build_object(
          'mail_id', mail_id, 'to', to_address, 'letter', letter, 'attempts', attempts, 'last_error', last_error,
          'created_at', ${millis('created_at')}, 'sent_at', ${millis('sent_at')}, 'failed_at', ${millis('failed_at')},
          'next_attempt_at', case when ${inState.waiting} then ${millis('next_attempt_at')} end
        )) order by mail_id desc), '[]')::text
        from (select * from mails where ${inState[state]} order by mail_id desc limit ${limit}) m`,
  )
  return JSON.parse(text?.[0] ?? '[]') as Mail[]
}

const millis = (column: string) => raw(`(extract(epoch from ${column}) * 1000)::bigint`)
