import { expect, test } from 'vitest'
import type { Found, Operation, Point } from './ledger.ts'
import { judge, nameOf } from './ledger.ts'

const point = (step: number): Point => ({ key: 'loss', value: 0.5, timestamp: 1, step })

const batch = (outcome: Operation['outcome']): Operation => ({
  run_id: 'r',
  kind: 'batch',
  outcome,
  sent: 1,
  points: [point(1), point(2)],
  texts: [{ key: 'depth', value: '6' }],
})

const held = (counts: number[], params: Record<string, string>): Map<string, Found> => {
  const points = new Map(counts.map((count, index) => [nameOf(point(index + 1)), count]))
  return new Map([['r', { points, params: new Map(Object.entries(params)), tags: new Map() }]])
}

test.each([
  {
    why: 'acknowledged and there',
    outcome: 'ok',
    found: held([1, 1], { depth: '6' }),
    lost: 0,
    doubled: 0,
    partial: 0,
  },
  {
    why: 'acknowledged, a point is gone',
    outcome: 'ok',
    found: held([1, 0], { depth: '6' }),
    lost: 1,
    doubled: 0,
    partial: 1,
  },
  {
    why: 'acknowledged, the param is another',
    outcome: 'ok',
    found: held([1, 1], { depth: '7' }),
    lost: 1,
    doubled: 0,
    partial: 1,
  },
  { why: 'acknowledged, the run is gone', outcome: 'ok', found: new Map(), lost: 3, doubled: 0, partial: 0 },
  {
    why: 'acknowledged, a point twice',
    outcome: 'ok',
    found: held([2, 1], { depth: '6' }),
    lost: 0,
    doubled: 1,
    partial: 0,
  },
  { why: 'unknown and not there', outcome: 'unknown', found: held([0, 0], {}), lost: 0, doubled: 0, partial: 0 },
  {
    why: 'unknown and whole',
    outcome: 'unknown',
    found: held([1, 1], { depth: '6' }),
    lost: 0,
    doubled: 0,
    partial: 0,
  },
  { why: 'unknown and in part', outcome: 'unknown', found: held([1, 0], {}), lost: 0, doubled: 0, partial: 1 },
  {
    why: 'refused, but there',
    outcome: 'refused',
    found: held([1, 1], { depth: '6' }),
    lost: 0,
    doubled: 3,
    partial: 0,
  },
] as const)('$why', ({ outcome, found, lost, doubled, partial }) => {
  expect(judge([batch(outcome)], found)).toMatchObject({ lost, doubled, partial })
})
