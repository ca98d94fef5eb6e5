import { Readable } from 'node:stream'
import Papa from 'papaparse'
import type { AuditFilters, AuditRow, AuthEndpoints } from '#contract'
import { invalid } from '#contract'
import type { Database } from '#kit/db.ts'
import type { HandlersOf } from '#kit/route.ts'
import { StreamAnswer } from '#kit/route.ts'
import type { Db, Sql } from '#kit/sql.ts'
import { join, rows, sql } from '#kit/sql.ts'

const EXPORT_BATCH = 1_000

export const auditHandlers = ({
  database,
}: {
  database: Database
}): Pick<HandlersOf<AuthEndpoints>, 'searchAudit' | 'exportAudit'> => ({
  async searchAudit({ max_results, page_token, ...filters }) {
    const found = await rowsBefore(database.reads, filters, seqOf(page_token), max_results + 1)
    const page = found.slice(0, max_results)
    const last = page.at(-1)
    return { rows: page, ...(found.length > max_results && last && { next_page_token: String(last.seq) }) }
  },

  exportAudit: async (filters) =>
    new StreamAnswer(
      200,
      {
        'Content-Type': 'text/csv; charset=utf-8; header=present',
        'Content-Disposition': 'attachment; filename="audit.csv"',
        'Cache-Control': 'no-store',
      },
      Readable.from(csv(database.reads, filters)),
    ),
})

/** The page begins below the last row of the one before. */
function seqOf(token: string | undefined): string | undefined {
  if (token !== undefined && !/^[1-9]\d{0,17}$/.test(token))
    throw invalid('Invalid page_token: pass the next_page_token of the page before, unchanged')
  return token
}

const rowsBefore = (db: Db, filters: AuditFilters, seq: string | undefined, limit: number) =>
  rows<AuditRow>(
    db,
    sql`
    select seq, (extract(epoch from at) * 1000)::bigint as at, actor, action, object_type, object_id, details,
      encode(hash, 'hex') as hash
    from audit where ${join(conditions(filters, seq), ' and ')}
    order by seq desc limit ${limit}`,
  )

function conditions({ actor, action, object_type, object_id, since, until }: AuditFilters, seq: string | undefined) {
  const time = (ms: unknown) => sql`to_timestamp(${ms}::float8 / 1000)`
  const all: (Sql | false)[] = [
    sql`true`,
    seq !== undefined && sql`seq < ${seq}::bigint`,
    actor !== undefined && sql`actor = ${actor}`,
    action !== undefined && (action.endsWith('.') ? sql`starts_with(action, ${action})` : sql`action = ${action}`),
    object_type !== undefined && sql`object_type = ${object_type}`,
    object_id !== undefined && sql`object_id = ${object_id}`,
    since !== undefined && sql`at >= ${time(since)}`,
    until !== undefined && sql`at < ${time(until)}`,
  ]
  return all.filter((condition) => condition !== false)
}

const COLUMNS = ['seq', 'at', 'actor', 'action', 'object_type', 'object_id', 'details', 'hash'] as const

/** What is appended meanwhile is above where it began, so nothing comes twice and nothing is left out. */
async function* csv(db: Db, filters: AuditFilters) {
  yield `${COLUMNS.join(',')}\r\n`
  let before: string | undefined
  for (;;) {
    const found = await rowsBefore(db, filters, before, EXPORT_BATCH)
    if (found.length === 0) return
    yield `${printed(found)}\r\n`
    before = String(found.at(-1)?.seq)
  }
}

const printed = (found: readonly AuditRow[]) =>
  Papa.unparse(
    found.map((each) => [
      each.seq,
      new Date(Number(each.at)).toISOString(),
      each.actor,
      each.action,
      each.object_type,
      each.object_id,
      JSON.stringify(each.details),
      each.hash,
    ]),
    // not `true`: its own pattern lets a formula pass that has a second line
    { escapeFormulae: /^[=+\-@\t\r]/ },
  )
