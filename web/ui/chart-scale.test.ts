import { expect, test } from 'vitest'
import { logTicksOf, spread, tickFormat, ticksOf, zoomed } from './chart-scale.ts'

test.each([
  { low: 0, high: 1000, ticks: [0, 250, 500, 750, 1000], texts: ['0', '250', '500', '750', '1000'] },
  { low: 0.861, high: 0.941, ticks: [0.88, 0.9, 0.92, 0.94], texts: ['0.88', '0.90', '0.92', '0.94'] },
  { low: 0, high: 100_000, ticks: [0, 25_000, 50_000, 75_000, 100_000], texts: ['0', '25 k', '50 k', '75 k', '100 k'] },
  { low: -1, high: 1, ticks: [-1, -0.5, 0, 0.5, 1], texts: ['−1.0', '−0.5', '0', '0.5', '1.0'] },
])('an axis from $low to $high has round ticks with equal decimals', ({ low, high, ticks, texts }) => {
  expect(ticksOf(low, high)).toEqual(ticks)
  expect(ticks.map(tickFormat(ticks))).toEqual(texts)
})

test('a log axis shows powers of ten', () => {
  expect(logTicksOf(0.01, 10)).toEqual([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10])
})

test('a flat line has room around it, and nothing has no range', () => {
  expect(spread([2, 2, Number.NaN], false)).toEqual({ start: 1.8, end: 2.2 })
  expect(spread([Number.NaN, Infinity], false)).toBeUndefined()
  expect(spread([-1, 0], true)).toBeUndefined()
})

test('zooming out to everything is no zoom', () => {
  const whole = { start: 0, end: 100 }
  expect(zoomed(whole, whole, 0.5)).toEqual({ start: 25, end: 75 })
  expect(zoomed({ start: 25, end: 75 }, whole, 2)).toBeUndefined()
})
