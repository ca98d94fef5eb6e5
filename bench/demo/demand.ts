import { createHash } from 'node:crypto'
import type { Sample } from './learn.ts'
import { at, fill } from './learn.ts'
import { forecastPlot } from './plots.ts'
import { mean } from './scores.ts'
import { seeded } from './seeded.ts'
import type { Study, Trial } from './study.ts'
import { columnSchema, csv, settings } from './study.ts'

const offices = ['Leeds', 'Newcastle', 'Bristol', 'Cardiff', 'Glasgow', 'Norwich', 'Plymouth', 'Belfast']
const names = [
  'last_week',
  'week_before',
  'same_week_last_year',
  'trend',
  'sin_year',
  'cos_year',
  'sin_half_year',
  'cos_half_year',
  'short_week',
  'vacancies',
]
const weeks = 312
const held = 26

/** New claims a week in each office over six years: level, growth, season, the short weeks at the end of a year, noise. */
function history(): number[][] {
  const random = seeded(1948)
  return offices.map((_, office) => {
    const level = 260 + office * 45
    return Array.from({ length: weeks }, (_, week) => {
      const year = (2 * Math.PI * week) / 52
      const season = 0.14 * Math.cos(year) + 0.05 * Math.sin(2 * year)
      const short = week % 52 > 49 ? -0.3 : 0
      return Math.round(level * (1 + week * 0.0006 + season + short + random.normal() * 0.05))
    })
  })
}

const claims = history()
const scale = 400

function row(office: number, week: number): Float64Array {
  const line = at(claims, office)
  const year = (2 * Math.PI * week) / 52
  const before = (lag: number) => (at(line, week - lag) - scale) / scale
  return Float64Array.from([
    before(1),
    before(2),
    before(52),
    week / weeks,
    Math.sin(year),
    Math.cos(year),
    Math.sin(2 * year),
    Math.cos(2 * year),
    week % 52 > 49 ? 1 : 0,
    Math.sin(week / 40 + office),
  ])
}

function window(from: number, to: number): Sample {
  const places = offices.flatMap((_, office) =>
    Array.from({ length: to - from }, (_, index) => ({ office, week: from + index })),
  )
  return {
    features: places.map(({ office, week }) => row(office, week)),
    targets: fill(
      places.length,
      (index) => (at(at(claims, at(places, index).office), at(places, index).week) - scale) / scale,
    ),
  }
}

const train = window(52, weeks - held)
const valid = window(weeks - held, weeks)
const amount = (scaled: number) => scaled * scale + scale
const actual = [...valid.targets].map(amount)

const sweep = 'penalty and rate'
const sweepTrials: Trial[] = [0.003, 0.01, 0.03].flatMap((learning_rate) =>
  [0.0001, 0.001, 0.01].map((l2) => ({
    name: `rate ${learning_rate}, l2 ${l2}`,
    parent: sweep,
    settings: settings({ learning_rate, l2 }),
  })),
)

const trials: Trial[] = [
  { name: 'baseline: linear, 10 features', settings: settings({ learning_rate: 0.02 }), keeps: true },
  ...sweepTrials,
  {
    name: 'network, 12 units',
    settings: settings({ learning_rate: 0.02, hidden_units: 12, batch_size: 64 }),
    keeps: true,
    tags: {
      candidate: 'true',
      ticket: 'PL-310',
      'mlflow.note.content': 'For the staffing plan of the first quarter. Checked against the planners’ own figures.',
    },
  },
  {
    name: 'network, 12 units, other seed',
    settings: settings({ learning_rate: 0.02, hidden_units: 12, batch_size: 64, seed: 3 }),
  },
  { name: 'network, 24 units', settings: settings({ learning_rate: 0.02, hidden_units: 24, batch_size: 64 }) },
  {
    name: 'network, 24 units, batch 16',
    settings: settings({ learning_rate: 0.02, hidden_units: 24, batch_size: 16 }),
  },
  {
    name: 'rate 30: diverges',
    settings: settings({ learning_rate: 30, warmup_steps: 400 }),
    tags: { 'mlflow.note.content': 'Kept as a warning: with this rate the loss leaves the numbers.' },
  },
  {
    name: 'weekly refit',
    settings: settings({ learning_rate: 0.02, hidden_units: 12 }),
    end: 'RUNNING',
    tags: { schedule: 'weekly' },
  },
]

export const demand: Study = {
  name: 'claims-demand-forecast',
  team: 'planning',
  note: 'New claims a week in eight offices, one week ahead; the staffing plan reads it every Monday.',
  entry_point: 'train/demand.py',
  dataset: {
    name: 'weekly-new-claims',
    digest: createHash('md5').update(JSON.stringify(claims)).digest('hex').slice(0, 8),
    source_type: 'local',
    source: JSON.stringify({ uri: 'warehouse/planning/new-claims-weekly.csv' }),
    schema: columnSchema(names, 'double'),
    profile: JSON.stringify({ num_rows: train.features.length, offices }),
  },
  train,
  valid,
  outputs: 1,
  feature_names: names,
  params: { horizon_weeks: '1', held_out_weeks: String(held), offices: String(offices.length) },
  sweeps: [{ name: sweep, note: 'The linear model only.' }],
  trials,
  score: (predictions) => ({
    'valid.mae': mean(predictions.map((output, index) => Math.abs(amount(at(output, 0)) - at(actual, index)))),
  }),
  report: (_model, predictions) => {
    const said = predictions.map((output) => amount(at(output, 0)))
    const errors = said.map((value, index) => value - at(actual, index))
    const office = (index: number) => [index * held, (index + 1) * held] as const
    return {
      metrics: {
        mae: mean(errors.map(Math.abs)),
        mape: mean(errors.map((error, index) => Math.abs(error) / at(actual, index))),
        bias: mean(errors),
        ...Object.fromEntries(
          offices.map((name, index) => [`mae/${name}`, mean(errors.slice(...office(index)).map(Math.abs))]),
        ),
      },
      files: [
        ...offices.slice(0, 3).map((name, index) => ({
          path: `plots/forecast/${name.toLowerCase()}.png`,
          content: forecastPlot(
            `${name}: new claims by week`,
            actual.slice(...office(index)),
            said.slice(...office(index)),
          ),
          type: 'image/png',
        })),
        {
          path: 'evaluation/forecast.csv',
          content: csv(
            ['office', 'week', 'actual', 'forecast'],
            said.map((value, index) => [
              at(offices, Math.floor(index / held)),
              weeks - held + (index % held) + 1,
              at(actual, index),
              value,
            ]),
          ),
          type: 'text/csv',
        },
      ],
    }
  },
}
