import { beforeAll, describe, expect, test } from 'vitest'
import type { BucketedSeries } from '#contract'
import { bucketSeries, createRun, logBatch } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { testServer } from '../../test/server.ts'

const server = testServer()

/** Twenty thousand points that are logged in order, a chunk of a thousand at a time. */
const COUNT = 20_000
const valueAt = (step: number) => Math.sin(step * step)
let inOrder: string
let outOfOrder: string

beforeAll(async () => {
  const newRun = async () => (await call(createRun, {}, server)).run.info.run_id
  inOrder = await newRun()
  outOfOrder = await newRun()
  for (let first = 0; first < COUNT; first += 1000) {
    const points = Array.from({ length: 1000 }, (_, i) => first + i)
    const metrics = points.map((step) => ({ key: 'm', value: valueAt(step), timestamp: 1e9 + 2 * step, step }))
    await call(logBatch, { run_id: inOrder, metrics }, server)
    // steps without two that lie about the edge of a bucket, which come last
    await call(logBatch, { run_id: outOfOrder, metrics: metrics.filter(({ step }) => !LATE.includes(step)) }, server)
  }
  const late = LATE.map((step) => ({ key: 'm', value: 5, timestamp: 1, step }))
  await call(logBatch, { run_id: outOfOrder, metrics: late }, server)
}, 60_000)

const BUCKETS = 3
const WIDTH = Math.ceil(COUNT / BUCKETS)
const LATE = [WIDTH - 10, WIDTH + 10]

const asked = async (run_id: string, more: { x?: 'step' | 'timestamp'; start?: string; end?: string } = {}) => {
  const { series } = await call(
    bucketSeries,
    { run_ids: [run_id], keys: ['m'], buckets: String(BUCKETS), ...more },
    server,
  )
  return series[0] as BucketedSeries
}

function expectExact(
  { from, to, counts, min, max, mean }: BucketedSeries,
  of: (step: number) => number = (step) => step,
) {
  const all = Array.from({ length: COUNT }, (_, step) => step)
  for (const [i, count] of counts.entries()) {
    const values = all.filter((step) => of(step) >= Number(from[i]) && of(step) <= Number(to[i])).map(valueAt)
    expect([count, min[i], max[i]]).toEqual([values.length, Math.min(...values), Math.max(...values)])
    expect(mean[i]).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 9)
  }
}

describe('where chunks are short against the buckets', () => {
  test('they are not taken apart; what a bucket says of its range is exact, and the range is off by a quarter at most', async () => {
    const curve = await asked(inOrder)
    expect(curve.counts).toEqual([7000, 6000, 7000])
    expect(curve.count).toBe(COUNT)
    expect(curve.from).toEqual([0, 7000, 13_000])
    for (const [i, from] of curve.from.entries()) expect(Math.abs(Number(from) - i * WIDTH)).toBeLessThan(WIDTH / 4)
    expectExact(curve)
    const byTime = await asked(inOrder, { x: 'timestamp' })
    expect(byTime.counts).toEqual(curve.counts)
    expectExact(byTime, (step) => 1e9 + 2 * step)
  })

  test('the range that is asked for is kept to the point', async () => {
    const curve = await asked(inOrder, { start: '1500', end: '18499' })
    expect([curve.from[0], curve.to.at(-1), curve.count]).toEqual([1500, 18_499, 17_000])
    expectExact(curve)
  })

  test('points that came late into the range of a chunk go into the buckets that they are in', async () => {
    const curve = await asked(outOfOrder)
    expect(curve.counts).toEqual([WIDTH, 6000 + 1000 - (WIDTH - 6000), 7000])
    expect([curve.to[0], curve.from[1]]).toEqual([WIDTH - 1, WIDTH])
    expect(curve.max.slice(0, 2)).toEqual([5, 5])
  })
})

test('where chunks are long, each point is in the bucket that it is in', async () => {
  const { series } = await call(bucketSeries, { run_ids: [inOrder], keys: ['m'], buckets: '77' }, server)
  const width = Math.ceil(COUNT / 77)
  for (const [i, from] of (series[0]?.from ?? []).entries()) expect(from).toBe(i * width)
  expectExact(series[0] as BucketedSeries)
})
