import { expect, test } from 'vitest'
import { createRun, getMetricHistory, logBatch } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { testServer } from '../../test/server.ts'

const server = testServer()

/** A batch of 70 points becomes a chunk, three go to the tail. */
async function logged(...batches: readonly { from: number; count: number }[]) {
  const { run } = await call(createRun, {}, server)
  const { run_id } = run.info
  for (const { from, count } of batches) {
    const metrics = Array.from({ length: count }, (_, n) => {
      const step = from + n
      return { key: 'loss', step, timestamp: 1000 + step, value: step === 75 ? 'NaN' : step / 3 }
    })
    await call(logBatch, { run_id, metrics }, server)
  }
  return run_id
}

const stepsOf = ({ metrics }: { metrics: readonly { step: number | bigint }[] }) => metrics.map(({ step }) => step)

test.each([
  {
    why: 'in order',
    batches: [
      { from: 0, count: 70 },
      { from: 70, count: 70 },
      { from: 140, count: 3 },
    ],
  },
  {
    why: 'the later chunk first',
    batches: [
      { from: 73, count: 70 },
      { from: 3, count: 70 },
      { from: 0, count: 3 },
    ],
  },
  {
    why: 'a tail within a chunk',
    batches: [
      { from: 0, count: 70 },
      { from: 60, count: 73 },
      { from: 133, count: 10 },
    ],
  },
])('a history of several chunks is one sequence, whole and by pages: $why', async ({ batches }) => {
  const run_id = await logged(...batches)
  const whole = await call(getMetricHistory, { run_id, metric_key: 'loss' }, server)
  expect(stepsOf(whole)).toEqual(Array.from({ length: 143 }, (_, n) => n))
  expect(whole.metrics[74]?.value).toBe(74 / 3)
  expect(whole.metrics[75]?.value).toBeNaN()

  const pages: (typeof whole)['metrics'] = []
  let page_token: string | undefined
  do {
    const page = await call(getMetricHistory, { run_id, metric_key: 'loss', max_results: 40, page_token }, server)
    expect(page.metrics.length).toBeLessThanOrEqual(40)
    pages.push(...page.metrics)
    page_token = page.next_page_token
  } while (page_token)
  expect(pages).toEqual(whole.metrics)
})
