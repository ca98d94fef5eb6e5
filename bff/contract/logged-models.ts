import * as z from 'zod'
import { endpoint, mayEdit, mayManage, mayRead, scoped, theExperiment, theModel } from './endpoint.ts'
import { Metric } from './metrics.ts'
import {
  AnswerInt64,
  Characters,
  KeyValue,
  listOf,
  Nothing,
  pageSize,
  printedList,
  Required,
  requiredByNameOrNumber,
  Text,
  within,
} from './wire.ts'

export const MODEL_STATUSES = ['LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED'] as const
export type ModelStatus = (typeof MODEL_STATUSES)[number]

export const LoggedModel = z
  .object({
    info: z.object({
      model_id: z.string(),
      experiment_id: z.string(),
      name: z.string(),
      model_type: z.string(),
      source_run_id: z.string(),
      status: z.enum(MODEL_STATUSES),
      status_message: z.string().optional(),
      creator_id: z.string().optional(),
      creation_timestamp_ms: AnswerInt64,
      last_updated_timestamp_ms: AnswerInt64,
      artifact_uri: z.string(),
      tags: printedList(KeyValue),
    }),
    data: z.object({ params: printedList(KeyValue), metrics: printedList(Metric) }).prefault({}),
  })
  .meta({ id: 'LoggedModel' })
export type LoggedModel = z.output<typeof LoggedModel>

/** A param or tag of a model as a caller sends it: MLflow has no rule for its key but the length. */
const ModelPair = z.object({
  key: Required.refine(...within(255)),
  value: Text.transform((value) => value ?? '').refine(...within(100_000)),
})

const ModelIdOnly = z.object({ model_id: Required })
const OneModel = z.object({ model: LoggedModel })

const FORBIDDEN_IN_NAME = /[/:.%"']/

export const createLoggedModel = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/logged-models',
  summary: 'Begin a logged model, whose files come next. A name is generated where none is given.',
  permission: mayEdit(theExperiment),
  input: z.object({
    experiment_id: Required,
    name: Text.refine(...within(500)).refine(
      (name) => name === undefined || !FORBIDDEN_IN_NAME.test(name),
      'a model name must not contain / : . % " or \'',
    ),
    model_type: Text.refine(...within(500)),
    source_run_id: Text.refine(...within(256)),
    params: listOf(ModelPair),
    tags: listOf(ModelPair),
  }),
  output: OneModel,
})

export const getLoggedModel = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/logged-models/{model_id}',
  summary: 'A logged model with its params, tags and metrics; a deleted one where allow_deleted is true.',
  permission: mayRead(theModel),
  input: ModelIdOnly.extend({ allow_deleted: Text.transform((text) => text?.toLowerCase() === 'true') }),
  output: OneModel,
})

export const finalizeLoggedModel = endpoint({
  method: 'PATCH',
  path: '/api/2.0/mlflow/logged-models/{model_id}',
  summary: 'Say that the files of a logged model are complete, or that they could not be uploaded.',
  permission: mayEdit(theModel),
  input: ModelIdOnly.extend({ status: requiredByNameOrNumber(MODEL_STATUSES) }),
  output: OneModel,
})

export const deleteLoggedModel = endpoint({
  method: 'DELETE',
  path: '/api/2.0/mlflow/logged-models/{model_id}',
  summary: 'Mark a logged model as deleted. Its files stay until they are collected.',
  permission: mayManage(theModel),
  input: ModelIdOnly,
  output: Nothing,
})

export const setLoggedModelTags = endpoint({
  method: 'PATCH',
  path: '/api/2.0/mlflow/logged-models/{model_id}/tags',
  summary: 'Set tags on a logged model, replacing their old values.',
  permission: mayEdit(theModel),
  input: ModelIdOnly.extend({ tags: listOf(ModelPair) }),
  output: OneModel,
})

export const deleteLoggedModelTag = endpoint({
  method: 'DELETE',
  // MLflow's client does not encode the key: one with a slash is more than one segment
  path: '/api/2.0/mlflow/logged-models/{model_id}/tags/{tag_key…}',
  summary: 'Remove a tag from a logged model.',
  permission: mayManage(theModel),
  input: ModelIdOnly.extend({ tag_key: Required }),
  output: Nothing,
})

export const logLoggedModelParams = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/logged-models/{model_id}/params',
  summary: 'Log params of a logged model. The same value again is fine, another value is refused.',
  permission: mayEdit(theModel),
  input: ModelIdOnly.extend({ params: listOf(ModelPair) }),
  output: OneModel,
})

const SearchedDataset = z.object({ dataset_name: Required, dataset_digest: Text })

const ModelOrder = z.object({
  field_name: Required,
  ascending: z
    .boolean()
    .nullish()
    .transform((ascending) => ascending ?? true),
  dataset_name: Text,
  dataset_digest: Text,
})

export const searchLoggedModels = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/logged-models/search',
  summary: 'Logged models of some experiments that match a filter and were measured on one of the datasets.',
  permission: scoped,
  input: z.object({
    experiment_ids: z.array(Characters),
    filter: Text,
    datasets: listOf(SearchedDataset).refine((all) => all.length <= 100, 'at most 100 datasets'),
    max_results: pageSize(50, 50_000),
    order_by: listOf(ModelOrder),
    page_token: Text,
  }),
  output: z.object({ models: printedList(LoggedModel), next_page_token: z.string().optional() }),
})
