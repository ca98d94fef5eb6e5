import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Endpoints } from '#contract'
import { ApiError, absent, invalid, uploadAddress } from '#contract'
import type { Database } from '#kit/db.ts'
import type { HandlersOf } from '#kit/route.ts'
import type { ArtifactPath } from './address.ts'
import { awaitArtifact } from './arrivals.ts'
import type { Place, Places } from './places.ts'
import { requireFileName } from './places.ts'
import { etagOf, recordArtifact } from './record.ts'
import type { ArtifactFile, DirectTransfer } from './store.ts'

type DirectParts = {
  places: Places
  database: Database | undefined
  /** Signs upload ids; the same in all replicas. */
  key: Buffer
  maxBytes: number | undefined
}

type DirectHandlers = Pick<
  HandlersOf<Endpoints>,
  | 'createMultipartUpload'
  | 'completeMultipartUpload'
  | 'abortMultipartUpload'
  | 'getPresignedArtifact'
  | 'createPresignedDownloadUrl'
  | 'createPresignedUploadUrl'
>

/** S3's own limit. */
const MOST_PARTS = 10_000
/** How long the addresses of parts can be used, and that of a download, in seconds. */
const EXPIRES = { parts: 6 * 3600, download: 300 }

/** Transfers between clients and the S3 server, without their bytes passing through here. */
export function directHandlers({ places, database, key, maxBytes }: DirectParts): DirectHandlers {
  /** What comes past this server is recorded when it has come; so that it is, it must be known that it may. */
  async function awaited({ records }: Place, principal: string, seconds: number) {
    if (!database || !records || !('owner' in records)) return
    const asked_time = Date.now()
    await awaitArtifact(database, records, {
      asked_by: principal,
      asked_time,
      expires_time: asked_time + seconds * 1000,
    })
  }

  async function download(place: Place, expires: number) {
    const direct = need(place, 'Presigned download')
    const file = await requireFile(place)
    return { ...(await direct.downloadUrl(place.path, expires)), file_size: file.size }
  }

  return {
    async createMultipartUpload(input, { scope, principal }) {
      const address = uploadAddress(input)
      const place = await places.ofProxy(scope, address, 'write')
      const direct = need(place, 'Multipart upload')
      requireFileName(address)
      const count = Number(input.num_parts)
      if (count < 1 || count > MOST_PARTS)
        throw invalid(
          `Invalid value for parameter 'num_parts' supplied: a file has 1 to ${MOST_PARTS} parts; use larger ones`,
          {
            field: 'num_parts',
          },
        )
      await awaited(place, principal, EXPIRES.parts)
      const { uploadId, urls } = await direct.begin(place.path, count, EXPIRES.parts)
      return {
        upload_id: signed(key, place.path, principal, uploadId),
        credentials: urls.map((url, i) => ({ url, part_number: i + 1, headers: {} })),
      }
    },

    async completeMultipartUpload({ parts, upload_id, ...input }, { scope, principal }) {
      const place = await places.ofProxy(scope, uploadAddress(input), 'write')
      const direct = need(place, 'Multipart upload')
      const { path, store, records } = place
      const uploadId = verified(key, path, principal, upload_id)
      await requireSize(direct, path, uploadId, maxBytes)
      const numbered = parts.map(({ part_number, etag }) => ({ number: Number(part_number), etag }))
      await direct.complete(
        path,
        uploadId,
        numbered.sort((a, b) => a.number - b.number),
      )
      if (!database || !records || !('owner' in records)) return {}
      const { size, etag } = await requireFile(place)
      const stored = { ...records, size, etag, sha256: null, stored_by: principal }
      await recordArtifact(database, stored, () => etagOf(store, path))
      return {}
    },

    async abortMultipartUpload({ upload_id, ...input }, { scope, principal }) {
      const place = await places.ofProxy(scope, uploadAddress(input), 'remove')
      await need(place, 'Multipart upload').abort(place.path, verified(key, place.path, principal, upload_id))
      return {}
    },

    getPresignedArtifact: async ({ path }, { scope }) =>
      download(await places.ofProxy(scope, path, 'read'), EXPIRES.download),

    async createPresignedDownloadUrl({ run_id, path, expiration }, { scope }) {
      const { url, ...rest } = await download(await places.ofRun(scope, run_id, path, 'read'), expiration)
      return { presigned_url: url, ...rest }
    },

    async createPresignedUploadUrl({ run_id, model_id = '', path, expiration }, { scope, principal }) {
      const place = run_id
        ? await places.ofRun(scope, run_id, path, 'write')
        : await places.ofModel(scope, model_id, path, 'write')
      const direct = need(place, 'Presigned upload')
      if (maxBytes !== undefined)
        throw unsupported('Presigned upload', 'the server limits the size of artifacts, which such an address cannot')
      await awaited(place, principal, expiration)
      const { url, headers } = await direct.uploadUrl(place.path, expiration)
      return { presigned_url: url, headers }
    },
  }
}

type Transfer = 'Multipart upload' | 'Presigned upload' | 'Presigned download'

/** MLflow's clients compare the beginning of this text, and then send the file in one piece through this server. */
const unsupported = (what: Transfer, why: string) =>
  new ApiError('NOT_IMPLEMENTED', `${what} is not supported for the current artifact repository: ${why}`)

function need({ store }: Place, what: Transfer): DirectTransfer {
  if (!store.direct) throw unsupported(what, 'clients cannot reach the store; go through this server')
  return store.direct
}

async function requireFile({ store, path }: Place): Promise<ArtifactFile> {
  const found = await store.stat(path)
  if (found === 'folder') throw invalid(`'${path.join('/')}' is a folder, not a file`)
  if (!found) throw absent(`No such artifact: '${path.join('/')}'`)
  return found
}

async function requireSize(direct: DirectTransfer, path: ArtifactPath, uploadId: string, maxBytes: number | undefined) {
  if (maxBytes === undefined || (await direct.sizeOf(path, uploadId)) <= maxBytes) return
  await direct.abort(path, uploadId)
  throw new ApiError('PAYLOAD_TOO_LARGE', `The artifact is larger than the ${maxBytes} bytes that this server takes`)
}

const MAC_CHARACTERS = 22

const mac = (key: Buffer, path: ArtifactPath, principal: string, uploadId: string) =>
  createHmac('sha256', key)
    .update(JSON.stringify(['upload', path, principal, uploadId]))
    .digest('base64url')
    .slice(0, MAC_CHARACTERS)

/** An upload's id as clients get it: it says to all replicas who began the upload, and of which file. */
const signed = (key: Buffer, path: ArtifactPath, principal: string, uploadId: string) =>
  mac(key, path, principal, uploadId) + uploadId

function verified(key: Buffer, path: ArtifactPath, principal: string, token: string): string {
  const uploadId = token.slice(MAC_CHARACTERS)
  const given = Buffer.from(token.slice(0, MAC_CHARACTERS).padEnd(MAC_CHARACTERS))
  const expected = Buffer.from(mac(key, path, principal, uploadId))
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw absent('There is no such upload of this file; it can be ended by who began it only')
  return uploadId
}
