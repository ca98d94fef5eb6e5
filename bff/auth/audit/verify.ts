import { createHash } from 'node:crypto'
import type { Db } from '#kit/sql.ts'
import { rows, sql } from '#kit/sql.ts'

const BATCH = 2_000

/** As it is hashed: every field is the text that the database gives. */
type Row = {
  seq: number
  at: string
  actor: string
  action: string
  object_type: string
  object_id: string
  details: string
  previous: Buffer
  hash: Buffer
}

export type Finding =
  /** the row is not what was hashed */
  | { finding: 'edited'; seq: number }
  /** rows that are not there: from `seq`, so many */
  | { finding: 'missing'; seq: number; count: number }
  /** the row does not follow the one before it: one of both was replaced */
  | { finding: 'unchained'; seq: number }
  /** no row has the head that was written down: rows after it were cut off, or all were made anew */
  | { finding: 'cut'; head: string }

export type Verified = { count: number; head: string; findings: number }

const NOTHING_YET = Buffer.alloc(32)

/** Reads the whole chain, and compares it with a head that was written down elsewhere, in hex. */
export async function verifyAudit(
  db: Db,
  head: string | undefined,
  found: (finding: Finding) => void,
): Promise<Verified> {
  let last: Pick<Row, 'seq' | 'hash'> = { seq: 0, hash: NOTHING_YET }
  const verified = { count: 0, findings: 0 }
  let isHeadSeen = head === undefined
  const report = (finding: Finding) => {
    verified.findings++
    found(finding)
  }
  for (;;) {
    const batch = await rowsAfter(db, last.seq)
    for (const row of batch) {
      for (const finding of findingsOf(row, last)) report(finding)
      isHeadSeen ||= row.hash.toString('hex') === head
      verified.count++
      last = row
    }
    if (batch.length < BATCH) break
  }
  if (head !== undefined && !isHeadSeen) report({ finding: 'cut', head })
  return { ...verified, head: last.hash.toString('hex') }
}

const rowsAfter = (db: Db, seq: number) =>
  rows<Row>(
    db,
    sql`
    select seq, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, actor, action, object_type, object_id,
      details::text as details, previous, hash
    from audit where seq > ${seq} order by seq limit ${BATCH}`,
  )

function* findingsOf(row: Row, last: Pick<Row, 'seq' | 'hash'>): Generator<Finding> {
  const expected = last.seq + 1
  if (row.seq !== expected) yield { finding: 'missing', seq: expected, count: row.seq - expected }
  else if (!row.previous.equals(last.hash)) yield { finding: 'unchained', seq: row.seq }
  if (!row.hash.equals(hashOf(row))) yield { finding: 'edited', seq: row.seq }
}

const netstring = (field: string) => `${Buffer.byteLength(field)}:${field},`

/** The same as chain_audit() in 0007_identity.sql, which docs/security.md describes for others. */
function hashOf({ seq, at, actor, action, object_type, object_id, details, previous }: Row): Buffer {
  const fields = [String(seq), at, actor, action, object_type, object_id, details]
  return createHash('sha256').update('assay audit 1\n').update(previous).update(fields.map(netstring).join('')).digest()
}
