import { at } from './learn.ts'

export type RocPoint = { threshold: number; caught: number; false_alarms: number }

/** How a ranking by score finds the positives, from the strictest threshold to the most lenient. */
export function rocCurve(scores: Float64Array, labels: Float64Array): RocPoint[] {
  const order = [...scores.keys()].sort((a, b) => at(scores, b) - at(scores, a))
  const positives = labels.reduce((sum, label) => sum + label, 0)
  const negatives = labels.length - positives
  let caught = 0
  let alarms = 0
  return order.map((row) => {
    if (at(labels, row) === 1) caught++
    else alarms++
    return { threshold: at(scores, row), caught: caught / positives, false_alarms: alarms / negatives }
  })
}

export function areaUnder(curve: RocPoint[]): number {
  let area = 0
  let before = { caught: 0, false_alarms: 0 }
  for (const point of curve) {
    area += ((point.false_alarms - before.false_alarms) * (point.caught + before.caught)) / 2
    before = point
  }
  return area
}

/** With room to look at this share of the cases: how many of the positives are among them, and how many of those looked at are. */
export function atCapacity(scores: Float64Array, labels: Float64Array, share: number) {
  const looked = [...scores.keys()]
    .sort((a, b) => at(scores, b) - at(scores, a))
    .slice(0, Math.round(scores.length * share))
  const found = looked.reduce((sum, row) => sum + at(labels, row), 0)
  return { recall: found / labels.reduce((sum, label) => sum + label, 0), precision: found / looked.length }
}

/** rows: what it is; columns: what the model said. */
export function confusion(predictions: Float64Array[], targets: Float64Array, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0))
  predictions.forEach((output, row) => {
    const line = at(counts, at(targets, row))
    const said = output.indexOf(Math.max(...output))
    line[said] = at(line, said) + 1
  })
  return counts
}

export function classScores(counts: number[][]) {
  return counts.map((line, one) => {
    const right = at(line, one)
    const said = counts.reduce((sum, other) => sum + at(other, one), 0)
    const is = line.reduce((sum, count) => sum + count, 0)
    const precision = said ? right / said : 0
    const recall = is ? right / is : 0
    return { precision, recall, f1: right ? (2 * precision * recall) / (precision + recall) : 0, support: is }
  })
}

export const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
