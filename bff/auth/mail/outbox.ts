import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import type { Letter } from './letters.ts'

export type NewMail = Letter & {
  /** The same mail is never queued twice: name it after its reason, such as `invite/<link_id>`. */
  idempotency_key: string
  to: string
  /** The link that the letter is about; its secret is made when the mail is sent. */
  link_id?: number
}

/** Writes a mail down to be sent, in the transaction that is the reason for it. Says whether it was new. */
export async function queueMail(db: Db, { idempotency_key, to, letter, content, link_id }: NewMail): Promise<boolean> {
  const queued = await row(
    db,
    sql`insert into mails (idempotency_key, to_address, letter, content, link_id)
        values (${idempotency_key}, ${to}, ${letter}, ${JSON.stringify(content)}::jsonb, ${link_id ?? null})
        on conflict (idempotency_key) do nothing returning mail_id`,
  )
  return queued !== undefined
}
