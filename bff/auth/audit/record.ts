import type { Db } from '#kit/sql.ts'
import { sql } from '#kit/sql.ts'

/** One thing that was done, for those who ask later by whom. Never a secret, in none of its fields. */
export type AuditEntry = {
  /** a username; empty for the server itself */
  actor: string
  /** what it was done to, and what: `user.create`, `grant.give`, `session.start` */
  action: `${string}.${string}`
  object_type: string
  object_id: string
  /** before and after, for instance */
  details?: Readonly<Record<string, unknown>>
}

/**
 * Records what this transaction does, in their order. It is numbered and chained when the transaction commits
 * (0007_identity.sql), so it may be called at any point of it; where it rolls back, nothing was recorded.
 */
export async function recordAudit(db: Db, ...entries: readonly AuditEntry[]): Promise<void> {
  const column = (value: (entry: AuditEntry) => string) => entries.map(value)
  await db.query(sql`
    insert into audit_waiting (actor, action, object_type, object_id, details)
    select actor, action, object_type, object_id, details
    from unnest(
      ${column(({ actor }) => storable(actor))}::text[],
      ${column(({ action }) => action)}::text[],
      ${column(({ object_type }) => object_type)}::text[],
      ${column(({ object_id }) => storable(object_id))}::text[],
      ${column(({ details = {} }) => JSON.stringify(details))}::json[]
    ) with ordinality as given (actor, action, object_type, object_id, details, place)
    order by place`)
}

/** What somebody tried to be called may be anything; a record of it should not fail, nor be long. */
const storable = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd').slice(0, 1000).toWellFormed()
