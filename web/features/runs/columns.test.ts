import { expect, test } from 'vitest'
import { columnsOf, sameValues, shownColumns } from './columns.ts'
import type { RunRow } from './runs.ts'

const row = (metrics: Record<string, number>, params: Record<string, string>) =>
  ({
    metrics: new Map(Object.entries(metrics)),
    params: new Map(Object.entries(params)),
    tags: new Map([['mlflow.user', 'a']]),
  }) as unknown as RunRow

const rows = [
  row({ loss: 0.1, auc: 0.9, 'system/cpu': 3 }, { lr: '0.1', seed: '7' }),
  row({ loss: 0.2 }, { lr: '0.2', seed: '7' }),
]
const automatic = { columns: undefined, showEqual: false }

test('columns that differ are shown, and an empty cell is a difference', () => {
  expect(shownColumns(columnsOf(rows), automatic, 2).map(({ id }) => id)).toEqual([
    'metrics.loss',
    'metrics.auc',
    'params.lr',
  ])
})

test('what all runs share is said once', () => {
  expect(sameValues(columnsOf(rows), rows)).toEqual([{ id: 'params.seed', key: 'seed', value: '7' }])
})

test('with equal columns shown the seed is a column too', () => {
  expect(shownColumns(columnsOf(rows), { ...automatic, showEqual: true }, 2).map(({ id }) => id)).toContain(
    'params.seed',
  )
})

test('chosen columns come in the chosen order, also one that no loaded run has', () => {
  const chosen = shownColumns(
    columnsOf(rows),
    { columns: ['params.seed', 'metrics.gone', 'nonsense'], showEqual: false },
    2,
  )
  expect(chosen.map(({ id, filled }) => [id, filled])).toEqual([
    ['params.seed', 2],
    ['metrics.gone', 0],
  ])
})
