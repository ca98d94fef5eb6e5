import { expect, test } from 'vitest'
import { quantile } from './figures.ts'
import { missesOf, printTable, ratioOf } from './table.ts'

const figure = (median: number) => ({ median, lowest: median, highest: median, errors: 0 })
const rate = { name: 'w', title: 'work', unit: '/s', better: 'more', required: { mlflow: 20 } } as const
const time = { ...rate, unit: 'ms', better: 'less' } as const

test('a ratio says how many times better the first is, whichever way better goes', () => {
  expect(ratioOf(rate, figure(400), figure(20))).toBe(20)
  expect(ratioOf(time, figure(5), figure(100))).toBe(20)
  expect(ratioOf(time, figure(5), { ...figure(100), failed: 'why' })).toBeUndefined()
})

test.each([
  { assay: 400, ratio: '20.0', verdict: 'pass', misses: [] },
  { assay: 390, ratio: '19.5', verdict: '**miss**', misses: ['w (mlflow)'] },
])('$assay a second beside 20 where 20 times is wanted: $verdict', ({ assay, ratio, verdict, misses }) => {
  const columns = [
    { name: 'assay', figures: { w: figure(assay) } },
    { name: 'mlflow', figures: { w: figure(20) } },
    { name: 'fasttrackml', figures: { w: { ...figure(Number.NaN), failed: 'not served' } } },
  ]
  expect(printTable([rate], columns)).toContain(`| ${ratio} × of 20: ${verdict} | – |`)
  expect(missesOf([rate], columns)).toEqual(misses)
})

test('quantiles lie between the values they fall between', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
  expect(quantile([1, 2, 3], 1)).toBe(3)
  expect(quantile([], 0.5)).toBeNaN()
})
