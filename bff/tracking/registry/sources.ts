import type { Endpoints, Input, Int64 } from '#contract'
import { absent, invalid } from '#contract'
import type { Scope } from '#kit/scope.ts'
import { sees } from '#kit/scope.ts'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import { noSuchModel as noSuchLoggedModel } from '../logged-models/require.ts'
import { findRuns } from '../runs/require.ts'
import { findByAlias, findLatest } from './find.ts'
import { isPrompt } from './prompts.ts'
import type { FoundVersion } from './require.ts'
import { noSuchModel, requireModel, requireVersion } from './require.ts'
import type { SourceUri } from './source-uri.ts'
import { badSource, isLocal, pathWithin, sourceUri } from './source-uri.ts'
import { stageNamed } from './stages.ts'

type Registration = Input<Endpoints['createModelVersion']>

/** Where a version comes from: as it is stored, and where its artifacts really are. */
export type Lineage = { source: string; storage_location: string; run_id: string; model_id: string | null }

/** A run or logged model, as far as it can hold a source. */
type Holder = { experiment_id: Int64; artifact_uri: string }

const notWithin = (source: string, owner: 'run_id' | 'model_id') =>
  badSource(source, `The ${owner} request parameter must identify the resource that contains the source.`)

/** MLflow's clients send one of these for a prompt, which has no files. */
export const PROMPT_SOURCES = ['dummy-source', 'prompt-template']

/**
 * Where a version comes from, checked: a source that is below this server's artifacts must be within the run or logged model
 * that the request names, and the caller must see that. So nobody gets at files by registering them. Nothing is opened here.
 */
export async function lineageOf(db: Db, version: Registration, scope: Scope): Promise<Lineage> {
  const { source, run_id = '' } = version
  if (isPrompt(version.tags)) return lineageOfPrompt(source, run_id)
  const uri = sourceUri(source)
  if (uri.scheme === 'models') {
    const named = readModelUri(uri)
    if ('name' in named) return lineageOfVersion(version, await namedVersion(db, named, scope))
    if (named.model_id !== version.model_id) throw notWithin(source, 'model_id')
  }
  const model = version.model_id ? await visibleModel(db, version.model_id, scope) : undefined
  const run = run_id ? await visibleRun(db, run_id, scope) : undefined
  if (run === 'hidden') throw notWithin(source, 'run_id')
  requireWithin(uri, version, model ?? run)
  return {
    source,
    storage_location: uri.scheme === 'models' && model ? model.artifact_uri : source,
    run_id: run_id || (await inheritedRun(db, model?.source_run_id, scope)),
    model_id: version.model_id || null,
  }
}

function lineageOfPrompt(source: string, run_id: string): Lineage {
  if (!PROMPT_SOURCES.includes(source))
    throw invalid(
      `Invalid prompt source: '${source.slice(0, 300)}'. Prompt sources must use an MLflow placeholder: ${PROMPT_SOURCES.join(' or ')}.`,
      { field: 'source' },
    )
  return { source, storage_location: source, run_id, model_id: null }
}

function requireWithin(uri: SourceUri, { source, run_id, model_id }: Registration, holder: Holder | undefined) {
  const owner = model_id ? 'model' : 'run'
  const held = holder !== undefined && pathWithin(uri, holder.artifact_uri) !== undefined
  if (isLocal(uri) && !held)
    throw badSource(
      source,
      `To use a local path as a model version source, the ${owner}_id request parameter has to be specified and the local path has to be contained within the artifact directory of the ${owner} specified by the ${owner}_id.`,
    )
  if (uri.scheme === 'mlflow-artifacts' && !held) throw notWithin(source, `${owner}_id`)
  if (uri.scheme === 'models' && uri.host) throw notWithin(source, 'model_id')
  if (uri.scheme === 'runs' && (model_id || uri.host || !holder || uri.segments[0] !== run_id))
    throw notWithin(source, `${owner}_id`)
}

/** `models:/m-…`, `models:/name/3`, `models:/name/Production`, `models:/name/latest` or `models:/name@alias`. */
type ModelUri = { model_id: string } | { name: string; version?: string; stage?: string; alias?: string }

export function readModelUri({ text, host, segments }: SourceUri): ModelUri {
  const [first = '', second, ...rest] = segments
  if (host || rest.length > 0) throw notWithin(text, 'model_id')
  const at = first.lastIndexOf('@')
  if (second === undefined && at > 0) return { name: first.slice(0, at), alias: first.slice(at + 1) }
  if (second === undefined) return { model_id: first }
  if (/^\d+$/.test(second)) return { name: first, version: second }
  return second.toLowerCase() === 'latest' ? { name: first } : { name: first, stage: second }
}

async function namedVersion(
  db: Db,
  { name, version, stage, alias }: Extract<ModelUri, { name: string }>,
  scope: Scope,
) {
  if (!sees(scope.registeredModels, name)) throw noSuchModel(name)
  const { model_no, is_prompt } = await requireModel(db, name)
  if (is_prompt)
    throw invalid(
      `Invalid model version source: '${name}' is a prompt. Prompt versions cannot be used as model version sources.`,
      { field: 'source' },
    )
  if (version !== undefined) return { name, ...(await requireVersion(db, name, version)) }
  const number =
    alias === undefined
      ? await findLatest(db, model_no, stage && stageNamed(stage))
      : await findByAlias(db, model_no, alias)
  if (number === undefined)
    throw alias === undefined
      ? absent(`No versions of model with name '${name}'${stage ? ` and stage '${stage}'` : ''} found`)
      : invalid(`Registered model alias ${alias} not found.`, { field: 'source' })
  return { name, ...(await requireVersion(db, name, String(number))) }
}

/** A copy of a version is of the same run and logged model. */
function lineageOfVersion({ source, run_id, model_id }: Registration, from: FoundVersion & { name: string }): Lineage {
  const differs = (given: string | undefined, known: string) => given !== undefined && given !== known
  if (differs(run_id, from.run_id) || differs(model_id, from.model_id ?? ''))
    throw badSource(source, 'The run_id and model_id request parameters must match the referenced model version.')
  return {
    source: `models:/${from.name}/${from.version}`,
    storage_location: from.storage_location,
    run_id: from.run_id,
    model_id: from.model_id,
  }
}

async function visibleRun(db: Db, run_id: string, scope: Scope): Promise<Holder | 'hidden' | undefined> {
  const run = (await findRuns(db, [run_id])).get(run_id)
  return run && !sees(scope.experiments, run.experiment_id) ? 'hidden' : run
}

/** The run of a logged model is whatever its maker said: it counts where it is a run that the caller sees. */
async function inheritedRun(db: Db, source_run_id: string | undefined, scope: Scope): Promise<string> {
  const run = source_run_id ? await visibleRun(db, source_run_id, scope) : undefined
  return source_run_id && run && run !== 'hidden' ? source_run_id : ''
}

async function visibleModel(db: Db, model_id: string, scope: Scope) {
  const model = await row<Holder & { source_run_id: string }>(
    db,
    sql`select experiment_id, artifact_uri, source_run_id from logged_models where model_id = ${model_id} and lifecycle_stage = 'active'`,
  )
  if (!model || !sees(scope.experiments, model.experiment_id)) throw noSuchLoggedModel(model_id)
  return model
}
