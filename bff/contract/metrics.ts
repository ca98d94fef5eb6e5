import * as z from 'zod'
import type { Target } from './endpoint.ts'
import { endpoint, mayEdit, mayRead, theRun } from './endpoint.ts'
import {
  AnswerDouble,
  AnswerInt64,
  Characters,
  Double,
  Int64Field,
  keyField,
  listOf,
  Nothing,
  OptionalInt64,
  pageSize,
  printedList,
  Required,
  Text,
  withRunId,
} from './wire.ts'

/** A point of a metric in an answer. MLflow's routes print an infinity as ±1.7976931348623157e308, as MLflow does. */
export const Metric = z
  .object({
    key: z.string(),
    value: AnswerDouble,
    timestamp: AnswerInt64,
    step: AnswerInt64,
    model_id: z.string().optional(),
    dataset_name: z.string().optional(),
    dataset_digest: z.string().optional(),
    run_id: z.string().optional(),
  })
  .meta({ id: 'Metric' })
export type Metric = z.output<typeof Metric>

const metricShape = {
  key: keyField({ calledName: true }),
  value: Double,
  timestamp: Int64Field.refine((time) => time >= 0, 'metric timestamps must be non-negative'),
  step: OptionalInt64.transform((step) => step ?? 0),
  model_id: Text,
  dataset_name: Text,
  dataset_digest: Text,
}

/** A point as a client logs it. `timestamp` is ms since the epoch, `step` any int64. */
export const MetricField = z.object(metricShape)
export type MetricField = z.output<typeof MetricField>

/** The run that is logged to, and the logged models that its points are linked to. */
export const theLogged = (run_id: string, points: readonly { model_id?: string | undefined }[]): readonly Target[] => {
  const models = new Set<string>()
  for (const { model_id } of points) if (model_id) models.add(model_id)
  return models.size === 0 ? [{ run: run_id }] : [{ run: run_id }, ...[...models].map((model) => ({ model }))]
}

export const logMetric = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/runs/log-metric',
  summary: 'Log one point of a metric.',
  permission: mayEdit((input: { run_id: string; model_id?: string | undefined }) => theLogged(input.run_id, [input])),
  input: withRunId(metricShape),
  output: Nothing,
})

export const getMetricHistory = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/metrics/get-history',
  summary: 'The points of a metric of a run, by timestamp, step, value. All of them where max_results is absent.',
  permission: mayRead(theRun),
  input: withRunId({
    metric_key: Required,
    max_results: OptionalInt64.refine(
      (size) => size === undefined || (size >= 1 && size <= 2_147_483_647),
      'max_results must be at least 1',
    ),
    page_token: Text,
  }),
  output: z.object({ metrics: printedList(Metric), next_page_token: z.string().optional() }),
})

const runsOf = (ids: readonly string[]): readonly Target[] => ids.map((run) => ({ run }))

export const getMetricHistoryBulk = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/metrics/get-history-bulk',
  summary: 'The points of a metric of up to 100 runs.',
  permission: mayRead((input: { run_id: string[] }) => runsOf(input.run_id)),
  input: z.object({
    run_id: listOf(Characters)
      .refine((ids) => ids.length > 0, 'GetMetricHistoryBulk request must specify at least one run_id.')
      .refine((ids) => ids.length <= 100, 'GetMetricHistoryBulk request cannot specify more than 100 run_ids.'),
    metric_key: Text.refine((key) => !!key, 'GetMetricHistoryBulk request must specify a metric_key.').transform(
      (key) => key ?? '',
    ),
    max_results: OptionalInt64.refine(
      (size) => size === undefined || size >= 1,
      'max_results must be at least 1',
    ).transform((size) => Math.min(Number(size ?? 25_000), 25_000)),
  }),
  output: z.object({ metrics: printedList(Metric) }),
})

export const getMetricHistoryBulkInterval = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/metrics/get-history-bulk-interval',
  summary: 'A sample of the points of a metric of up to 100 runs, for charts, by the sampling of MLflow 3.17.',
  permission: mayRead((input: { run_ids: string[] }) => runsOf(input.run_ids)),
  input: z
    .object({
      run_ids: listOf(Characters)
        .refine((ids) => ids.length > 0, 'missing')
        .refine((ids) => ids.length <= 100, 'GetMetricHistoryBulkInterval request must specify at most 100 run_ids.'),
      metric_key: Required,
      start_step: OptionalInt64,
      end_step: OptionalInt64,
      max_results: pageSize(2500, 2500),
    })
    .refine(
      ({ start_step, end_step }) => (start_step === undefined) === (end_step === undefined),
      'If either start step or end step are specified, both must be specified.',
    )
    .refine(
      ({ start_step, end_step }) => start_step === undefined || end_step === undefined || start_step <= end_step,
      'end_step must be greater than start_step. ',
    ),
  output: z.object({ metrics: printedList(Metric) }),
})

/** One curve, cut into buckets; the lists are parallel, empty buckets are left out. */
export const BucketedSeries = z
  .object({
    run_id: z.string(),
    key: z.string(),
    /** distinct points in the range, and how many of them are NaN */
    count: z.number(),
    nan_count: z.number(),
    /** first x and last x of the points in each bucket: a stretch of up to a thousand points that is short against the buckets is
     *  not taken apart, so a bucket may begin or end up to a quarter of its width beside its edge; of its points, all is exact */
    from: z.array(AnswerInt64),
    to: z.array(AnswerInt64),
    counts: z.array(z.number()),
    nan_counts: z.array(z.number()),
    /** NaN where a bucket has nothing but NaN */
    min: z.array(AnswerDouble),
    max: z.array(AnswerDouble),
    mean: z.array(AnswerDouble),
  })
  .meta({ id: 'BucketedSeries' })
export type BucketedSeries = z.output<typeof BucketedSeries>

export const bucketSeries = endpoint({
  method: 'POST',
  path: '/api/assay/series/buckets',
  summary:
    'Min, max, mean and count of each bucket of a step or time range, for many runs and metrics at once. No extreme is lost.',
  permission: mayRead((input: { run_ids: string[] }) => runsOf(input.run_ids)),
  input: z
    .object({
      run_ids: listOf(Characters)
        .refine((ids) => ids.length > 0, 'missing')
        .refine((ids) => ids.length <= 500, 'at most 500 runs'),
      keys: listOf(Characters)
        .refine((keys) => keys.length > 0, 'missing')
        .refine((keys) => keys.length <= 100, 'at most 100 keys'),
      x: z.enum(['step', 'timestamp']).default('step'),
      start: OptionalInt64,
      end: OptionalInt64,
      buckets: OptionalInt64.transform((count) => Number(count ?? 320)).refine(
        (count) => count >= 1 && count <= 5000,
        'buckets must be between 1 and 5000',
      ),
    })
    .refine(({ start, end }) => start === undefined || end === undefined || start <= end, 'start must not be after end')
    .refine(
      ({ run_ids, keys }) => run_ids.length * keys.length <= 5000,
      'at most 5,000 curves (runs × keys) in one request',
    ),
  output: z.object({
    /** the range that the buckets divide evenly: all curves share it, so bucket i is the same x everywhere */
    start: AnswerInt64.optional(),
    end: AnswerInt64.optional(),
    series: z.array(BucketedSeries),
  }),
})

export const SeriesSummary = z
  .object({
    run_id: z.string(),
    key: z.string(),
    /** distinct points, and how many of them are NaN; min, max and mean leave those out */
    count: AnswerInt64,
    nan_count: AnswerInt64,
    min: AnswerDouble,
    max: AnswerDouble,
    mean: AnswerDouble,
    last_value: AnswerDouble,
    last_step: AnswerInt64,
    last_timestamp: AnswerInt64,
    min_step: AnswerInt64,
    max_step: AnswerInt64,
    min_timestamp: AnswerInt64,
    max_timestamp: AnswerInt64,
  })
  .meta({ id: 'SeriesSummary' })
export type SeriesSummary = z.output<typeof SeriesSummary>

export const summariseSeries = endpoint({
  method: 'POST',
  path: '/api/assay/series/summaries',
  summary: 'Latest value, range, min, max, mean and count of each metric of some runs.',
  permission: mayRead((input: { run_ids: string[] }) => runsOf(input.run_ids)),
  input: z.object({
    run_ids: listOf(Characters)
      .refine((ids) => ids.length > 0, 'missing')
      .refine((ids) => ids.length <= 500, 'at most 500 runs'),
    /** all metrics where none is named */
    keys: listOf(Characters),
  }),
  output: z.object({ series: z.array(SeriesSummary) }),
})
