import type { ArtifactRecord, Endpoints, Input, Int64 } from '#contract'
import type { Db } from '#kit/sql.ts'
import { raw, rows, sql } from '#kit/sql.ts'
import { digestOf, readToken, writeToken } from '../search/token.ts'
import type { RecordsBelow } from './record.ts'
import { areBelow } from './record.ts'

export type AskedRecords = Pick<Input<Endpoints['listRunArtifactRecords']>, 'which' | 'max_results' | 'page_token'>

/** Records by path, and those of one path in the order in which they were made. */
export async function listRecords(db: Db, below: RecordsBelow, asked: AskedRecords, key: Buffer) {
  const { which, max_results, page_token } = asked
  const digest = digestOf('artifact records', below, which)
  const [path = '', no = '0'] = page_token ? readToken(key, digest, page_token) : []
  const found = await rows<ArtifactRecord & { artifact_no: Int64 }>(
    db,
    sql`
    select artifact_no, path, size, sha256, media_type, etag, stored_by, stored_time, ended_time, ended_by from artifacts
    where ${areBelow(below)} and ${raw(which === 'current' ? 'ended_time is null' : 'true')}
      and (path, artifact_no) > (${path}, ${no}::bigint)
    order by path, artifact_no limit ${max_results + 1}`,
  )
  const records = found.slice(0, max_results)
  const last = records.at(-1)
  const more = found.length > max_results && last
  return {
    records: records.map(({ artifact_no: _, ...record }) => record),
    ...(more && { next_page_token: writeToken(key, digest, [last.path, String(last.artifact_no)]) }),
  }
}
