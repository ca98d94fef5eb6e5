import { expect, test } from 'vitest'
import { betterDirection } from './direction.ts'

test.each([
  ['val_loss', 'lower'],
  ['train/loss', 'lower'],
  ['val_auc', 'higher'],
  ['fpr_gap_age', 'lower'],
  ['f1', 'higher'],
  ['recall@1%fpr', 'higher'],
  ['glossary', undefined],
  ['epoch', undefined],
] as const)('%s gets better %s', (metric, direction) => {
  expect(betterDirection(metric)).toBe(direction)
})
