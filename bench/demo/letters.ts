import { createHash } from 'node:crypto'
import type { Sample } from './learn.ts'
import { at, fill } from './learn.ts'
import { confusionPlot } from './plots.ts'
import { classScores, confusion, mean } from './scores.ts'
import type { Random } from './seeded.ts'
import { seeded } from './seeded.ts'
import type { Study, Trial } from './study.ts'
import { columnSchema, csv, settings } from './study.ts'

/** The desks that a letter can go to, and the words that its letters are fond of. */
const desks: Record<string, string[]> = {
  appeal: 'appeal decision wrong tribunal reconsider refused unfair evidence disagree reasons hearing letter'.split(
    ' ',
  ),
  change: 'moved address new partner baby school birth married separated flat landlord change'.split(' '),
  payment: 'payment bank account missing late money amount week paid short transfer advance'.split(' '),
  medical: 'doctor hospital report consultant treatment pain medication surgery appointment fit note evidence'.split(
    ' ',
  ),
  complaint: 'complaint rude waited phone hours manager apology unacceptable staff service twice office'.split(' '),
  housing: 'rent landlord tenancy eviction arrears council flat deposit heating room notice address'.split(' '),
}
const common =
  'please dear thank you letter claim reference number received would help since about know soon regards'.split(' ')
const names = Object.keys(desks)
const vocabulary = [...new Set([...common, ...Object.values(desks).flat()])].sort()

function letter(random: Random, desk: number): string[] {
  const own = at(Object.values(desks), desk)
  const other = at(Object.values(desks), random.below(names.length))
  return Array.from({ length: 14 + random.below(16) }, () => {
    const dice = random.next()
    return random.pick(dice < 0.28 ? own : dice < 0.45 ? other : common)
  })
}

function post(count: number, seed: number): Sample & { texts: string[] } {
  const random = seeded(seed)
  const targets = fill(count, () => random.below(names.length))
  const letters = [...targets].map((desk) => letter(random, desk))
  const features = letters.map((words) => {
    const counts = new Float64Array(vocabulary.length)
    for (const word of words) counts[vocabulary.indexOf(word)] = at(counts, vocabulary.indexOf(word)) + 1
    return counts.map((times) => Math.log1p(times))
  })
  return { features, targets, texts: letters.map((words) => words.join(' ')) }
}

const train = post(2400, 31)
const valid = post(720, 32)

const sweep = 'vocabulary model sweep'
const sweepTrials: Trial[] = [0.02, 0.05, 0.1].flatMap((learning_rate) =>
  [0, 12].flatMap((hidden_units) =>
    [16, 32].map((batch_size) => ({
      name: `rate ${learning_rate}, ${hidden_units || 'no hidden'} units, batch ${batch_size}`,
      parent: sweep,
      settings: settings({ learning_rate, hidden_units, batch_size, l2: 0.0005 }),
    })),
  ),
)

const trials: Trial[] = [
  { name: 'baseline: bag of words', settings: settings({ learning_rate: 0.05, l2: 0.001 }), keeps: true },
  ...sweepTrials,
  {
    name: 'release 4',
    settings: settings({ learning_rate: 0.05, hidden_units: 16, l2: 0.001, batch_size: 64 }),
    keeps: true,
    tags: {
      candidate: 'true',
      ticket: 'LT-77',
      'mlflow.note.content': 'Goes to the pilot offices (Leeds, Newcastle) if the desk of complaints agrees.',
    },
  },
  {
    name: 'release 4, other seed',
    settings: settings({ learning_rate: 0.05, hidden_units: 16, l2: 0.001, batch_size: 64, seed: 21 }),
  },
  { name: 'short letters only', settings: settings({ hidden_units: 16, l2: 0.003 }), params: { max_words: '18' } },
  { name: 'weak penalty', settings: settings({ hidden_units: 16, l2: 0.00001 }) },
  { name: 'momentum 0.99', settings: settings({ hidden_units: 16, momentum: 0.99 }) },
  { name: 'live relearning', settings: settings({ hidden_units: 16, l2: 0.001 }), end: 'RUNNING' },
]

export const letters: Study = {
  name: 'letter-triage',
  team: 'text-ds',
  note: 'Sends each scanned letter to one of six desks. A letter below 60 % goes to a person, who sorts it as before.',
  entry_point: 'train/triage.py',
  dataset: {
    name: 'letters-sorted-by-hand',
    digest: createHash('md5').update(train.texts.join('\n')).digest('hex').slice(0, 8),
    source_type: 'local',
    source: JSON.stringify({ uri: 'warehouse/letters/sorted-2026Q3.jsonl' }),
    schema: columnSchema(['text', 'desk'], 'string'),
    profile: JSON.stringify({ num_rows: 2400, classes: names }),
  },
  train,
  valid,
  outputs: names.length,
  feature_names: vocabulary,
  params: {
    vocabulary: String(vocabulary.length),
    tokenizer: 'words, lower case',
    weighting: 'log(1 + n)',
    max_words: '30',
  },
  sweeps: [{ name: sweep, note: 'With and without a hidden layer: does a triage of six desks need one?' }],
  trials,
  score: (predictions) => ({
    'valid.macro_f1': mean(classScores(confusion(predictions, valid.targets, names.length)).map((score) => score.f1)),
  }),
  report: (_model, predictions) => {
    const counts = confusion(predictions, valid.targets, names.length)
    const scores = classScores(counts)
    const right = counts.reduce((sum, line, desk) => sum + at(line, desk), 0)
    const sure = predictions.filter((output) => Math.max(...output) >= 0.6).length / predictions.length
    const said = (row: number) => at(predictions, row).indexOf(Math.max(...at(predictions, row)))
    const table = valid.texts
      .slice(0, 40)
      .map((text, row) => [
        text,
        at(names, at(valid.targets, row)),
        at(names, said(row)),
        Math.max(...at(predictions, row)),
      ])
    return {
      metrics: {
        accuracy: right / predictions.length,
        macro_f1: mean(scores.map((score) => score.f1)),
        sorted_without_a_person: sure,
        ...Object.fromEntries(names.map((name, desk) => [`f1/${name}`, at(scores, desk).f1])),
      },
      files: [
        { path: 'plots/confusion.png', content: confusionPlot(counts, names), type: 'image/png' },
        {
          path: 'evaluation/desks.csv',
          content: csv(
            ['desk', 'precision', 'recall', 'f1', 'letters'],
            names.map((name, desk) => [
              name,
              at(scores, desk).precision,
              at(scores, desk).recall,
              at(scores, desk).f1,
              at(scores, desk).support,
            ]),
          ),
          type: 'text/csv',
        },
        {
          path: 'evaluation/predictions.json',
          content: JSON.stringify({ columns: ['text', 'desk', 'said', 'probability'], data: table }),
          type: 'application/json',
        },
      ],
    }
  },
}
