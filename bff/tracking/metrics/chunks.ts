import type { Int64 } from '#contract'
import type { Db } from '#kit/sql.ts'
import { named, rows, sql } from '#kit/sql.ts'
import type { Point } from './points.ts'
import { byStep, digestOf, literalsOf, summarise } from './points.ts'

export type SeriesPoints = { series_id: Int64; points: readonly Point[] }
type Arrays = { series_id: Int64; steps: Int64[]; timestamps: Int64[]; vals: number[] }

/** A tail with this many points is sealed by the writer that fills it, in its transaction. */
export const SEAL_AT = 128

/** Store chunks. Points are distinct, not stored yet, and in the order of byStep. */
export async function insertChunks(db: Db, chunks: readonly SeriesPoints[]) {
  if (chunks.length === 0) return
  const of = chunks.map(({ series_id, points }) => {
    const literals = literalsOf(points)
    return { series_id, digest: digestOf(literals), ...summarise(points), ...literals }
  })
  await db.query(
    named(
      'insert-chunks',
      sql`
      insert into chunks (series_id, digest, count, nan_count, min_step, max_step, min_timestamp, max_timestamp,
                          min_value, max_value, sum_value, steps, timestamps, vals)
      select series_id, digest, count, nan_count, min_step, max_step, min_timestamp, max_timestamp,
             min_value, max_value, sum_value, steps::bigint[], timestamps::bigint[], vals::float8[]
      from unnest(
        ${of.map((c) => c.series_id)}::bigint[], ${of.map((c) => c.digest)}::uuid[], ${of.map((c) => c.count)}::int[], ${of.map((c) => c.nan_count)}::int[],
        ${of.map((c) => c.min_step)}::bigint[], ${of.map((c) => c.max_step)}::bigint[],
        ${of.map((c) => c.min_timestamp)}::bigint[], ${of.map((c) => c.max_timestamp)}::bigint[],
        ${of.map((c) => c.min_value)}::float8[], ${of.map((c) => c.max_value)}::float8[], ${of.map((c) => c.sum_value)}::float8[],
        ${of.map((c) => c.steps)}::text[], ${of.map((c) => c.timestamps)}::text[], ${of.map((c) => c.vals)}::text[])
        as new (series_id, digest, count, nan_count, min_step, max_step, min_timestamp, max_timestamp,
                min_value, max_value, sum_value, steps, timestamps, vals)`,
    ),
  )
}

/** Append points to the tails of their series; answers the tails that are full now. */
export async function appendToTails(db: Db, additions: readonly SeriesPoints[]): Promise<SeriesPoints[]> {
  if (additions.length === 0) return []
  const of = additions.map(({ series_id, points }) => ({ series_id, ...literalsOf(points) }))
  const tails = await rows<Arrays>(
    db,
    named(
      'append-to-tails',
      sql`
      with tails as (
        insert into points (series_id, steps, timestamps, vals)
        select series_id, steps::bigint[], timestamps::bigint[], vals::float8[]
        from unnest(${of.map((a) => a.series_id)}::bigint[], ${of.map((a) => a.steps)}::text[], ${of.map((a) => a.timestamps)}::text[],
                    ${of.map((a) => a.vals)}::text[]) as new (series_id, steps, timestamps, vals)
        on conflict (series_id) do update set steps = points.steps || excluded.steps,
          timestamps = points.timestamps || excluded.timestamps, vals = points.vals || excluded.vals
        returning *)
      select * from tails where cardinality(steps) >= ${SEAL_AT}`,
    ),
  )
  return tails.map(pointsOf)
}

const pointsOf = ({ series_id, steps, timestamps, vals }: Arrays): SeriesPoints => ({
  series_id,
  points: steps.map((step, i) => ({ step, timestamp: timestamps[i] ?? 0, value: vals[i] ?? Number.NaN })),
})

/** Turn these tails into chunks and empty them. Their series are locked by the caller. */
export async function sealFull(db: Db, tails: readonly SeriesPoints[]) {
  const full = tails.filter(({ points }) => points.length > 0)
  if (full.length === 0) return
  await insertChunks(
    db,
    full.map(({ series_id, points }) => ({ series_id, points: points.toSorted(byStep) })),
  )
  await db.query(
    named(
      'empty-tails',
      sql`
      update points set steps = '{}', timestamps = '{}', vals = '{}' where series_id = any(${full.map((t) => t.series_id)}::bigint[])`,
    ),
  )
}

/** Seal all tails of a run that has ended, and settle its series. A later point starts a new tail. */
export async function sealRun(db: Db, run_no: Int64) {
  await rows(
    db,
    named('lock-series-of-run', sql`select from series where run_no = ${run_no} order by series_id for update`),
  )
  const tails = await rows<Arrays>(
    db,
    named(
      'tails-of-run',
      sql`
      select p.* from series s join points p using (series_id) where s.run_no = ${run_no} and cardinality(p.steps) > 0`,
    ),
  )
  await sealFull(db, tails.map(pointsOf))
  await db.query(
    named(
      'drop-tails-of-run',
      sql`delete from points p using series s where s.run_no = ${run_no} and p.series_id = s.series_id`,
    ),
  )
  await db.query(
    named(
      'settle-run',
      sql`update series set settled_value = last_value where run_no = ${run_no} and settled_value is null`,
    ),
  )
}
