import * as z from 'zod'
import { endpoint, mayEdit, mayManage, mayRead, scoped, theRegisteredModel } from './endpoint.ts'
import {
  AnswerInt64,
  Flag,
  KeyValue,
  keyField,
  listOf,
  ModelName,
  Nothing,
  printedList,
  Required,
  ruled,
  searchInput,
  Text,
  within,
} from './wire.ts'

export const STAGES = ['None', 'Staging', 'Production', 'Archived'] as const
export type Stage = (typeof STAGES)[number]

export const ModelVersion = z
  .object({
    name: z.string(),
    version: z.string(),
    creation_timestamp: AnswerInt64,
    last_updated_timestamp: AnswerInt64,
    current_stage: z.enum(STAGES),
    description: z.string(),
    source: z.string(),
    run_id: z.string(),
    run_link: z.string(),
    status: z.literal('READY'),
    model_id: z.string().optional(),
    tags: printedList(KeyValue),
    aliases: printedList(z.string()),
  })
  .meta({ id: 'ModelVersion' })
export type ModelVersion = z.output<typeof ModelVersion>

export const Description = Text.transform((text) => text ?? '').refine(...within(100_000))

/** A tag of a registered model or a version: longer than those of runs, and never cut. */
export const RegistryTag = z.object({
  key: keyField(),
  value: Text.transform((value) => value ?? '').refine(...within(100_000)),
})

/** A whole number, which MLflow's wire has as text. */
export const VersionNumber = ruled((version) =>
  /^[+-]?\d+$/.test(version) ? undefined : `Parameter 'version' must be an integer, got '${version.slice(0, 100)}'.`,
)

const Version = z.object({ name: ModelName, version: VersionNumber })
const TheVersion = z.object({ model_version: ModelVersion })

export const createModelVersion = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/model-versions/create',
  summary: 'Register the next version of a model. Numbers are never used twice.',
  permission: mayEdit(theRegisteredModel),
  input: z.object({
    name: ModelName,
    source: Required.refine(...within(2048)),
    run_id: Text.refine(...within(256)),
    model_id: Text.refine(...within(256)),
    tags: listOf(RegistryTag),
    run_link: Text.transform((link) => link ?? '').refine(...within(2048)),
    description: Description,
  }),
  output: TheVersion,
})

export const getModelVersion = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/model-versions/get',
  summary: 'A version with its tags and aliases.',
  permission: mayRead(theRegisteredModel),
  input: Version,
  output: TheVersion,
})

export const searchModelVersions = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/model-versions/search',
  summary: 'Versions that match a filter, last changed first unless order_by says otherwise.',
  permission: scoped,
  input: searchInput(200_000, 200_000),
  output: z.object({ model_versions: printedList(ModelVersion), next_page_token: z.string().optional() }),
})

export const updateModelVersion = endpoint({
  method: 'PATCH',
  path: '/api/2.0/mlflow/model-versions/update',
  summary: 'Replace the description of a version.',
  permission: mayEdit(theRegisteredModel),
  input: Version.extend({ description: Description }),
  output: TheVersion,
})

export const transitionModelVersionStage = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/model-versions/transition-stage',
  summary: 'Move a version to a stage, and those that were there to Archived where asked for.',
  permission: mayEdit(theRegisteredModel),
  input: Version.extend({ stage: Required, archive_existing_versions: Flag }),
  output: TheVersion,
})

export const deleteModelVersion = endpoint({
  method: 'DELETE',
  path: '/api/2.0/mlflow/model-versions/delete',
  summary: 'Delete a version with its aliases. What it said is erased, its number stays taken.',
  permission: mayManage(theRegisteredModel),
  input: Version,
  output: Nothing,
})

export const getModelVersionDownloadUri = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/model-versions/get-download-uri',
  summary: 'Where the artifacts of a version are.',
  permission: mayRead(theRegisteredModel),
  input: Version,
  output: z.object({ artifact_uri: z.string() }),
})

export const getModelVersionArtifact = endpoint({
  method: 'GET',
  path: '/model-versions/get-artifact',
  transfer: 'download',
  summary: 'The bytes of one artifact of a version, where this server has them.',
  permission: mayRead(theRegisteredModel),
  input: Version.extend({ path: Required }),
  output: z.unknown(),
})

export const setModelVersionTag = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/model-versions/set-tag',
  summary: 'Set a tag on a version, replacing its old value.',
  permission: mayEdit(theRegisteredModel),
  input: Version.extend(RegistryTag.shape),
  output: Nothing,
})

export const deleteModelVersionTag = endpoint({
  method: 'DELETE',
  path: '/api/2.0/mlflow/model-versions/delete-tag',
  summary: 'Remove a tag from a version. Removing what is not there changes nothing.',
  permission: mayManage(theRegisteredModel),
  input: Version.extend({ key: keyField() }),
  output: Nothing,
})
