import * as z from 'zod'
import { anyoneKnown, endpoint, mayEdit, mayManage, mayRead, scoped, theRegisteredModel } from './endpoint.ts'
import { Description, ModelVersion, RegistryTag, VersionNumber } from './model-versions.ts'
import {
  AnswerInt64,
  Characters,
  codePoints,
  KeyValue,
  keyField,
  listOf,
  ModelName,
  Nothing,
  printedList,
  ruled,
  searchInput,
} from './wire.ts'

export const RegisteredModel = z
  .object({
    name: z.string(),
    creation_timestamp: AnswerInt64,
    last_updated_timestamp: AnswerInt64,
    description: z.string().default(''),
    latest_versions: printedList(ModelVersion),
    tags: printedList(KeyValue),
    aliases: printedList(z.object({ alias: z.string(), version: z.string() })),
  })
  .meta({ id: 'RegisteredModel' })
export type RegisteredModel = z.output<typeof RegisteredModel>

const Named = z.object({ name: ModelName })
const TheModel = z.object({ registered_model: RegisteredModel })

export const createRegisteredModel = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/registered-models/create',
  summary: 'Create a registered model, or a prompt where the tag mlflow.prompt.is_prompt says so. Its name is unique.',
  permission: anyoneKnown,
  input: Named.extend({ tags: listOf(RegistryTag), description: Description }),
  output: TheModel,
})

export const getRegisteredModel = endpoint({
  method: 'GET',
  path: '/api/2.0/mlflow/registered-models/get',
  summary: 'A registered model with its tags, its aliases and the newest version of each stage.',
  permission: mayRead(theRegisteredModel),
  input: Named,
  output: TheModel,
})

export const searchRegisteredModels = endpoint({
  method: 'GET',
  also: 'POST',
  path: '/api/2.0/mlflow/registered-models/search',
  summary: 'Registered models that match a filter, by name unless order_by says otherwise; prompts where asked for.',
  permission: scoped,
  input: searchInput(100, 1000),
  output: z.object({ registered_models: printedList(RegisteredModel), next_page_token: z.string().optional() }),
})

export const renameRegisteredModel = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/registered-models/rename',
  summary: 'Rename a registered model, with its versions, tags and aliases.',
  permission: mayEdit(theRegisteredModel),
  input: Named.extend({ new_name: ModelName }),
  output: TheModel,
})

export const updateRegisteredModel = endpoint({
  method: 'PATCH',
  path: '/api/2.0/mlflow/registered-models/update',
  summary: 'Replace the description of a registered model.',
  permission: mayEdit(theRegisteredModel),
  input: Named.extend({ description: Description }),
  output: TheModel,
})

export const deleteRegisteredModel = endpoint({
  method: 'DELETE',
  path: '/api/2.0/mlflow/registered-models/delete',
  summary: 'Delete a registered model for good, with all its versions.',
  permission: mayManage(theRegisteredModel),
  input: Named,
  output: Nothing,
})

export const getLatestVersions = endpoint({
  method: 'POST',
  also: 'GET',
  path: '/api/2.0/mlflow/registered-models/get-latest-versions',
  summary: 'The newest version of each stage, or of the stages that are named.',
  permission: mayRead(theRegisteredModel),
  input: Named.extend({ stages: listOf(Characters) }),
  output: z.object({ model_versions: printedList(ModelVersion) }),
})

export const setRegisteredModelTag = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/registered-models/set-tag',
  summary: 'Set a tag on a registered model, replacing its old value.',
  permission: mayEdit(theRegisteredModel),
  input: Named.extend(RegistryTag.shape),
  output: Nothing,
})

export const deleteRegisteredModelTag = endpoint({
  method: 'DELETE',
  path: '/api/2.0/mlflow/registered-models/delete-tag',
  summary: 'Remove a tag from a registered model. Removing what is not there changes nothing.',
  permission: mayManage(theRegisteredModel),
  input: Named.extend({ key: keyField() }),
  output: Nothing,
})

function aliasProblem(alias: string): string | undefined {
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias))
    return `Invalid alias name: '${alias.slice(0, 100)}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`
  return codePoints(alias) > 255 ? 'an alias has at most 255 characters' : undefined
}

function newAliasProblem(alias: string): string | undefined {
  if (alias.toLowerCase() === 'latest') return "'latest' alias name (case insensitive) is reserved."
  if (/^v\d+$/i.test(alias)) return `Version alias name '${alias.slice(0, 100)}' is reserved.`
  return aliasProblem(alias)
}

const ALIAS_PATH = '/api/2.0/mlflow/registered-models/alias'

export const setRegisteredModelAlias = endpoint({
  method: 'POST',
  path: ALIAS_PATH,
  summary: 'Let an alias point to a version, wherever it pointed before.',
  permission: mayEdit(theRegisteredModel),
  input: Named.extend({ alias: ruled(newAliasProblem), version: VersionNumber }),
  output: Nothing,
})

export const deleteRegisteredModelAlias = endpoint({
  method: 'DELETE',
  path: ALIAS_PATH,
  summary: 'Remove an alias. Removing what is not there changes nothing.',
  permission: mayManage(theRegisteredModel),
  input: Named.extend({ alias: ruled(aliasProblem) }),
  output: Nothing,
})

export const getModelVersionByAlias = endpoint({
  method: 'GET',
  path: ALIAS_PATH,
  summary: 'The version that an alias points to; `latest` is the newest.',
  permission: mayRead(theRegisteredModel),
  input: Named.extend({ alias: ruled(aliasProblem) }),
  output: z.object({ model_version: ModelVersion }),
})
