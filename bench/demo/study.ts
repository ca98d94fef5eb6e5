import type { Model, Sample, Settings } from './learn.ts'

export type File = { path: string; content: string | Buffer<ArrayBuffer>; type: string }

type Dataset = {
  name: string
  digest: string
  source_type: string
  source: string
  schema: string
  profile: string
}

/** One run of a study: what is set, and how it ends. */
export type Trial = {
  name: string
  settings: Settings
  /** The sweep it belongs to. */
  parent?: string
  params?: Record<string, string>
  tags?: Record<string, string>
  /** RUNNING and KILLED stop early; a training that diverges is FAILED by itself; SCHEDULED has not begun. */
  end?: 'FINISHED' | 'RUNNING' | 'KILLED' | 'SCHEDULED'
  /** Logs plots, tables and the model too. */
  keeps?: boolean
}

type Sweep = { name: string; note: string }

export type Study = {
  name: string
  team: string
  note: string
  entry_point: string
  dataset: Dataset
  train: Sample
  valid: Sample
  outputs: number
  feature_names: string[]
  /** What all its runs have in common. */
  params: Record<string, string>
  sweeps: Sweep[]
  trials: Trial[]
  /** What the curve of validation shows beside the loss, from the predictions for `valid`. */
  score(predictions: Float64Array[]): Record<string, number>
  report(model: Model, predictions: Float64Array[]): { metrics: Record<string, number>; files: File[] }
}

export const settings = (over: Partial<Settings>): Settings => ({
  learning_rate: 0.05,
  hidden_units: 0,
  l2: 0.0001,
  batch_size: 32,
  momentum: 0.9,
  warmup_steps: 50,
  seed: 7,
  ...over,
})

export const csv = (header: string[], rows: (string | number)[][]) =>
  `${[header, ...rows].map((row) => row.map((cell) => (typeof cell === 'number' ? String(Number(cell.toPrecision(6))) : cell)).join(',')).join('\n')}\n`

export const columnSchema = (names: string[], type: string) =>
  JSON.stringify({ mlflow_colspec: names.map((name) => ({ type, name, required: true })) })
