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

/** Each point once, in the order of byStep: the same array where they are so already, as they nearly always are. */
export function distinctPoints<P extends Point>(points: readonly P[]): readonly P[] {
  if (isAscending(points)) return points
  return [...new Map(points.map((point) => [pointId(point), point])).values()].sort(byStep)
}

function isAscending(points: readonly Point[]): boolean {
  let before: Point | undefined
  for (const point of points) {
    if (before && byStep(before, point) >= 0) return false
    before = point
  }
  return true
}

const lesser = <T extends Int64>(a: T, b: T) => (b < a ? b : a)
const greater = <T extends Int64>(a: T, b: T) => (b > a ? b : a)
export const least = (values: readonly Int64[]) => values.reduce(lesser)
export const most = (values: readonly Int64[]) => values.reduce(greater)

/** Of at least one point. */
export function summarise(points: readonly Point[]): Summary {
  const [first] = points
  if (!first) throw new Error('there is no summary of nothing')
  const summary = { ...emptySummary, min_step: first.step, max_step: first.step }
  summary.min_timestamp = summary.max_timestamp = first.timestamp
  for (const { step, timestamp, value } of points) {
    summary.min_step = lesser(summary.min_step, step)
    summary.max_step = greater(summary.max_step, step)
    summary.min_timestamp = lesser(summary.min_timestamp, timestamp)
    summary.max_timestamp = greater(summary.max_timestamp, timestamp)
    if (Number.isNaN(value)) summary.nan_count++
    else addValue(summary, value)
  }
  summary.count = points.length
  return summary
}

const emptySummary: Summary = {
  count: 0,
  nan_count: 0,
  min_value: null,
  max_value: null,
  sum_value: 0,
  min_step: 0,
  max_step: 0,
  min_timestamp: 0,
  max_timestamp: 0,
}

function addValue(summary: Summary, value: number) {
  summary.min_value = summary.min_value === null ? value : Math.min(summary.min_value, value)
  summary.max_value = summary.max_value === null ? value : Math.max(summary.max_value, value)
  summary.sum_value += value
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
    min_step: lesser(state.min_step, more.min_step),
    max_step: greater(state.max_step, more.max_step),
    min_timestamp: lesser(state.min_timestamp, more.min_timestamp),
    max_timestamp: greater(state.max_timestamp, more.max_timestamp),
    last_step: last.step,
    last_timestamp: last.timestamp,
    last_value: last.value,
  }
}

/** Points as the literals of three parallel Postgres arrays. */
export type Literals = { steps: string; timestamps: string; vals: string }

/** Arrays of different lengths cannot be one parameter, so each goes as its literal and is cast in the statement. */
export function literalsOf(points: readonly Point[]): Literals {
  let [steps, timestamps, vals] = ['{', '{', '{']
  let comma = ''
  for (const { step, timestamp, value } of points) {
    steps += `${comma}${step}`
    timestamps += `${comma}${timestamp}`
    vals += `${comma}${value}`
    comma = ','
  }
  return { steps: `${steps}}`, timestamps: `${timestamps}}`, vals: `${vals}}` }
}

/** Identifies what a chunk holds, by its points in the order of byStep. */
export const digestOf = ({ steps, timestamps, vals }: Literals) =>
  createHash('sha256').update(steps).update(timestamps).update(vals).digest('hex').slice(0, 32)

/** JSON has no word for NaN and the infinities; our own routes spell them (MLflow's print ±1.7976931348623157e308). */
export const spelled = (value: number) =>
  Number.isFinite(value) ? value : (String(value) as 'NaN' | 'Infinity' | '-Infinity')
