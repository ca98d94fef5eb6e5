import { createHash } from 'node:crypto'
import type { Point } from '../../bff/tracking/index.ts'
import { digestOf, latestOf, literalsOf, summarise } from '../../bff/tracking/index.ts'

export type Size = { runs: number; experiments: number }

const METRICS = 8
const TAGS = 4
/** How many values each param has, over all runs. */
const PARAM_VALUES = [5, 10, 25, 50, 100, 250, 500, 1000, 5000, 50_000]
const FIRST_START = 1.76e12
/** Every so many runs have a long curve under `metric-0`; that of the first run is the longest. */
const LONG_EVERY = 500
const POINTS_A_RUN = 50
const LONGEST_SHARE = 5
/** What a client sends at once, and so what the writer seals as one chunk. */
const BATCH = 1000

const NULL = '\\N'
const line = (...columns: readonly (string | number | null)[]) => `${columns.map((c) => c ?? NULL).join('\t')}\n`

const runId = (run: number) => createHash('md5').update(`run ${run}`).digest('hex')
/** In [0, 1), the same for the same run and metric. */
const value = (run: number, metric: number) => {
  let mixed = Math.imul(run * METRICS + metric + 1, 0x9e3779b1)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
}
const startTime = (run: number) => FIRST_START + run * 1000
const experimentOf = (run: number, { experiments }: Size) => 1 + (run % experiments)
const seriesNo = (run: number, metric: number) => (run - 1) * METRICS + metric + 1

function* each(count: number) {
  for (let n = 1; n <= count; n++) yield n
}

/** The points of a series, a batch at a time; one point where the curve is not long. */
function* batches(run: number, metric: number, { runs }: Size): Generator<Point[]> {
  if (metric !== 0 || run % LONG_EVERY !== 1) {
    yield [{ step: 0, timestamp: startTime(run) + 500, value: value(run, metric) }]
    return
  }
  const all = runs * POINTS_A_RUN
  const longest = Math.floor(all / LONGEST_SHARE)
  const others = Math.max(1, Math.ceil(runs / LONG_EVERY) - 1)
  const length = run === 1 ? longest : Math.floor((all - longest) / others)
  const last = value(run, 0)
  for (let from = 0; from < length; from += BATCH) {
    yield Array.from({ length: Math.min(BATCH, length - from) }, (_, n) => {
      const step = from + n
      const noise = step === length - 1 ? 0 : 2 / (1 + step / 500) + 0.1 * Math.sin(step * 12.9898)
      return { step, timestamp: startTime(run) + step * 250, value: last + noise }
    })
  }
}

function summed(run: number, metric: number, size: Size) {
  const parts = [...batches(run, metric, size)].map((points) => ({ ...summarise(points), last: latestOf(points) }))
  const lasts = parts.map(({ last }) => last)
  const min = (values: number[]) => values.reduce((a, b) => Math.min(a, b))
  const max = (values: number[]) => values.reduce((a, b) => Math.max(a, b))
  return {
    last: latestOf(lasts),
    min_step: min(parts.map((p) => Number(p.min_step))),
    max_step: max(parts.map((p) => Number(p.max_step))),
    min_timestamp: min(parts.map((p) => Number(p.min_timestamp))),
    max_timestamp: max(parts.map((p) => Number(p.max_timestamp))),
    min_value: min(parts.map((p) => p.min_value ?? 0)),
    max_value: max(parts.map((p) => p.max_value ?? 0)),
    sum_value: parts.reduce((sum, p) => sum + p.sum_value, 0),
    count: parts.reduce((sum, p) => sum + p.count, 0),
  }
}

export type Table = { name: string; columns: string; lines(size: Size): Iterable<string> }

/** What so many ended runs are in the database, table by table, as the server itself writes them. */
export const tables: Table[] = [
  {
    name: 'experiments',
    columns: 'experiment_id, name, artifact_location, creation_time, last_update_time',
    *lines({ experiments }) {
      for (const n of each(experiments))
        yield line(n, `growth-${n}`, `mlflow-artifacts:/${n}`, FIRST_START, FIRST_START)
    },
  },
  {
    name: 'runs',
    columns: 'run_no, run_id, experiment_id, run_name, user_id, status, start_time, end_time, artifact_uri',
    *lines(size) {
      for (const n of each(size.runs)) {
        const [id, experiment, start] = [runId(n), experimentOf(n, size), startTime(n)]
        yield line(
          n,
          id,
          experiment,
          `training-${n}`,
          'bench',
          'FINISHED',
          start,
          start + 60_000,
          `mlflow-artifacts:/${experiment}/${id}/artifacts`,
        )
      }
    },
  },
  {
    name: 'params',
    columns: 'run_no, key, value',
    *lines({ runs }) {
      for (const n of each(runs))
        for (const [param, values] of PARAM_VALUES.entries()) yield line(n, `param-${param}`, `v${n % values}`)
    },
  },
  {
    name: 'tags',
    columns: 'run_no, key, value',
    *lines({ runs }) {
      for (const n of each(runs)) {
        yield line(n, 'mlflow.runName', `training-${n}`)
        for (let tag = 0; tag < TAGS; tag++) yield line(n, `tag-${tag}`, `note ${n % 997} of ${tag}`)
      }
    },
  },
  {
    name: 'series',
    columns:
      'series_id, run_no, key, last_step, last_timestamp, last_value, min_step, max_step, min_timestamp, max_timestamp, min_value, max_value, sum_value, count, nan_count, experiment_id, settled_value',
    *lines(size) {
      for (const n of each(size.runs))
        for (let metric = 0; metric < METRICS; metric++) {
          const s = summed(n, metric, size)
          yield line(
            seriesNo(n, metric),
            n,
            `metric-${metric}`,
            String(s.last.step),
            String(s.last.timestamp),
            s.last.value,
            s.min_step,
            s.max_step,
            s.min_timestamp,
            s.max_timestamp,
            s.min_value,
            s.max_value,
            s.sum_value,
            s.count,
            0,
            experimentOf(n, size),
            s.last.value,
          )
        }
    },
  },
  {
    name: 'chunks',
    columns:
      'series_id, min_step, max_step, digest, count, min_timestamp, max_timestamp, min_value, max_value, sum_value, nan_count, steps, timestamps, vals',
    *lines(size) {
      for (const n of each(size.runs))
        for (let metric = 0; metric < METRICS; metric++)
          for (const points of batches(n, metric, size)) {
            const c = summarise(points)
            const literals = literalsOf(points)
            yield line(
              seriesNo(n, metric),
              String(c.min_step),
              String(c.max_step),
              digestOf(literals),
              c.count,
              String(c.min_timestamp),
              String(c.max_timestamp),
              c.min_value,
              c.max_value,
              c.sum_value,
              c.nan_count,
              literals.steps,
              literals.timestamps,
              literals.vals,
            )
          }
    },
  },
]
