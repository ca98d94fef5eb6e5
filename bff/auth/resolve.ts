import type { Resource, Target } from '#contract'
import { isExperimentId } from '#contract'
import type { ArtifactOwner, Owners } from './owners.ts'

/** The experiment or registered model by which a target goes. */
export type Resolved =
  | { kind: 'resource'; resource: Resource }
  /** `message` is what is said of it where it would be looked for */
  | { kind: 'absent'; message: string }
  /** an artifact path that no run or model has */
  | { kind: 'nobody' }

export type Resolve = (
  targets: readonly Target[],
  /** resources of which it need not be asked whether they exist */
  options: { known: 'all' | ((resource: Resource) => boolean) },
) => readonly Resolved[] | Promise<readonly Resolved[]>

const MOST_KEPT = 200_000

/** To which experiment or registered model the targets of a request belong. Runs and logged models are remembered: they never move. */
export function openResolve(owners: Owners): Resolve {
  const runs = remembering(owners.runs)
  const models = remembering(owners.loggedModels)

  const ofRun = (id: string) => experimentOf(runs.get(id), `Run with id=${id} not found`)
  const ofModel = (id: string) => experimentOf(models.get(id), `Logged model with ID '${id}' not found`)

  function ofArtifact(owner: ArtifactOwner): Resolved {
    if (owner.kind === 'other') return { kind: 'nobody' }
    const found = owner.kind === 'run' ? ofRun(owner.id) : ofModel(owner.id)
    // a run's artifacts are below its own experiment, whatever else a path says
    const isThere = found.kind === 'resource' && found.resource.resource_id === owner.experimentId
    return isThere ? found : { kind: 'absent', message: `There are no artifacts of ${owner.kind} ${owner.id} there` }
  }

  async function resolveAll(targets: readonly Target[], known: (resource: Resource) => boolean) {
    const artifacts = targets.map((target) => ('artifact' in target ? owners.artifact(target.artifact) : undefined))
    const idsOf = (kind: 'run' | 'model') => [
      ...targets.map((target) =>
        kind === 'run' && 'run' in target
          ? target.run
          : kind === 'model' && 'model' in target
            ? target.model
            : undefined,
      ),
      ...artifacts.map((owner) => (owner?.kind === kind ? owner.id : undefined)),
    ]
    await Promise.all([runs.find(idsOf('run')), models.find(idsOf('model'))])
    return Promise.all(
      targets.map((target, i) => {
        const owner = artifacts[i]
        if (owner) return ofArtifact(owner)
        if ('run' in target) return ofRun(target.run)
        if ('model' in target) return ofModel(target.model)
        return ofName(target, known)
      }),
    )
  }

  async function ofName(target: Target, known: (resource: Resource) => boolean): Promise<Resolved> {
    if ('experiment' in target) {
      const resource = { resource_type: 'experiment', resource_id: String(target.experiment) } as const
      if (!isExperimentId(resource.resource_id)) return noExperiment(resource.resource_id)
      return known(resource) || (await owners.hasExperiment(resource.resource_id))
        ? { kind: 'resource', resource }
        : noExperiment(resource.resource_id)
    }
    if ('registered_model' in target) {
      const resource = { resource_type: 'registered_model', resource_id: target.registered_model } as const
      return known(resource) || (await owners.hasRegisteredModel(target.registered_model))
        ? { kind: 'resource', resource }
        : { kind: 'absent', message: `Registered Model with name=${target.registered_model} not found` }
    }
    const name = 'experiment_name' in target ? target.experiment_name : ''
    return experimentOf(await owners.experimentNamed(name), `Could not find experiment with name '${name}'`)
  }

  return (targets, options) => {
    const known = options.known === 'all' ? () => true : options.known
    // what nearly every request of a training run is
    const [first] = targets
    if (targets.length === 1 && first) {
      if ('run' in first && runs.get(first.run) !== undefined) return [ofRun(first.run)]
      const resource =
        'experiment' in first ? ({ resource_type: 'experiment', resource_id: first.experiment } as const) : undefined
      if (resource && isExperimentId(resource.resource_id) && known(resource)) return [{ kind: 'resource', resource }]
    }
    return resolveAll(targets, known)
  }
}

const noExperiment = (id: string): Resolved => ({ kind: 'absent', message: `No Experiment with id=${id} exists` })

const experimentOf = (id: string | undefined, message: string): Resolved =>
  id === undefined
    ? { kind: 'absent', message }
    : { kind: 'resource', resource: { resource_type: 'experiment', resource_id: id } }

function remembering(ask: Owners['runs']) {
  const known = new Map<string, string>()
  return {
    get: (id: string) => known.get(id),
    async find(ids: readonly (string | undefined)[]) {
      const wanted = ids.filter((id) => id !== undefined)
      // all of this request's, or those that were known would be gone
      if (known.size + wanted.length > MOST_KEPT) known.clear()
      const missing = new Set(wanted.filter((id) => !known.has(id)))
      if (missing.size === 0) return
      for (const [id, experiment] of await ask([...missing])) known.set(id, experiment)
    },
  }
}
