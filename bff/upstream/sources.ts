import type { Endpoints, Input } from '#contract'
import { ApiError } from '#contract'
import type { Scope } from '#kit/scope.ts'
import { sees } from '#kit/scope.ts'
import type { Owners } from '../tracking/index.ts'
import { isPrompt, PROMPT_SOURCES, readModelUri, sourceUri } from '../tracking/index.ts'

/** Without a host, and spelled in one way: MLflow connects to whatever host there is, and does not decode as others do. */
const OF_THE_SERVER = /^(runs|models|mlflow-artifacts):\/(?!\/)/
const ESCAPED = /%[0-9a-f]{2}/i

const denied = (what: string) =>
  new ApiError(
    'PERMISSION_DENIED',
    `Permission denied: ${what.slice(0, 300)} is not yours to read here, or not there. Name a run or model that you may read, and as the source runs:/RUN/…, models:/… or mlflow-artifacts:/EXPERIMENT/RUN/artifacts/…`,
  )

export type Sources = {
  version(input: Input<Endpoints['createModelVersion']>, scope: Scope): Promise<void>
  loggedModel(input: Input<Endpoints['createLoggedModel']>, scope: Scope): Promise<void>
}

/**
 * Where things are said to come from, held to what the caller sees: an MLflow server reads a source as itself, and then
 * hands it to whoever may read the version. Throws PERMISSION_DENIED, also for what is not there.
 */
export function openSources(owners: Pick<Owners, 'runs' | 'loggedModels' | 'artifact'>): Sources {
  /** Answers the experiment of a run or logged model. */
  async function requireSeen(kind: 'run' | 'model', id: string, scope: Scope): Promise<string> {
    const found = (await (kind === 'run' ? owners.runs : owners.loggedModels)([id])).get(id)
    if (found === undefined || !sees(scope.experiments, found)) throw denied(`${kind} ${id}`)
    return found
  }

  async function requireArtifact(source: string, path: string, scope: Scope) {
    const owner = owners.artifact(path)
    if (owner.kind === 'other') throw denied(source)
    // a run's artifacts are below its own experiment, whatever else a path says
    if ((await requireSeen(owner.kind, owner.id, scope)) !== owner.experimentId) throw denied(source)
  }

  async function requireModel(uri: ReturnType<typeof sourceUri>, scope: Scope) {
    const model = readModelUri(uri)
    if ('model_id' in model) await requireSeen('model', model.model_id, scope)
    else if (!sees(scope.registeredModels, model.name)) throw denied(uri.text)
  }

  async function requireSource(source: string, scope: Scope) {
    const [prefix, scheme] = OF_THE_SERVER.exec(source) ?? []
    if (prefix === undefined || ESCAPED.test(source)) throw denied(source)
    const uri = sourceUri(source)
    if (scheme === 'models') await requireModel(uri, scope)
    else if (scheme === 'runs') await requireSeen('run', uri.segments[0] ?? '', scope)
    else await requireArtifact(source, source.slice(prefix.length), scope)
  }

  const unlimited = ({ experiments, registeredModels }: Scope) => experiments === 'all' && registeredModels === 'all'

  return {
    async version({ source, run_id, model_id, tags }, scope) {
      if (unlimited(scope)) return
      if (run_id) await requireSeen('run', run_id, scope)
      if (model_id) await requireSeen('model', model_id, scope)
      // a prompt has no files
      if (!(isPrompt(tags) && PROMPT_SOURCES.includes(source))) await requireSource(source, scope)
    },

    async loggedModel({ source_run_id }, scope) {
      if (source_run_id && !unlimited(scope)) await requireSeen('run', source_run_id, scope)
    },
  }
}
