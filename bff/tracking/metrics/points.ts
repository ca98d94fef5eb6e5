import { createHash } from 'node:crypto'
import type { Int64 } from '#contract'

/** One value of a metric. `step` is any int64, `timestamp` is ms since the epoch. */
export type Point = { step: Int64; timestamp: Int64; value: number }

/** What is said of a set of distinct points, of a chunk as of a whole series. NaN is counted and left out of the rest. */
export type Summary = {
  count: number
  nan_count: number
  min_value: number | null
  max_value: number | null
  sum_value: number
  min_step: Int64
  max_step: Int64
  min_timestamp: Int64
  max_timestamp: Int64
}

const compare = <T extends Int64>(a: T, b: T) => (a < b ? -1 : a > b ? 1 : 0)
/** As Postgres orders float8: NaN is equal to itself and above everything. */
const compareValues = (a: number, b: number) =>
  Number.isNaN(a) ? (Number.isNaN(b) ? 0 : 1) : Number.isNaN(b) ? -1 : compare(a, b)

export const byStep = (a: Point, b: Point) =>
  compare(a.step, b.step) || compare(a.timestamp, b.timestamp) || compareValues(a.value, b.value)

/**
 * MLflow's rule for the latest metric: largest step, then timestamp, then value. MLflow keeps NaN as 0 with a mark, so NaN
 * takes part as 0; of 0 and NaN the number is taken, whichever came first.
 */
function isLater(a: Point, b: Point): boolean {
  const order = compare(a.step, b.step) || compare(a.timestamp, b.timestamp) || compare(a.value || 0, b.value || 0)
  return order > 0 || (order === 0 && Number.isNaN(b.value) && !Number.isNaN(a.value))
}

export const latestOf = (points: readonly Point[]): Point =>
  points.reduce((latest, point) => (isLater(point, latest) ? point : latest))

/** The same point twice counts once. Text is the identity: it keeps 64 bits, and NaN equal to itself. */
export const pointId = ({ step, timestamp, value }: Point) => `${step} ${timestamp} ${value}`

export function distinctPoints(points: readonly Point[]): Point[] {
  if (points.length < 2) return [...points]
  return [...new Map(points.map((point) => [pointId(point), point])).values()]
}

export const least = (values: readonly Int64[]) => values.reduce((a, b) => (compare(b, a) < 0 ? b : a))
export const most = (values: readonly Int64[]) => values.reduce((a, b) => (compare(b, a) > 0 ? b : a))

export function summarise(points: readonly Point[]): Summary {
  const numbers = points.map(({ value }) => value).filter((value) => !Number.isNaN(value))
  const steps = points.map(({ step }) => step)
  const times = points.map(({ timestamp }) => timestamp)
  return {
    count: points.length,
    nan_count: points.length - numbers.length,
    min_value: numbers.length === 0 ? null : numbers.reduce((a, b) => Math.min(a, b)),
    max_value: numbers.length === 0 ? null : numbers.reduce((a, b) => Math.max(a, b)),
    sum_value: numbers.reduce((a, b) => a + b, 0),
    min_step: least(steps),
    max_step: most(steps),
    min_timestamp: least(times),
    max_timestamp: most(times),
  }
}

/** What a series' row says of all its points. */
export type SeriesState = Summary & { last_step: Int64; last_timestamp: Int64; last_value: number }

const combine = (a: number | null, b: number | null, pick: (a: number, b: number) => number) =>
  a === null ? b : b === null ? a : pick(a, b)

/** A series with more points, all of them new to it. */
export function withPoints(state: SeriesState, points: readonly Point[]): SeriesState {
  const more = summarise(points)
  const last = latestOf([
    { step: state.last_step, timestamp: state.last_timestamp, value: state.last_value },
    ...points,
  ])
  return {
    count: state.count + more.count,
    nan_count: state.nan_count + more.nan_count,
    min_value: combine(state.min_value, more.min_value, Math.min),
    max_value: combine(state.max_value, more.max_value, Math.max),
    sum_value: state.sum_value + more.sum_value,
    min_step: least([state.min_step, more.min_step]),
    max_step: most([state.max_step, more.max_step]),
    min_timestamp: least([state.min_timestamp, more.min_timestamp]),
    max_timestamp: most([state.max_timestamp, more.max_timestamp]),
    last_step: last.step,
    last_timestamp: last.timestamp,
    last_value: last.value,
  }
}

/** Identifies what a chunk holds. `points` are in the order of byStep. */
export const digestOf = (points: readonly Point[]) =>
  createHash('sha256').update(points.map(pointId).join('\n')).digest('hex').slice(0, 32)

/** JSON has no word for NaN and the infinities; our own routes spell them (MLflow's print ±1.7976931348623157e308). */
export const spelled = (value: number) =>
  Number.isFinite(value) ? value : (String(value) as 'NaN' | 'Infinity' | '-Infinity')
