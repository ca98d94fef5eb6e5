import type { Endpoints, Input, Int64 } from '#contract'
import { RawJson } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { named, sql } from '#kit/sql.ts'
import { findSeries } from './history.ts'
import type { PointTexts } from './stored.ts'
import { asTexts, byStep, compareInts, concat, pick, printPoints, sorted, storedPoints } from './stored.ts'

/**
 * Which of `count` ordered rows MLflow 3.17 shows: the first of each of `size` equal buckets (NTILE: the first
 * `count mod size` buckets have one more), and the very last row in place of the last of them.
 */
function sampledRows(count: number, size: number): number[] {
  if (count <= size) return Array.from({ length: count }, (_, i) => i)
  const small = Math.floor(count / size)
  const bigger = count % size
  const firsts = Array.from({ length: size }, (_, i) => i * small + Math.min(i, bigger))
  firsts[size - 1] = count - 1
  return firsts
}

export async function getMetricHistoryBulkInterval(db: Db, input: Input<Endpoints['getMetricHistoryBulkInterval']>) {
  const { run_ids, metric_key, start_step, end_step, max_results } = input
  const series = await findSeries(db, run_ids, metric_key)
  const parts: string[] = []
  for (const run_id of new Set(run_ids)) {
    const found = series.get(run_id)
    if (!found) continue
    const sample =
      start_step === undefined || end_step === undefined
        ? await sampleAll(db, found.series_id, max_results)
        : sampleOf(
            within(await storedPoints(db, found.series_id, start_step, end_step), start_step, end_step),
            max_results,
          )
    if (sample.steps.length > 0) parts.push(printPoints(sample, metric_key, `,"run_id":${JSON.stringify(run_id)}`))
  }
  return new RawJson(`{"metrics":[${parts.join(',')}]}`)
}

function sampleOf(points: PointTexts, size: number): PointTexts {
  const inOrder = sorted(points, byStep)
  const rows = sampledRows(inOrder.steps.length, size)
  return rows.length === inOrder.steps.length ? inOrder : pick(inOrder, rows)
}

function within(points: PointTexts, from: Int64, to: Int64): PointTexts {
  const [low, high] = [String(from), String(to)]
  const rows = points.steps.flatMap((step, i) =>
    compareInts(step, low) >= 0 && compareInts(step, high) <= 0 ? [i] : [],
  )
  return rows.length === points.steps.length ? points : pick(points, rows)
}

type Part = { digest: string; count: number; min_step: string; max_step: string }

/**
 * A sample over a whole series. Where chunks follow one another in steps, as they do when a curve was logged in order, the
 * counts say which chunk and which place a row is at, and only those elements are read.
 */
async function sampleAll(db: Db, series_id: Int64, size: number): Promise<PointTexts> {
  const parts = (
    await db.texts(
      named(
        'chunks-of-series',
        sql`select digest, count, min_step, max_step from chunks where series_id = ${series_id} order by min_step, max_step`,
      ),
    )
  ).map(
    ([digest, count, min_step, max_step]): Part => ({
      digest: digest ?? '',
      count: Number(count),
      min_step: min_step ?? '',
      max_step: max_step ?? '',
    }),
  )
  const tail = sorted(await tailOf(db, series_id), byStep)
  if (parts.length < 2 || !inSequence(parts, tail)) return sampleOf(await storedPoints(db, series_id), size)
  const sealed = parts.reduce((sum, { count }) => sum + count, 0)
  const wanted = sampledRows(sealed + tail.steps.length, size)
  const inTail = pick(
    tail,
    wanted.filter((row) => row >= sealed).map((row) => row - sealed),
  )
  return concat([await elements(db, series_id, placesOf(parts, wanted)), inTail])
}

const inSequence = (parts: readonly Part[], tail: PointTexts) =>
  parts.every((part, i) => {
    const next = parts[i + 1]?.min_step ?? tail.steps[0]
    return next === undefined || compareInts(part.max_step, next) < 0
  })

async function tailOf(db: Db, series_id: Int64): Promise<PointTexts> {
  const [tail] = await db.texts(
    named('tail-of-series', sql`select steps, timestamps, vals from points where series_id = ${series_id}`),
  )
  return asTexts(tail?.[0], tail?.[1], tail?.[2])
}

type Place = { digest: string; index: number }

/** Where rows of the whole lie: in which chunk, and at which place in it (from 1, as Postgres counts). Rows after the last chunk are left out. */
function placesOf(parts: readonly Part[], wanted: readonly number[]): Place[] {
  const places: Place[] = []
  let part = 0
  let before = 0
  for (const row of wanted) {
    while (part < parts.length && row >= before + (parts[part]?.count ?? 0)) before += parts[part++]?.count ?? 0
    const chunk = parts[part]
    if (chunk) places.push({ digest: chunk.digest, index: row - before + 1 })
  }
  return places
}

/** Single elements of chunks. `|| '{}'` makes Postgres unpack each array once, and not once for each element. */
async function elements(db: Db, series_id: Int64, places: readonly Place[]): Promise<PointTexts> {
  const found = await db.texts(
    named(
      'elements-of-chunks',
      sql`
      select c.s[place.i], c.t[place.i], c.v[place.i]
      from unnest(${places.map((p) => p.digest)}::uuid[], ${places.map((p) => p.index)}::int[]) with ordinality as place (digest, i, n)
      join (select digest, steps || '{}'::bigint[] as s, timestamps || '{}'::bigint[] as t, vals || '{}'::float8[] as v
            from chunks where series_id = ${series_id} and digest = any(${[...new Set(places.map((p) => p.digest))]}::uuid[]) offset 0) c
        on c.digest = place.digest
      order by place.n`,
    ),
  )
  return {
    steps: found.map(([step]) => step ?? ''),
    timestamps: found.map(([, timestamp]) => timestamp ?? ''),
    vals: found.map(([, , value]) => value ?? ''),
  }
}
