import * as z from 'zod'
import { anyoneKnown, endpoint, mayEdit, mayManage, mayRead, scoped, theExperiment } from './endpoint.ts'
import {
  AnswerInt64,
  byNameOrNumber,
  Characters,
  KeyValue,
  keyField,
  listOf,
  Nothing,
  printedList,
  Required,
  searchInput,
  Text,
  within,
} from './wire.ts'

export const ViewType = byNameOrNumber(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'])

export const Experiment = z
  .object({
    experiment_id: z.string(),
    name: z.string(),
    artifact_location: z.string(),
    lifecycle_stage: z.enum(['active', 'deleted']),
    creation_time: AnswerInt64,
    last_update_time: AnswerInt64,
    tags: printedList(KeyValue),
  })
  .meta({ id: 'Experiment' })
export type Experiment = z.output<typeof Experiment>

/**
 * Whether a text is the id of an experiment as it is written: `01` is none, so that no two texts mean the same one to whoever
 * decides who may use it.
 */
export const isExperimentId = (text: string): boolean => /^(0|[1-9]\d{0,17})$/.test(text)

const ExperimentId = z.object({ experiment_id: Required })
/** Longer than a run's, and never cut. */
const ExperimentTag = z.object({
  key: keyField(),
  value: Text.transform((value) => value ?? '').refine(...within(20_000)),
})

export const createExperiment = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/create',
  summary: 'Create an experiment. Its name is unique, also among deleted ones.',
  permission: anyoneKnown,
  input: z.object({ name: Required, artifact_location: Text, tags: listOf(ExperimentTag) }),
  output: z.object({ experiment_id: z.string() }),
})

export const getExperiment = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/experiments/get',
  summary: 'An experiment by id, active or deleted.',
  permission: mayRead(theExperiment),
  input: ExperimentId,
  output: z.object({ experiment: Experiment }),
})

export const getExperimentByName = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/experiments/get-by-name',
  summary: 'An experiment by name, active or deleted.',
  permission: mayRead((input: { experiment_name: string }) => [{ experiment_name: input.experiment_name }]),
  input: z.object({ experiment_name: Required }),
  output: z.object({ experiment: Experiment }),
})

export const searchExperiments = endpoint({
  method: 'POST',
  also: 'GET',
  path: '/api/2.0/mlflow/experiments/search',
  summary: 'Experiments that match a filter, newest first unless order_by says otherwise.',
  permission: scoped,
  input: searchInput(1000, 50_000).extend({ view_type: ViewType }),
  output: z.object({ experiments: printedList(Experiment), next_page_token: z.string().optional() }),
})

export const updateExperiment = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/update',
  summary: 'Rename an active experiment.',
  permission: mayEdit(theExperiment),
  input: ExperimentId.extend({ new_name: Required }),
  output: Nothing,
})

export const deleteExperiment = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/delete',
  summary: 'Mark an experiment and its active runs as deleted.',
  permission: mayManage(theExperiment),
  input: ExperimentId,
  output: Nothing,
})

export const restoreExperiment = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/restore',
  summary: 'Bring a deleted experiment back, with the runs that were deleted with it.',
  permission: mayManage(theExperiment),
  input: ExperimentId,
  output: Nothing,
})

export const setExperimentTag = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/set-experiment-tag',
  summary: 'Set a tag on an active experiment, replacing its old value.',
  permission: mayEdit(theExperiment),
  input: ExperimentId.extend(ExperimentTag.shape),
  output: Nothing,
})

export const deleteExperimentTag = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/experiments/delete-experiment-tag',
  summary: 'Remove a tag from an active experiment.',
  permission: mayEdit(theExperiment),
  input: ExperimentId.extend({ key: Required }),
  output: Nothing,
})

export const ExperimentSummary = z
  .object({
    experiment_id: z.string(),
    runs: z.number(),
    running: z.number(),
    failed: z.number(),
    /** start of the newest run, ms */
    last_start_time: AnswerInt64.optional(),
  })
  .meta({ id: 'ExperimentSummary' })
export type ExperimentSummary = z.output<typeof ExperimentSummary>

export const summariseExperiments = endpoint({
  method: 'POST',
  path: '/api/assay/experiments/summaries',
  summary: 'How many active runs each experiment has, how many are running or failed, and when the newest began.',
  permission: scoped,
  input: z.object({
    experiment_ids: listOf(Characters).refine((ids) => ids.length <= 1000, 'at most 1,000 experiments'),
  }),
  output: z.object({ summaries: z.array(ExperimentSummary) }),
})

export const countExperiments = endpoint({
  method: 'POST',
  path: '/api/assay/experiments/count',
  summary: 'How many experiments match a filter.',
  permission: scoped,
  input: z.object({ filter: Text, view_type: ViewType }),
  output: z.object({ total: z.number() }),
})
