import type { Int64 } from '#contract'
import type { Db } from '#kit/sql.ts'
import { named, sql } from '#kit/sql.ts'

/**
 * Points as Postgres prints them, in parallel lists. They go into answers as they are: no digit is lost, and a hundred
 * thousand numbers are neither parsed nor printed again.
 */
export type PointTexts = { steps: string[]; timestamps: string[]; vals: string[] }

/** The elements of an array of numbers as Postgres prints it. */
export const items = (array: string | null | undefined) =>
  !array || array === '{}' ? [] : array.slice(1, -1).split(',')

export const asTexts = (steps?: string | null, timestamps?: string | null, vals?: string | null): PointTexts => ({
  steps: items(steps),
  timestamps: items(timestamps),
  vals: items(vals),
})

export const concat = (lists: readonly PointTexts[]): PointTexts =>
  lists.length === 1 && lists[0]
    ? lists[0]
    : {
        steps: lists.flatMap(({ steps }) => steps),
        timestamps: lists.flatMap(({ timestamps }) => timestamps),
        vals: lists.flatMap(({ vals }) => vals),
      }

export const pick = ({ steps, timestamps, vals }: PointTexts, indexes: readonly number[]): PointTexts => ({
  steps: indexes.map((i) => steps[i] ?? ''),
  timestamps: indexes.map((i) => timestamps[i] ?? ''),
  vals: indexes.map((i) => vals[i] ?? ''),
})

/** All points of a series, chunk by chunk and then the tail; `from` and `to` leave out chunks that lie outside these steps. */
export async function storedChunks(db: Db, series_id: Int64, from?: Int64, to?: Int64): Promise<PointTexts[]> {
  const found = await db.texts(
    named(
      'points-of-series',
      sql`
      select steps, timestamps, vals from (
        select steps, timestamps, vals, min_timestamp, min_step from chunks
        where series_id = ${series_id} and max_step >= coalesce(${from ?? null}::bigint, min_step) and min_step <= coalesce(${to ?? null}::bigint, max_step)
        union all
        select steps, timestamps, vals, 9223372036854775807, 0 from points where series_id = ${series_id}) stored
      order by min_timestamp, min_step`,
    ),
  )
  return found
    .map(([steps, timestamps, vals]) => asTexts(steps, timestamps, vals))
    .filter(({ steps }) => steps.length > 0)
}

export const storedPoints = async (db: Db, series_id: Int64, from?: Int64, to?: Int64): Promise<PointTexts> =>
  concat(await storedChunks(db, series_id, from, to))

/** Order of two int64 texts, without making numbers of them where both are positive. */
export function compareInts(a: string, b: string): number {
  if (a.startsWith('-') || b.startsWith('-')) {
    const [x, y] = [BigInt(a), BigInt(b)]
    return x < y ? -1 : x > y ? 1 : 0
  }
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
}

/** As Postgres orders float8: NaN above everything. */
function compareValues(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)]
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y))
  return x - y || 0
}

type Order = (points: PointTexts, i: number, j: number) => number
const ordered = (list: string[], i: number, j: number) => compareInts(list[i] ?? '', list[j] ?? '')

export const byTime: Order = ({ steps, timestamps, vals }, i, j) =>
  ordered(timestamps, i, j) || ordered(steps, i, j) || compareValues(vals[i] ?? '', vals[j] ?? '')
export const byStep: Order = ({ steps, timestamps, vals }, i, j) =>
  ordered(steps, i, j) || ordered(timestamps, i, j) || compareValues(vals[i] ?? '', vals[j] ?? '')

/** Sorted; the same object where it was in order already, which it nearly always is. */
export function sorted(points: PointTexts, order: Order): PointTexts {
  if (isSorted(points, order)) return points
  return pick(
    points,
    points.steps.map((_, n) => n).sort((a, b) => order(points, a, b)),
  )
}

function isSorted(points: PointTexts, order: Order): boolean {
  for (let i = 1; i < points.steps.length; i++) if (order(points, i - 1, i) > 0) return false
  return true
}

/**
 * Sorted over all chunks; the same where they were, and followed one another. Long histories are worked on chunk by chunk,
 * since what is done with a thousand strings at a time stays in the processor's cache.
 */
export function sortedChunks(chunks: readonly PointTexts[], order: Order): readonly PointTexts[] {
  const inOrder = chunks.every((chunk, i) => isSorted(chunk, order) && isSorted(seam(chunks[i - 1], chunk), order))
  return inOrder ? chunks : [sorted(concat(chunks), order)]
}

/** The last point of one chunk and the first of the next. */
const seam = (before: PointTexts | undefined, after: PointTexts): PointTexts =>
  concat([...(before ? [pick(before, [before.steps.length - 1])] : []), pick(after, [0])])

/** A value as MLflow's routes print it: NaN as a word, an infinity as the largest double. */
const printed = new Map([
  ['NaN', '"NaN"'],
  ['Infinity', '1.7976931348623157e308'],
  ['-Infinity', '-1.7976931348623157e308'],
])

const isWord = (value: string) => value.endsWith('N') || value.endsWith('y')

/** Points as JSON objects of MLflow's Metric, joined by commas. `extra` is JSON members for all of them. */
export function printPoints(
  { steps, timestamps, vals }: PointTexts,
  key: string,
  extra = '',
  linked?: Map<string, string>,
): string {
  const head = `{"key":${JSON.stringify(key)},"value":`
  const shown = (value: string) => (isWord(value) ? printed.get(value) : value)
  const parts = new Array<string>(steps.length)
  for (let i = 0; i < steps.length; i++) {
    const value = vals[i] ?? ''
    const link = linked?.get(`${steps[i]} ${timestamps[i]} ${value}`) ?? ''
    parts[i] = `${head}${shown(value)},"timestamp":${timestamps[i]},"step":${steps[i]}${extra}${link}}`
  }
  return parts.join(',')
}
