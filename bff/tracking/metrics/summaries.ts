import type { Endpoints, Input, Int64 } from '#contract'
import type { Db } from '#kit/sql.ts'
import { rows, sql } from '#kit/sql.ts'
import { spelled } from './points.ts'

type SummaryRow = {
  run_id: string
  key: string
  count: Int64
  nan_count: Int64
  min_value: number | null
  max_value: number | null
  sum_value: number
  last_value: number
  last_step: Int64
  last_timestamp: Int64
  min_step: Int64
  max_step: Int64
  min_timestamp: Int64
  max_timestamp: Int64
}

/** What the series' own rows say; no point is read. Runs in the order asked, their metrics by name. */
export async function summariseSeries(db: Db, { run_ids, keys }: Input<Endpoints['summariseSeries']>) {
  const found = await rows<SummaryRow>(
    db,
    sql`select r.run_id, s.* from runs r join series s using (run_no)
        where r.run_id = any(${run_ids}::text[]) and (${keys.length === 0} or s.key = any(${keys}::text[]))
        order by array_position(${run_ids}::text[], r.run_id), s.key`,
  )
  return {
    series: found.map(({ min_value, max_value, sum_value, last_value, ...row }) => {
      const real = Number(row.count) - Number(row.nan_count)
      return {
        ...row,
        min: spelled(min_value ?? Number.NaN),
        max: spelled(max_value ?? Number.NaN),
        mean: spelled(real === 0 ? Number.NaN : sum_value / real),
        last_value: spelled(last_value),
      }
    }),
  }
}
