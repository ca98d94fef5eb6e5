import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Endpoints, FileInfo } from '#contract'
import { ApiError, absent, invalid } from '#contract'
import type { Database } from '#kit/db.ts'
import type { Context, HandlersOf } from '#kit/route.ts'
import { StreamAnswer } from '#kit/route.ts'
import type { previewHeaders } from './headers.ts'
import { planDownload, zipHeaders } from './headers.ts'
import type { AskedRecords } from './list-records.ts'
import { listRecords } from './list-records.ts'
import type { OwnedPlace, Place, Places } from './places.ts'
import { requireFileName } from './places.ts'
import { endingRecords, etagOf, recordArtifact } from './record.ts'
import type { Entry, WriteLimits } from './store.ts'
import { zipOf } from './zip.ts'

export type ArtifactParts = {
  places: Places
  /** Where what is stored is recorded; absent where there is no database. `tokenKey` signs page tokens. */
  record?: { database: Database; tokenKey: Buffer } | undefined
  /** The largest artifact that is taken; no limit where nothing is said. */
  maxBytes?: number | undefined
}

export type ArtifactHandlers = Pick<
  HandlersOf<Endpoints>,
  | 'listArtifacts'
  | 'listRunArtifactRecords'
  | 'listModelArtifactRecords'
  | 'getArtifact'
  | 'listModelArtifacts'
  | 'getModelArtifact'
  | 'zipRunArtifacts'
  | 'zipModelArtifacts'
  | 'uploadRunArtifact'
  | 'listProxiedArtifacts'
  | 'downloadArtifact'
  | 'uploadArtifact'
  | 'deleteArtifact'
>

/** MLflow's limit for what its page uploads. */
const PAGE_UPLOAD_BYTES = 10 * 1024 * 1024

export function artifactHandlers({ places, record, maxBytes }: ArtifactParts): ArtifactHandlers {
  const recordsOf = ({ records }: OwnedPlace, asked: AskedRecords) => {
    if (!record) throw new ApiError('NOT_IMPLEMENTED', 'This server serves artifacts only: it records nothing')
    return listRecords(record.database.reads, records, asked, record.tokenKey)
  }

  /** Stores the body, and then records what was stored. A caller hears of it once both are done. */
  async function keep(place: Place, { request, principal }: Context, limits: WriteLimits) {
    const { store, path, records } = place
    if (!record || !records || !('owner' in records)) {
      await store.write(path, request, limits)
      return
    }
    const digest = createHash('sha256')
    const { size, etag } = await store.write(path, request, { ...limits, onChunk: (chunk) => digest.update(chunk) })
    const stored = { ...records, size, etag, sha256: digest.digest('hex'), stored_by: principal }
    await recordArtifact(record.database, stored, () => etagOf(store, path))
  }

  async function remove({ store, path, records }: Place, principal: string) {
    const removal = () => store.remove(path)
    if (record && records) await endingRecords(record.database, records, principal, removal)
    else await removal()
  }

  return {
    listArtifacts: async ({ run_id, path = '' }, { scope }) =>
      folderOf(await places.ofRun(scope, run_id, path, 'read')),

    getArtifact: async ({ run_id, path }, { scope, request }) =>
      download(await places.ofRun(scope, run_id, path, 'read'), request),

    uploadRunArtifact: async ({ run_id, path }, context) => {
      if (!path) throw invalid('Request must specify path.', { field: 'path' })
      const place = await places.ofRun(context.scope, run_id, path, 'write')
      requireFileName(path)
      const limits = { ...announced(context.request), minBytes: 1, maxBytes: PAGE_UPLOAD_BYTES }
      await keep(place, context, limits).catch(inWordsOfThePage)
      return {}
    },

    listModelArtifacts: async ({ model_id, artifact_directory_path = '' }, { scope }) =>
      folderOf(await places.ofModel(scope, model_id, artifact_directory_path, 'read')),

    getModelArtifact: async ({ model_id, artifact_file_path }, { scope, request }) =>
      download(await places.ofModel(scope, model_id, artifact_file_path, 'read'), request),

    zipRunArtifacts: async ({ run_id, path = '' }, { scope, request }) =>
      zip(await places.ofRun(scope, run_id, path, 'read'), request),

    zipModelArtifacts: async ({ model_id, path = '' }, { scope, request }) =>
      zip(await places.ofModel(scope, model_id, path, 'read'), request),

    listRunArtifactRecords: async ({ run_id, path = '', ...asked }, { scope }) =>
      recordsOf(await places.ofRun(scope, run_id, path, 'read'), asked),

    listModelArtifactRecords: async ({ model_id, path = '', ...asked }, { scope }) =>
      recordsOf(await places.ofModel(scope, model_id, path, 'read'), asked),

    listProxiedArtifacts: async ({ path: asked = '' }, { scope }) => {
      const { store, path } = await places.ofProxy(scope, asked, 'read')
      return filesOf(await store.list(path), [])
    },

    downloadArtifact: async ({ path }, { scope, request }) =>
      download(await places.ofProxy(scope, path, 'read'), request),

    uploadArtifact: async ({ path }, context) => {
      const place = await places.ofProxy(context.scope, path, 'write')
      requireFileName(path)
      await keep(place, context, { ...announced(context.request), maxBytes })
      return {}
    },

    deleteArtifact: async ({ path }, { scope, principal }) => {
      await remove(await places.ofProxy(scope, path, 'remove'), principal)
      return {}
    },
  }
}

/** One file, or the part of it that is asked for. */
export async function download(
  { store, path }: Pick<Place, 'store' | 'path'>,
  request: IncomingMessage,
  headersOf?: typeof previewHeaders,
): Promise<StreamAnswer> {
  const file = await store.open(path)
  const head = request.method === 'HEAD'
  const { range: _, ...withoutRange } = request.headers
  const plan = planDownload(path.at(-1) ?? '', file, head ? withoutRange : request.headers, headersOf)
  if (plan.status === 416) {
    await file.close()
    return unsatisfiable(plan.headers)
  }
  if (plan.status !== 304 && !head) return new StreamAnswer(plan.status, plan.headers, await file.read(plan.range))
  await file.close()
  return new StreamAnswer(plan.status, plan.headers)
}

async function zip({ store, path, root, owner }: OwnedPlace, request: IncomingMessage): Promise<StreamAnswer> {
  const isAll = path.length === root.length
  const name = isAll ? owner.id : (path.at(-1) ?? '')
  const found = await store.stat(path)
  if (found === undefined && !isAll) throw absent(`No such folder: '${path.slice(root.length).join('/')}'`)
  if (found !== undefined && found !== 'folder')
    throw invalid(`'${name}' is a file, not a folder; download it as it is`)
  return new StreamAnswer(200, zipHeaders(`${name}.zip`), request.method === 'HEAD' ? undefined : zipOf(store, path))
}

/** A folder of a run or model: paths are relative to its artifacts. */
async function folderOf({ store, path, root, root_uri }: OwnedPlace) {
  return { root_uri, ...filesOf(await store.list(path), path.slice(root.length)) }
}

/** Folders first, each by name. */
function filesOf(entries: readonly Entry[], folder: readonly string[]): { files?: FileInfo[] } {
  const [folders, files] = [entries.filter(({ isFolder }) => isFolder), entries.filter(({ isFolder }) => !isFolder)]
  return entries.length === 0 ? {} : { files: [...folders, ...files].map((entry) => fileOf(entry, folder)) }
}

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
