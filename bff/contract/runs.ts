import * as z from 'zod'
import type { Target } from './endpoint.ts'
import { endpoint, mayEdit, mayManage, mayRead, scoped, theRun } from './endpoint.ts'
import { ViewType } from './experiments.ts'
import { Metric, MetricField, theLogged } from './metrics.ts'
import {
  AnswerInt64,
  byNameOrNumber,
  Characters,
  checkRunId,
  KeyValue,
  listOf,
  Nothing,
  OptionalInt64,
  PairField,
  pageSize,
  printedList,
  Required,
  Text,
  within,
  withRunId,
} from './wire.ts'

export const RUN_STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const
export type RunStatus = (typeof RUN_STATUSES)[number]

export const RunInfo = z
  .object({
    run_id: z.string(),
    run_uuid: z.string(),
    run_name: z.string(),
    experiment_id: z.string(),
    user_id: z.string(),
    status: z.enum(RUN_STATUSES),
    start_time: AnswerInt64,
    end_time: AnswerInt64.optional(),
    artifact_uri: z.string(),
    lifecycle_stage: z.enum(['active', 'deleted']),
  })
  .meta({ id: 'RunInfo' })
export type RunInfo = z.output<typeof RunInfo>

export const DatasetInput = z
  .object({
    tags: printedList(KeyValue),
    dataset: z.object({
      name: z.string(),
      digest: z.string(),
      source_type: z.string(),
      source: z.string(),
      schema: z.string().optional(),
      profile: z.string().optional(),
    }),
  })
  .meta({ id: 'DatasetInput' })
export type DatasetInput = z.output<typeof DatasetInput>

export const Run = z
  .object({
    info: RunInfo,
    data: z.object({ metrics: printedList(Metric), params: printedList(KeyValue), tags: printedList(KeyValue) }),
    inputs: z
      .object({
        dataset_inputs: printedList(DatasetInput),
        model_inputs: printedList(z.object({ model_id: z.string() })),
      })
      .prefault({}),
    outputs: z
      .object({ model_outputs: printedList(z.object({ model_id: z.string(), step: AnswerInt64 })) })
      .prefault({}),
  })
  .meta({ id: 'Run' })
export type Run = z.output<typeof Run>

const RunIdOnly = withRunId({})

export const createRun = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/runs/create',
  summary: 'Start a run. A name is generated where none is given.',
  // MLflow takes an empty experiment_id for the default experiment
  permission: mayEdit((input: { experiment_id: string }): readonly Target[] => [{ experiment: input.experiment_id }]),
  input: z.object({
    experiment_id: Text.transform((id) => id || '0'),
    user_id: Text.transform((user) => user ?? '').refine(...within(256)),
    run_name: Text,
    start_time: OptionalInt64.transform((time) => time ?? 0),
    // MLflow has no rule for the keys of these, as it has for those that are set later
    tags: listOf(PairField.extend({ key: Required.refine(...within(250)) })),
  }),
  output: z.object({ run: Run }),
})

export const getRun = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/runs/get',
  summary: 'A run with its latest metrics, params, tags, inputs and outputs; also a deleted one.',
  permission: mayRead(theRun),
  input: RunIdOnly,
  output: z.object({ run: Run }),
})

export const updateRun = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/runs/update',
  summary: 'Change the status, end time or name of an active run. Only what is sent is changed.',
  permission: mayEdit(theRun),
  input: withRunId({ status: byNameOrNumber(RUN_STATUSES), end_time: OptionalInt64, run_name: Text }),
  output: z.object({ run_info: RunInfo }),
})

export const deleteRun = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/runs/delete',
  summary: 'Mark a run as deleted, whatever its status.',
  permission: mayManage(theRun),
  input: RunIdOnly,
  output: Nothing,
})

export const restoreRun = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/runs/restore',
  summary: 'Bring a deleted run back.',
  permission: mayManage(theRun),
  input: RunIdOnly,
  output: Nothing,
})

export const SearchRunsInput = z.object({
  experiment_ids: listOf(Characters),
  filter: Text,
  run_view_type: ViewType,
  max_results: pageSize(1000, 50_000),
  order_by: listOf(Characters),
  page_token: Text,
})

export const searchRuns = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/runs/search',
  summary: 'Runs of some experiments that match a filter.',
  permission: scoped,
  input: SearchRunsInput,
  output: z.object({ runs: printedList(Run), next_page_token: z.string().optional() }),
})

export const countRuns = endpoint({
  method: 'POST',
  path: '/api/assay/runs/count',
  summary: 'How many runs of some experiments match a filter, counted to 10,000; `more` where there are more.',
  permission: scoped,
  input: SearchRunsInput.pick({ experiment_ids: true, filter: true, run_view_type: true }),
  output: z.object({ total: z.number(), more: z.boolean() }),
})

export const logParam = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/runs/log-parameter',
  summary: 'Log a param. The same value again is fine, another value is refused.',
  permission: mayEdit(theRun),
  input: withRunId(PairField.shape),
  output: Nothing,
})

export const setTag = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/runs/set-tag',
  summary: 'Set a tag on an active run, replacing its old value.',
  permission: mayEdit(theRun),
  input: withRunId(PairField.shape),
  output: Nothing,
})

export const deleteTag = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/runs/delete-tag',
  summary: 'Remove a tag from an active run.',
  permission: mayEdit(theRun),
  input: withRunId({ key: Required }),
  output: Nothing,
})

const atMost = (count: number, what: string) => [count, `A batch has at most ${count} ${what}`] as const

export const logBatch = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/runs/log-batch',
  summary: 'Log metrics, params and tags of one run, all or nothing.',
  permission: mayEdit((input: { run_id: string; metrics: MetricField[] }) => theLogged(input.run_id, input.metrics)),
  input: withRunId({
    metrics: listOf(MetricField, ...atMost(1000, 'metrics')),
    params: listOf(PairField, ...atMost(100, 'params')),
    tags: listOf(PairField, ...atMost(100, 'tags')),
  })
    .refine(...checkRunId)
    .refine(
      ({ metrics, params, tags }) => metrics.length + params.length + tags.length <= 1000,
      'A batch has at most 1000 metrics, params and tags together',
    ),
  output: Nothing,
})

export const logModel = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/runs/log-model',
  summary: 'Append a model to the tag mlflow.log-model.history (clients before 3.0, R).',
  permission: mayEdit(theRun),
  input: withRunId({ model_json: Required }),
  output: Nothing,
})

export const DatasetInputField = z.object({
  tags: listOf(
    z.object({
      key: Required.refine(...within(255)),
      value: Text.transform((value) => value ?? '').refine(...within(500)),
    }),
  ),
  dataset: z.object({
    name: Required.refine(...within(500)),
    digest: Required.refine(...within(36)),
    source_type: Required,
    source: Required.refine(...within(65_535)),
    schema: Text.refine(...within(1_048_575)),
    profile: Text.refine(...within(16_777_215)),
  }),
})

/** A run, and the models that it names. */
const theRunAndModels = (input: { run_id: string; models: { model_id: string }[] }): readonly Target[] => [
  { run: input.run_id },
  ...input.models.map(({ model_id }) => ({ model: model_id })),
]

export const logInputs = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/runs/log-inputs',
  summary: 'Say which datasets and models an active run used. What is known already is kept as it is.',
  permission: mayEdit(theRunAndModels),
  input: withRunId({ datasets: listOf(DatasetInputField), models: listOf(z.object({ model_id: Required })) }).refine(
    ...checkRunId,
  ),
  output: Nothing,
  bodyLimit: 32 * 1024 * 1024,
})

const DatasetSummary = z
  .object({ experiment_id: z.string(), name: z.string(), digest: z.string(), context: z.string().optional() })
  .meta({ id: 'DatasetSummary' })

export const searchDatasets = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/search-datasets',
  summary: 'The datasets that active runs of some experiments used, and what for; a thousand of them at most.',
  permission: scoped,
  input: z.object({
    experiment_ids: listOf(Characters)
      .refine((ids) => ids.length > 0, 'SearchDatasets request must specify at least one experiment_id.')
      .refine((ids) => ids.length <= 20, 'SearchDatasets request cannot specify more than 20 experiment_ids.'),
  }),
  output: z.object({ dataset_summaries: printedList(DatasetSummary) }),
})

export const logOutputs = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/runs/outputs',
  summary: 'Say which models an active run made, and at which step. What is known already is kept as it is.',
  permission: mayEdit(theRunAndModels),
  input: withRunId({
    models: z.array(z.object({ model_id: Required, step: OptionalInt64.transform((step) => step ?? 0) })),
  }),
  output: Nothing,
})
