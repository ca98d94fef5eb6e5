import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Endpoints, FileInfo, Int64 } from '#contract'
import { ApiError, absent, invalid } from '#contract'
import type { HandlersOf, Scope } from '#kit/route.ts'
import { StreamAnswer } from '#kit/route.ts'
import type { ArtifactPath } from './address.ts'
import { artifactPath, below, ownerFolder, proxyAddress } from './address.ts'
import { planDownload } from './headers.ts'
import type { ArtifactRun, Owners } from './owners.ts'
import type { ArtifactStore, Entry } from './store.ts'
import type { Stores } from './stores.ts'

export type ArtifactParts = {
  stores: Stores
  /** Absent where artifacts are all that is served: every path below the root is then what it is. */
  owners?: Owners | undefined
  /** The largest artifact that is taken; no limit where nothing is said. */
  maxBytes?: number | undefined
}

export type ArtifactHandlers = Pick<
  HandlersOf<Endpoints>,
  | 'listArtifacts'
  | 'getArtifact'
  | 'uploadRunArtifact'
  | 'listProxiedArtifacts'
  | 'downloadArtifact'
  | 'uploadArtifact'
  | 'deleteArtifact'
  | 'createMultipartUpload'
  | 'completeMultipartUpload'
  | 'abortMultipartUpload'
>

/** MLflow's limit for what its page uploads. */
const PAGE_UPLOAD_BYTES = 10 * 1024 * 1024

/** A path within the store that has it. */
type Place = { store: ArtifactStore; path: ArtifactPath }

export function artifactHandlers({ stores, owners, maxBytes }: ArtifactParts): ArtifactHandlers {
  async function requireRun(scope: Scope, runId: string): Promise<ArtifactRun> {
    if (!owners) throw new ApiError('NOT_IMPLEMENTED', 'This server serves artifacts only: it knows of no runs')
    const run = await owners.run(runId)
    if (!run || !sees(scope, run.experiment_id)) throw absent(`Run with id=${runId} not found`)
    return run
  }

  function placeIn(location: string, path: ArtifactPath): Place {
    const { store, folder } = stores.of(location)
    return { store, path: below(folder, path) }
  }

  /** Where a path of the proxy is. Runs must be known; other paths are for those who see everything. */
  async function requirePlace(scope: Scope, path: string, use: 'read' | 'write' | 'remove'): Promise<Place> {
    const address = proxyAddress(path)
    if (!owners || address.kind === 'other') {
      if (scope.experiments !== 'all')
        throw new ApiError('PERMISSION_DENIED', `'${path}' is not below the artifacts of a run`)
      return placeOfNobody(address.key, use)
    }
    if (address.kind === 'model') throw absent(`Logged model with ID '${address.modelId}' not found`)
    const run = await requireRun(scope, address.runId)
    if (String(run.experiment_id) !== address.experimentId) throw absent(`Run with id=${address.runId} not found`)
    if (use === 'write') requireActive(address.runId, run)
    return placeIn(run.artifact_location, below(ownerFolder(address.runId), address.path))
  }

  /** A path that is no run's: below the number of an experiment it is in that experiment's place. */
  async function placeOfNobody(key: ArtifactPath, use: 'read' | 'write' | 'remove'): Promise<Place> {
    const [first = '', ...rest] = key
    const location = await owners?.experiment(first)
    if (location === undefined) return { store: stores.main, path: key }
    const place = placeIn(location, artifactPath(rest.join('/')))
    if (use === 'remove' && place.store !== stores.main)
      throw invalid(`${location} may hold more than this experiment's artifacts: remove those of its runs instead`)
    return place
  }

  /** The place of `path` below the artifacts of a run, the folder of all of them, and the run. */
  async function placeOf(scope: Scope, runId: string, path: string) {
    const checked = artifactPath(path)
    const run = await requireRun(scope, runId)
    const { store, path: root } = placeIn(run.artifact_location, ownerFolder(runId))
    return { store, root, path: below(root, checked), run }
  }

  async function download({ store, path }: Place, request: IncomingMessage): Promise<StreamAnswer> {
    const file = await store.open(path)
    const head = request.method === 'HEAD'
    const { range: _, ...withoutRange } = request.headers
    const plan = planDownload(path.at(-1) ?? '', file, head ? withoutRange : request.headers)
    if (plan.status === 416) {
      await file.close()
      return unsatisfiable(plan.headers)
    }
    if (plan.status !== 304 && !head) return new StreamAnswer(plan.status, plan.headers, await file.read(plan.range))
    await file.close()
    return new StreamAnswer(plan.status, plan.headers)
  }

  return {
    listArtifacts: async ({ run_id, path = '' }, { scope }) => {
      const { store, path: folder, root, run } = await placeOf(scope, run_id, path)
      return { root_uri: run.artifact_uri, ...filesOf(await store.list(folder), folder.slice(root.length)) }
    },

    getArtifact: async ({ run_id, path }, { scope, request }) => download(await placeOf(scope, run_id, path), request),

    uploadRunArtifact: async ({ run_id, path }, { scope, request }) => {
      if (!path) throw invalid('Request must specify path.', { field: 'path' })
      const { store, path: place, run } = await placeOf(scope, run_id, path)
      requireActive(run_id, run)
      requireFileName(path)
      const limits = { ...announced(request), minBytes: 1, maxBytes: PAGE_UPLOAD_BYTES }
      await store.write(place, request, limits).catch(inWordsOfThePage)
      return {}
    },

    listProxiedArtifacts: async ({ path: asked = '' }, { scope }) => {
      const { store, path } = await requirePlace(scope, asked, 'read')
      return filesOf(await store.list(path), [])
    },

    downloadArtifact: async ({ path }, { scope, request }) =>
      download(await requirePlace(scope, path, 'read'), request),

    uploadArtifact: async ({ path: asked }, { scope, request }) => {
      const { store, path } = await requirePlace(scope, asked, 'write')
      requireFileName(asked)
      await store.write(path, request, { ...announced(request), maxBytes })
      return {}
    },

    deleteArtifact: async ({ path: asked }, { scope }) => {
      const { store, path } = await requirePlace(scope, asked, 'remove')
      await store.remove(path)
      return {}
    },

    createMultipartUpload: noMultipart,
    completeMultipartUpload: noMultipart,
    abortMultipartUpload: noMultipart,
  }
}

const sees = ({ experiments }: Scope, experimentId: Int64) =>
  experiments === 'all' || experiments.some((id) => String(id) === String(experimentId))

function requireActive(runId: string, { lifecycle_stage }: ArtifactRun) {
  if (lifecycle_stage !== 'active')
    throw invalid(`The run ${runId} must be in the 'active' state. Current state is ${lifecycle_stage}.`)
}

function requireFileName(path: string) {
  if (path.endsWith('/')) throw invalid('Invalid path: it ends in a slash, so it names no file')
}

const filesOf = (entries: readonly Entry[], folder: readonly string[]): { files?: FileInfo[] } =>
  entries.length === 0 ? {} : { files: entries.map((entry) => fileOf(entry, folder)) }

const fileOf = (entry: Entry, folder: readonly string[]): FileInfo => {
  const path = [...folder, entry.name].join('/')
  return entry.isFolder ? { path, is_dir: true } : { path, is_dir: false, file_size: entry.size }
}

const announced = ({ headers }: IncomingMessage) => {
  const length = headers['content-length']
  return { expectedBytes: length === undefined ? undefined : Number(length) }
}

function inWordsOfThePage(error: unknown): never {
  const tooLarge = error instanceof ApiError && error.code === 'PAYLOAD_TOO_LARGE'
  throw tooLarge ? invalid('Artifact size is too large. Max size is 10MB.') : error
}

function unsatisfiable(headers: Record<string, string>): StreamAnswer {
  const body = JSON.stringify(invalid('Range: the artifact has no such bytes'))
  const json = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  return new StreamAnswer(416, { ...headers, ...json }, Readable.from([body]))
}

/** MLflow's clients compare the beginning of this text, and then send the file in one piece. */
const noMultipart = async (): Promise<never> => {
  throw new ApiError(
    'NOT_IMPLEMENTED',
    'Multipart upload is not supported for the current artifact repository; upload the file with one PUT',
  )
}
