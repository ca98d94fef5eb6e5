import { ApiError, absent, invalid } from '#contract'
import type { Scope } from '#kit/scope.ts'
import { sees } from '#kit/scope.ts'
import type { ArtifactPath } from './address.ts'
import { artifactPath, below, ownerFolder, proxyAddress } from './address.ts'
import type { ArtifactModel, ArtifactRun, Owners } from './owners.ts'
import type { ArtifactOwner, RecordsBelow } from './record.ts'
import type { ArtifactStore } from './store.ts'
import type { Stores } from './stores.ts'

/** A path within the store that has it, and what is recorded of the files there. */
export type Place = { store: ArtifactStore; path: ArtifactPath; records: RecordsBelow | undefined }

/** A place below the artifacts of a run or model. */
export type OwnedPlace = Place & {
  owner: ArtifactOwner
  records: Extract<RecordsBelow, { owner: ArtifactOwner }>
  root: ArtifactPath
  root_uri: string
}

type Use = 'read' | 'write' | 'remove'

/** Where the paths are that callers name; what is outside of their scope does not exist for them. */
export type Places = {
  ofRun(scope: Scope, runId: string, path: string, use: Use): Promise<OwnedPlace>
  ofModel(scope: Scope, modelId: string, path: string, use: Use): Promise<OwnedPlace>
  ofOwner(scope: Scope, owner: Pick<ArtifactOwner, 'kind' | 'id'>, path: string, use: Use): Promise<OwnedPlace>
  /** A path of the proxy. Runs and models must be known; other paths are for those who see everything. */
  ofProxy(scope: Scope, path: string, use: Use): Promise<Place>
}

/** `owners` is absent where artifacts are all that is served: every path below the root is then what it is. */
export function openPlaces(stores: Stores, owners: Owners | undefined): Places {
  const known = () => {
    if (!owners) throw new ApiError('NOT_IMPLEMENTED', 'This server serves artifacts only: it knows of no runs')
    return owners
  }

  function owned(kind: ArtifactOwner['kind'], id: string, found: ArtifactRun | ArtifactModel, path: ArtifactPath) {
    const { store, folder } = stores.of(found.artifact_location)
    const root = below(folder, ownerFolder(kind === 'run' ? id : `models/${id}`))
    const owner = { kind, id, experiment_id: found.experiment_id }
    return { store, path: below(root, path), root, root_uri: found.artifact_uri, owner, records: { owner, path } }
  }

  async function ofRun(scope: Scope, runId: string, path: string, use: Use) {
    const checked = artifactPath(path)
    const run = await known().run(runId)
    if (!run || !sees(scope.experiments, run.experiment_id)) throw noRun(runId)
    if (use === 'write') requireActive(runId, run)
    return owned('run', runId, run, checked)
  }

  async function ofModel(scope: Scope, modelId: string, path: string, use: Use) {
    const checked = artifactPath(path)
    const model = await known().model(modelId)
    if (!model || !sees(scope.experiments, model.experiment_id)) throw noModel(modelId)
    if (use === 'write' && model.lifecycle_stage !== 'active') throw noModel(modelId)
    return owned('model', modelId, model, checked)
  }

  const ofOwner: Places['ofOwner'] = (scope, { kind, id }, path, use) =>
    (kind === 'run' ? ofRun : ofModel)(scope, id, path, use)

  async function ofProxy(scope: Scope, path: string, use: Use): Promise<Place> {
    const address = proxyAddress(path)
    if (!owners || address.kind === 'other') {
      if (scope.experiments !== 'all')
        throw new ApiError('PERMISSION_DENIED', `'${path}' is not below the artifacts of a run or a model`)
      return ofNobody(address.key, use)
    }
    const relative = address.path.join('/')
    const place =
      address.kind === 'run'
        ? await ofRun(scope, address.runId, relative, use)
        : await ofModel(scope, address.modelId, relative, use)
    if (String(place.owner.experiment_id) !== address.experimentId)
      throw address.kind === 'run' ? noRun(address.runId) : noModel(address.modelId)
    return place
  }

  /** A path that is no run's or model's: below the number of an experiment it is in that experiment's place. */
  async function ofNobody(key: ArtifactPath, use: Use): Promise<Place> {
    const [first = '', ...rest] = key
    const location = await owners?.experiment(first)
    if (location === undefined) return { store: stores.main, path: key, records: undefined }
    const { store, folder } = stores.of(location)
    if (use === 'remove' && store !== stores.main)
      throw invalid(`${location} may hold more than this experiment's artifacts: remove those of its runs instead`)
    return {
      store,
      path: below(folder, artifactPath(rest.join('/'))),
      records: { experiment_id: first, owners: rest },
    }
  }

  return { ofRun, ofModel, ofOwner, ofProxy }
}

const noRun = (runId: string) => absent(`Run with id=${runId} not found`)
const noModel = (modelId: string) => absent(`Logged model with ID '${modelId}' not found`)

function requireActive(runId: string, { lifecycle_stage }: ArtifactRun) {
  if (lifecycle_stage !== 'active')
    throw invalid(`The run ${runId} must be in the 'active' state. Current state is ${lifecycle_stage}.`)
}

export function requireFileName(path: string) {
  if (path.endsWith('/')) throw invalid('Invalid path: it ends in a slash, so it names no file')
}
