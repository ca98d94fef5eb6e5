import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Call, Endpoints, Int64 } from '#contract'
import {
  bucketSeries,
  createRun,
  getMetricHistory,
  getMetricHistoryBulkInterval,
  getRun,
  logBatch,
  logMetric,
  summariseSeries,
  updateRun,
} from '#contract'
import { call } from '../../../web/lib/client.ts'
import { testServer } from '../../test/server.ts'

const server = testServer()

// A model that anyone can check by eye: a set of points, sorted when asked. It shares nothing with the program.
type Point = { step: bigint; timestamp: bigint; value: number }
const id = ({ step, timestamp, value }: Point) => `${step}/${timestamp}/${value}`
const order = (a: bigint | number, b: bigint | number) => (a < b ? -1 : a > b ? 1 : 0)
/** Postgres' order of doubles: NaN last */
const valueOrder = (a: number, b: number) => Number(Number.isNaN(a)) - Number(Number.isNaN(b)) || order(a, b)
const byTime = (a: Point, b: Point) =>
  order(a.timestamp, b.timestamp) || order(a.step, b.step) || valueOrder(a.value, b.value)
const byStep = (a: Point, b: Point) =>
  order(a.step, b.step) || order(a.timestamp, b.timestamp) || valueOrder(a.value, b.value)

class Model {
  readonly points = new Map<string, Point>()
  log(points: readonly Point[]) {
    for (const point of points) this.points.set(id(point), point)
  }
  get all() {
    return [...this.points.values()]
  }
  /** MLflow: largest step, timestamp, value, where NaN counts as 0 and gives way to a real 0 */
  get latest() {
    const rank = ({ value }: Point) => (Number.isNaN(value) ? 0 : value)
    return this.all
      .sort(
        (a, b) =>
          order(a.step, b.step) ||
          order(a.timestamp, b.timestamp) ||
          order(rank(a), rank(b)) ||
          valueOrder(b.value, a.value),
      )
      .at(-1)
  }
  /** NTILE: first row of each of n buckets, the last row instead of the last first */
  sample(n: number) {
    const rows = this.all.sort(byStep)
    if (rows.length <= n) return rows
    const buckets = Array.from({ length: n }, (): Point[] => [])
    const [small, extra] = [Math.floor(rows.length / n), rows.length % n]
    let at = 0
    for (const [i, bucket] of buckets.entries())
      for (let k = 0; k < small + (i < extra ? 1 : 0); k++) bucket.push(rows[at++] as Point)
    return buckets.map((bucket, i) => (i === n - 1 ? rows.at(-1) : bucket[0]))
  }
}

const DOUBLE_MAX = 1.7976931348623157e308
/** as MLflow's routes print an infinity */
const clamped = (value: number) =>
  Number.isFinite(value) || Number.isNaN(value) ? value : Math.sign(value) * DOUBLE_MAX
const asWire = (value: number) => (Number.isFinite(value) ? value : (String(value) as 'NaN'))
const shown = (points: readonly (Point | undefined)[]) =>
  points.map(
    (point) => point && { step: String(point.step), timestamp: String(point.timestamp), value: clamped(point.value) },
  )
const answered = (points: readonly { step: Int64; timestamp: Int64; value: number }[]) =>
  points.map(({ step, timestamp, value }) => ({ step: String(step), timestamp: String(timestamp), value }))

const far = fc.constantFrom(2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -(2n ** 53n) - 1n)
const near = (least: bigint, most: bigint) => fc.bigInt({ min: least, max: most })
const aValue = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -4, max: 4 }) },
  {
    weight: 3,
    arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
  },
  { weight: 2, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324) },
)
const aPoint: fc.Arbitrary<Point> = fc.record({
  step: fc.oneof({ weight: 30, arbitrary: near(-3n, 40n) }, { weight: 1, arbitrary: far }),
  timestamp: fc.oneof(
    { weight: 30, arbitrary: near(0n, 8n) },
    { weight: 1, arbitrary: fc.constantFrom(2n ** 63n - 1n, 2n ** 53n + 3n) },
  ),
  value: aValue,
})
/** a stretch of a curve, logged in order: long enough to be sealed at once, or to fill a tail */
const aCurve = fc
  .record({
    from: fc.integer({ min: 0, max: 300 }),
    length: fc.integer({ min: 20, max: 180 }),
    time: fc.integer({ min: 0, max: 50 }),
  })
  .map(({ from, length, time }) =>
    Array.from(
      { length },
      (_, i): Point => ({ step: BigInt(from + i), timestamp: BigInt(time + i), value: (from + i) / 7 }),
    ),
  )

type Action =
  | { log: Point[] }
  | { single: Point }
  | { on: number }
  | { again: number }
  | { seal: true }
  | { read: number }
const anAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.array(aPoint, { minLength: 1, maxLength: 40 }).map((log) => ({ log })) },
  { weight: 4, arbitrary: aCurve.map((log) => ({ log })) },
  { weight: 6, arbitrary: aPoint.map((single) => ({ single })) },
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 30 }).map((on) => ({ on })) },
  { weight: 4, arbitrary: fc.nat(50).map((again) => ({ again })) },
  { weight: 2, arbitrary: fc.constant({ seal: true } as const) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 60 }).map((read) => ({ read })) },
)

const INT64_MAX = 2n ** 63n - 1n
/** Points after the last one: every third at the same step as the one before, only later. */
function goesOn(points: readonly Point[], count: number): Point[] {
  const most = (of: (point: Point) => bigint) => points.map(of).reduce((a, b) => (order(a, b) > 0 ? a : b), 0n)
  const [step, timestamp] = [most((point) => point.step), most((point) => point.timestamp)]
  return Array.from({ length: count }, (_, i) => ({
    step: step + BigInt(i - Math.floor(i / 3)),
    timestamp: timestamp + BigInt(i + 1),
    value: i % 7 === 6 ? Number.NaN : i / 3,
  })).filter((point) => point.step <= INT64_MAX && point.timestamp <= INT64_MAX)
}

const asMetric = ({ step, timestamp, value }: Point) => ({ key: 'm', step, timestamp, value: asWire(value) })
type Batch = Call<Endpoints['logBatch']>

async function check(run_id: string, model: Model, size: number) {
  const { metrics } = await call(getMetricHistory, { run_id, metric_key: 'm' }, server)
  expect(answered(metrics)).toEqual(shown(model.all.sort(byTime)))
  const { run } = await call(getRun, { run_id }, server)
  expect(answered(run.data.metrics)).toEqual(shown(model.latest ? [model.latest] : []))
  const sample = await call(
    getMetricHistoryBulkInterval,
    { run_ids: [run_id], metric_key: 'm', max_results: size },
    server,
  )
  expect(answered(sample.metrics)).toEqual(shown(model.sample(size)))
  await checkSummaries(run_id, model, size)
}

async function checkSummaries(run_id: string, model: Model, buckets: number) {
  const { series } = await call(summariseSeries, { run_ids: [run_id], keys: [] }, server)
  const real = model.all.filter(({ value }) => !Number.isNaN(value)).map(({ value }) => value)
  const nan_count = model.points.size - real.length
  const least = real.length === 0 ? Number.NaN : Math.min(...real)
  const most = real.length === 0 ? Number.NaN : Math.max(...real)
  expect(series).toMatchObject(
    model.points.size === 0 ? [] : [{ count: model.points.size, nan_count, min: least, max: most }],
  )
  const { series: curves } = await call(bucketSeries, { run_ids: [run_id], keys: ['m'], buckets }, server)
  const curve = curves[0]
  if (!curve) return expect(model.points.size).toBe(0)
  expect({ count: curve.count, nan_count: curve.nan_count }).toEqual({ count: model.points.size, nan_count })
  const inside = (i: number) =>
    model.all.filter(({ step }) => step >= BigInt(curve.from[i] ?? 0) && step <= BigInt(curve.to[i] ?? 0))
  for (const [i, count] of curve.counts.entries()) {
    const values = inside(i)
      .map(({ value }) => value)
      .filter((value) => !Number.isNaN(value))
    expect(count).toBe(inside(i).length)
    if (values.length > 0) expect([curve.min[i], curve.max[i]]).toEqual([Math.min(...values), Math.max(...values)])
  }
}

test('whatever is logged, repeated, sealed and read in whatever order, a point counts once and every reader agrees', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anAction, { minLength: 1, maxLength: 14 }), async (actions) => {
      const { run } = await call(createRun, {}, server)
      const run_id = run.info.run_id
      const model = new Model()
      const sent: Batch[] = []
      for (const action of actions) {
        if ('log' in action) {
          const batch = { run_id, metrics: action.log.map(asMetric) }
          sent.push(batch)
          model.log(action.log)
          await call(logBatch, batch, server)
        } else if ('single' in action) {
          model.log([action.single])
          await call(logMetric, { run_id, ...asMetric(action.single) }, server)
        } else if ('on' in action) {
          // a training that goes on, as far as int64 does; its client does not wait for answers
          const next = goesOn(model.all, action.on)
          model.log(next)
          await Promise.all(next.map((point) => call(logMetric, { run_id, ...asMetric(point) }, server)))
        } else if ('again' in action) {
          // a client that never got its answer sends the batch again, alone or beside itself
          const batch = sent[action.again % (sent.length || 1)]
          if (batch) await Promise.all([call(logBatch, batch, server), call(logBatch, batch, server)])
        } else if ('seal' in action) await call(updateRun, { run_id, status: 'FINISHED' }, server)
        else await check(run_id, model, action.read)
      }
      await check(run_id, model, 9)
    }),
    { numRuns: 40 },
  )
})
