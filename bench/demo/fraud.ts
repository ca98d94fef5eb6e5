import { createHash } from 'node:crypto'
import type { Sample } from './learn.ts'
import { at, fill } from './learn.ts'
import { confusionPlot, rocPlot } from './plots.ts'
import { areaUnder, atCapacity, confusion, rocCurve } from './scores.ts'
import { seeded } from './seeded.ts'
import type { Study, Trial } from './study.ts'
import { columnSchema, csv, settings } from './study.ts'

const names = [
  'weeks_on_benefit',
  'weekly_amount',
  'earlier_overpayments',
  'address_changes_2y',
  'account_shared_with_other_claims',
  'payroll_hours_difference',
  'employer_report_gap_days',
  'late_declarations',
  'household_size',
  'online_channel',
  'documents_missing',
  'partner_income_declared',
  'savings_declared',
  'weeks_since_last_check',
]

/** Claims as a case worker's file would show them, all scaled to about −2…2; roughly one in twelve was overpaid. */
function claims(count: number, seed: number): Sample {
  const random = seeded(seed)
  const features = Array.from({ length: count }, () => fill(names.length, () => random.normal()))
  const targets = Float64Array.from(features, (row) => {
    const work = at(row, 5) * 0.7 + Math.max(0, at(row, 6)) * at(row, 5) * 1.8
    const history = at(row, 2) * 0.7 + at(row, 7) * 0.5 + at(row, 3) * at(row, 4) * 1.4
    const paper = at(row, 10) * 0.4 - at(row, 11) * 0.5 + at(row, 13) * 0.3
    return 1 / (1 + Math.exp(4.9 - work - history - paper)) > random.next() ? 1 : 0
  })
  return { features, targets }
}

const train = claims(3000, 20261102)
const valid = claims(1200, 20261103)
/** Reviewers have time for one claim in twenty. */
const capacity = 0.05
const chance = (predictions: Float64Array[]) => Float64Array.from(predictions, (output) => at(output, 1))

const sweep = 'claim-risk sweep, week 47'
const sweepTrials: Trial[] = [0.01, 0.03, 0.1].flatMap((learning_rate) =>
  [8, 16].flatMap((hidden_units) =>
    [0.0001, 0.003].map((l2) => ({
      name: `rate ${learning_rate}, ${hidden_units} units, l2 ${l2}`,
      parent: sweep,
      settings: settings({ learning_rate, hidden_units, l2 }),
    })),
  ),
)

const trials: Trial[] = [
  {
    name: 'baseline: scorecard',
    settings: settings({ learning_rate: 0.02 }),
    params: { model: 'logistic' },
    keeps: true,
    tags: {
      'mlflow.note.content':
        'The linear scorecard in use since 2024, refitted. Everything else is measured against it.',
    },
  },
  {
    name: 'scorecard, stronger penalty',
    settings: settings({ learning_rate: 0.02, l2: 0.03 }),
    params: { model: 'logistic' },
  },
  { name: 'scorecard, large batches', settings: settings({ batch_size: 128 }), params: { model: 'logistic' } },
  ...sweepTrials,
  {
    name: 'candidate 1',
    settings: settings({ hidden_units: 16, learning_rate: 0.03, l2: 0.001, batch_size: 64 }),
    keeps: true,
    tags: { candidate: 'true', ticket: 'FR-1182' },
  },
  {
    name: 'candidate 2',
    settings: settings({ hidden_units: 24, learning_rate: 0.03, l2: 0.002, batch_size: 64, seed: 11 }),
    keeps: true,
    tags: {
      candidate: 'true',
      ticket: 'FR-1190',
      'mlflow.note.content':
        '## Candidate 2\n\nFinds more overpayments **at the same number of reviews**.\n\n' +
        '- chosen after the sweep of week 47\n- *open*: stability over regions, asked of assurance\n',
    },
  },
  {
    name: 'candidate 2, other seed',
    settings: settings({ hidden_units: 24, learning_rate: 0.03, l2: 0.002, batch_size: 64, seed: 12 }),
  },
  {
    name: 'no warm-up',
    settings: settings({ hidden_units: 24, learning_rate: 0.05, warmup_steps: 0, momentum: 0.95 }),
  },
  {
    name: 'retraining, nightly',
    settings: settings({ hidden_units: 16, learning_rate: 0.03, batch_size: 64 }),
    end: 'RUNNING',
    tags: { schedule: 'nightly' },
  },
  {
    name: 'retraining, queued',
    settings: settings({ hidden_units: 16 }),
    end: 'SCHEDULED',
    tags: { schedule: 'nightly' },
  },
  {
    name: 'wide layer, stopped by hand',
    settings: settings({ hidden_units: 32, learning_rate: 0.003 }),
    end: 'KILLED',
  },
]

export const fraud: Study = {
  name: 'benefits-fraud-risk',
  team: 'fraud-ds',
  note:
    'Which benefit claims a case worker should look at first. **The score orders a queue; it decides nothing.**\n\n' +
    'Nationality, place of birth and address are not among the features, on purpose.',
  entry_point: 'train/claim_risk.py',
  dataset: {
    name: 'claims-2026-10',
    digest: createHash('md5').update(train.targets).digest('hex').slice(0, 8),
    source_type: 'local',
    source: JSON.stringify({ uri: 'warehouse/claims/2026-10.parquet' }),
    schema: columnSchema(names, 'double'),
    profile: JSON.stringify({ num_rows: 3000, num_elements: 3000 * names.length }),
  },
  train,
  valid,
  outputs: 2,
  feature_names: names,
  params: { model: 'network', target: 'overpaid_12m', review_capacity: String(capacity) },
  sweeps: [{ name: sweep, note: 'Learning rate × width × penalty, on the October claims.' }],
  trials,
  score: (predictions) => ({ 'valid.auc': areaUnder(rocCurve(chance(predictions), valid.targets)) }),
  report: (_model, predictions) => {
    const scores = chance(predictions)
    const curve = rocCurve(scores, valid.targets)
    const auc = areaUnder(curve)
    const { recall, precision } = atCapacity(scores, valid.targets, capacity)
    const counts = confusion(predictions, valid.targets, 2)
    const queue = [...scores.keys()].sort((a, b) => at(scores, b) - at(scores, a)).slice(0, 60)
    return {
      metrics: { auc, recall_at_capacity: recall, precision_at_capacity: precision },
      files: [
        { path: 'plots/roc.png', content: rocPlot(curve, auc), type: 'image/png' },
        { path: 'plots/confusion.png', content: confusionPlot(counts, ['in order', 'overpaid']), type: 'image/png' },
        {
          path: 'evaluation/review-queue.csv',
          content: csv(
            ['rank', 'claim', 'score', 'overpaid', ...names],
            queue.map((row, rank) => [
              rank + 1,
              `C-${100_000 + row * 7}`,
              at(scores, row),
              at(valid.targets, row),
              ...at(valid.features, row),
            ]),
          ),
          type: 'text/csv',
        },
      ],
    }
  },
}
