import * as z from 'zod'
import { administrator, endpoint } from './endpoint.ts'
import { AnswerInt64, OptionalInt64, pageSize, Text } from './wire.ts'

export const AuditRow = z
  .object({
    /** 1, 2, 3, … without gaps */
    seq: AnswerInt64,
    at: AnswerInt64,
    /** empty for the server itself */
    actor: z.string(),
    /** what it was done to, and what: `grant.give` */
    action: z.string(),
    object_type: z.string(),
    object_id: z.string(),
    details: z.record(z.string(), z.unknown()),
    /** hex; over this row and the hash of the one before */
    hash: z.string(),
  })
  .meta({ id: 'AuditRow' })
export type AuditRow = z.output<typeof AuditRow>

const Filters = z.object({
  actor: Text,
  /** `grant.give`, or `grant.` for all that begin so */
  action: Text,
  object_type: Text,
  object_id: Text,
  since: OptionalInt64,
  /** up to, and without */
  until: OptionalInt64,
})
export type AuditFilters = z.output<typeof Filters>

export const searchAudit = endpoint({
  method: 'GET',
  path: '/api/assay/audit',
  summary: 'What was done, by whom and when; the newest first.',
  permission: administrator,
  input: Filters.extend({ max_results: pageSize(100, 1_000), page_token: Text }),
  output: z.object({ rows: z.array(AuditRow), next_page_token: z.string().optional() }),
})

export const exportAudit = endpoint({
  method: 'GET',
  path: '/api/assay/audit.csv',
  transfer: 'download',
  summary: 'The same as CSV, all of it. What a spreadsheet would take for a formula begins with an apostrophe.',
  permission: administrator,
  input: Filters,
  output: z.unknown(),
})
