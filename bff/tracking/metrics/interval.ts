import type { Endpoints, Input, Int64 } from '#contract'
import { RawJson } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { named, sql } from '#kit/sql.ts'
import { findSeries } from './history.ts'
import type { PointTexts } from './stored.ts'
import { asTexts, byStep, compareInts, concat, items, pick, printPoints, sorted, storedPoints } from './stored.ts'

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
    const sample = await sampleSeries(db, found.series_id, max_results, start_step, end_step)
    if (sample.steps.length > 0) parts.push(printPoints(sample, metric_key, `,"run_id":${JSON.stringify(run_id)}`))
  }
  return new RawJson(`{"metrics":[${parts.join(',')}]}`)
}

function sampleOf(points: PointTexts, size: number): PointTexts {
  const inOrder = sorted(points, byStep)
  const rows = sampledRows(inOrder.steps.length, size)
  return rows.length === inOrder.steps.length ? inOrder : pick(inOrder, rows)
}

function within(points: PointTexts, from: Int64 | undefined, to: Int64 | undefined): PointTexts {
  const rows = points.steps.flatMap((step, i) => (isWithin(step, from, to) ? [i] : []))
  return rows.length === points.steps.length ? points : pick(points, rows)
}

const isWithin = (step: string, from: Int64 | undefined, to: Int64 | undefined) =>
  (from === undefined || compareInts(step, String(from)) >= 0) &&
  (to === undefined || compareInts(step, String(to)) <= 0)

/** Points that follow one another by steps: a chunk, or `points` that were read already. */
type Part = { count: number; min_step: string; max_step: string; points?: PointTexts }

/**
 * A sample over the points from one step to another. Where chunks follow one another in steps, as they do when a curve was
 * logged in order, their counts say which chunk and which place a row is at: only those elements are read, and the chunks at
 * both ends, which may reach beyond the steps.
 */
async function sampleSeries(db: Db, series_id: Int64, size: number, from?: Int64, to?: Int64): Promise<PointTexts> {
  const chunks = await chunksOf(db, series_id, from, to)
  const tail = within(sorted(await tailOf(db, series_id), byStep), from, to)
  if (chunks.length < 2 || !inSequence(chunks, tail))
    return sampleOf(within(await storedPoints(db, series_id, from, to), from, to), size)
  const parts = [
    ...(await openedAtEnds(db, series_id, chunks, from, to)),
    { ...NOWHERE, count: tail.steps.length, points: tail },
  ]
  const places = placesOf(parts, sampledRows(countOf(parts), size))
  const read = await elements(
    db,
    series_id,
    places.filter(({ part }) => !part.points),
  )
  let next = 0
  return concat(places.map(({ part, index }) => (part.points ? pick(part.points, [index]) : pick(read, [next++]))))
}

const NOWHERE = { min_step: '', max_step: '' }
const countOf = (parts: readonly Part[]) => parts.reduce((sum, { count }) => sum + count, 0)

async function chunksOf(db: Db, series_id: Int64, from?: Int64, to?: Int64): Promise<Part[]> {
  // as three lists: ten thousand rows cost Node more than Postgres
  const [lists = []] = await db.texts(
    named(
      'chunks-of-series',
      sql`
      select array_agg(min_step), array_agg(max_step), array_agg(count) from (
        select min_step, max_step, count from chunks
        where series_id = ${series_id} and max_step >= coalesce(${from ?? null}::bigint, min_step)
          and min_step <= coalesce(${to ?? null}::bigint, max_step)
        order by min_step, max_step) ordered`,
    ),
  )
  const [min_steps = [], max_steps = [], counts = []] = lists.map(items)
  return counts.map((count, i) => ({
    count: Number(count),
    min_step: min_steps[i] ?? '',
    max_step: max_steps[i] ?? '',
  }))
}

const inSequence = (chunks: readonly Part[], tail: PointTexts) =>
  chunks.every((chunk, i) => {
    const next = chunks[i + 1]?.min_step ?? tail.steps[0]
    return next === undefined || compareInts(chunk.max_step, next) < 0
  })

/** Chunks that reach beyond the steps have only the points within them. */
const openedAtEnds = (db: Db, series_id: Int64, chunks: readonly Part[], from?: Int64, to?: Int64): Promise<Part[]> =>
  Promise.all(
    chunks.map(async (chunk) => {
      if (isWithin(chunk.min_step, from, to) && isWithin(chunk.max_step, from, to)) return chunk
      const points = within(await storedChunk(db, series_id, chunk), from, to)
      return { ...chunk, count: points.steps.length, points }
    }),
  )

async function storedChunk(db: Db, series_id: Int64, { min_step, max_step }: Part): Promise<PointTexts> {
  const [chunk] = await db.texts(
    named(
      'chunk-of-series',
      sql`
      select steps, timestamps, vals from chunks
      where series_id = ${series_id} and min_step = ${min_step} and max_step = ${max_step}`,
    ),
  )
  return asTexts(chunk?.[0], chunk?.[1], chunk?.[2])
}

async function tailOf(db: Db, series_id: Int64): Promise<PointTexts> {
  const [tail] = await db.texts(
    named('tail-of-series', sql`select steps, timestamps, vals from points where series_id = ${series_id}`),
  )
  return asTexts(tail?.[0], tail?.[1], tail?.[2])
}

/** `index` counts from 0 within the part. */
type Place = { part: Part; index: number }

/** Where rows of the whole lie: in which part, and at which place in it. */
function placesOf(parts: readonly Part[], wanted: readonly number[]): Place[] {
  const places: Place[] = []
  let n = 0
  let before = 0
  for (const row of wanted) {
    while (n < parts.length && row >= before + (parts[n]?.count ?? 0)) before += parts[n++]?.count ?? 0
    const part = parts[n]
    if (part) places.push({ part, index: row - before })
  }
  return places
}

/**
 * Single elements of chunks, in the order of the places. Where chunks are in sequence their steps name them, and the index has
 * steps before digests. `|| '{}'` makes Postgres unpack each array once, and not once for each element.
 */
async function elements(db: Db, series_id: Int64, places: readonly Place[]): Promise<PointTexts> {
  const chunks = Map.groupBy(places, ({ part }) => part)
  const asked = [...chunks].map(([{ min_step, max_step }, of]) => ({
    min_step,
    max_step,
    indexes: `{${of.map(({ index }) => index + 1).join(',')}}`,
  }))
  const found = await db.texts(
    named(
      'elements-of-chunks',
      sql`
      select c.s[i], c.t[i], c.v[i]
      from (select asked.number, asked.indexes::int[] as indexes,
                   steps || '{}'::bigint[] as s, timestamps || '{}'::bigint[] as t, vals || '{}'::float8[] as v
            from unnest(${asked.map((c) => c.min_step)}::bigint[], ${asked.map((c) => c.max_step)}::bigint[],
                        ${asked.map((c) => c.indexes)}::text[]) with ordinality as asked (min_step, max_step, indexes, number)
            join chunks on series_id = ${series_id} and chunks.min_step = asked.min_step and chunks.max_step = asked.max_step
            offset 0) c
        cross join lateral unnest(c.indexes) i
      order by c.number, i`,
    ),
  )
  return {
    steps: found.map(([step]) => step ?? ''),
    timestamps: found.map(([, timestamp]) => timestamp ?? ''),
    vals: found.map(([, , value]) => value ?? ''),
  }
}
