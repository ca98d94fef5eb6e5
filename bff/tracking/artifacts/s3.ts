import { Readable } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import type { GetObjectCommandOutput } from '@aws-sdk/client-s3'
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  NoSuchKey,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { ApiError, absent, invalid } from '#contract'
import type { ArtifactPath } from './address.ts'
import { isOwned, isSegment } from './address.ts'
import { counted } from './counted.ts'
import type { Patience, S3Place } from './s3-client.ts'
import { openS3Client } from './s3-client.ts'
import type { Encrypted } from './s3-direct.ts'
import { directTransfer } from './s3-direct.ts'
import type { ArtifactFile, ArtifactStore, ByteRange, Entry, OpenArtifact, WriteLimits, Written } from './store.ts'

const MIB = 1024 * 1024
/** S3 has at most 10,000 parts a file, and two parts of each upload are in memory. */
const PART = { bytes: 8 * MIB, bytesOfUnknown: 16 * MIB, most: 9_000, atOnce: 2 }
const DELETES_AT_ONCE = 16
const KEY_BYTES = 1024
/** What servers that keep objects as files say when one name would be both. */
const FILE_AND_FOLDER = /ParentIs(File|Object)|(Is|As)Directory/
/** How long a call may take with all its repetitions, ms; bytes may take as long as something moves. */
const LONGEST = { ready: 5_000, call: 60_000 }

/** Artifacts as objects: `<prefix>/<experiment_id>/<run_id>/artifacts/…`. */
export async function openS3Store(at: S3Place, patience?: Patience): Promise<ArtifactStore> {
  const { bucket, prefix, encryption } = at
  const client = await openS3Client(at, patience)
  const base = prefix ? `${prefix}/` : ''

  function keyOf(path: ArtifactPath) {
    const key = base + path.join('/')
    if (path.length === 0) throw invalid('Invalid path')
    if (Buffer.byteLength(key) > KEY_BYTES)
      throw invalid(`Invalid path: with the store's prefix it is longer than ${KEY_BYTES} bytes`)
    return key
  }
  const folderOf = (path: ArtifactPath) => (path.length ? `${keyOf(path)}/` : base)

  async function list(path: ArtifactPath): Promise<Entry[]> {
    const folder = folderOf(path)
    const entries: Entry[] = []
    for await (const page of pages(folder, '/')) {
      for (const { Prefix = '' } of page.CommonPrefixes ?? [])
        entries.push({ name: Prefix.slice(folder.length, -1), isFolder: true })
      for (const { Key = '', Size = 0, ETag = '""' } of page.Contents ?? [])
        entries.push({ name: Key.slice(folder.length), isFolder: false, size: Size, etag: ETag })
    }
    return entries.filter(({ name }) => isSegment(name)).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** What is below a prefix, page by page. A server that begins again would else make a short list look whole, or an endless one. */
  async function* pages(Prefix: string, Delimiter?: string) {
    const seen = new Set<string>()
    let ContinuationToken: string | undefined
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix, Delimiter, ContinuationToken }),
        soon(),
      )
      yield page
      ContinuationToken = page.NextContinuationToken
      if (page.IsTruncated && (ContinuationToken === undefined || seen.has(ContinuationToken)))
        throw unsound('lists the same page again and again')
      if (ContinuationToken !== undefined) seen.add(ContinuationToken)
    } while (ContinuationToken !== undefined)
  }

  async function stat(path: ArtifactPath): Promise<ArtifactFile | 'folder' | undefined> {
    const head = path.length
      ? await client.send(new HeadObjectCommand({ Bucket: bucket, Key: keyOf(path) }), soon()).catch(orAbsent)
      : undefined
    if (head) return fileOf(head.ContentLength, head.ETag, head.LastModified)
    const { KeyCount = 0 } = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: folderOf(path), MaxKeys: 1 }),
      soon(),
    )
    return KeyCount > 0 ? 'folder' : undefined
  }

  async function open(path: ArtifactPath): Promise<OpenArtifact> {
    const file = await stat(path)
    if (file === 'folder') throw invalid(`'${path.join('/')}' is a folder, not a file`)
    if (!file) throw absent(`No such artifact: '${path.join('/')}'`)
    const bytes = (range?: ByteRange) => read(keyOf(path), file, range)
    return { ...file, read: answering(bytes), close: async () => {} }
  }

  async function read(key: string, file: ArtifactFile, range?: ByteRange): Promise<Readable> {
    const Range = range && `bytes=${range.start}-${range.end}`
    const got = await client
      .send(new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: file.etag, Range }))
      .catch((error: unknown) => {
        throw isStatus(error, 404, 412) ? replaced(error) : error
      })
    return bodyOf(got, file, range)
  }

  async function write(path: ArtifactPath, body: Readable, limits: WriteLimits = {}): Promise<Written> {
    const Key = keyOf(path)
    let size = 0
    const onChunk = (chunk: Buffer) => {
      size += chunk.length
      limits.onChunk?.(chunk)
    }
    const source = Readable.from(counted(body, { ...limits, onChunk }), { objectMode: false, highWaterMark: MIB })
    const upload = new Upload({
      client,
      params: { Bucket: bucket, Key, Body: source, ...encrypted(encryption) },
      queueSize: PART.atOnce,
      partSize: partBytes(limits.expectedBytes),
    })
    const { ETag = '""' } = await upload.done().finally(() => source.destroy())
    const stored = await client.send(new HeadObjectCommand({ Bucket: bucket, Key }), soon()).catch(orAbsent)
    // under another etag it is what somebody else stored there meanwhile
    if (!stored || (stored.ETag === ETag && stored.ContentLength !== size)) throw unsound('did not keep what was sent')
    return { size, etag: ETag }
  }

  async function remove(path: ArtifactPath) {
    const key = keyOf(path)
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }), soon()).catch(orAbsent)
    for await (const page of pages(`${key}/`)) await removeAll((page.Contents ?? []).flatMap(({ Key }) => Key ?? []))
  }

  async function removeAll(keys: string[]) {
    if (keys.length === 0) return
    const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true }
    const left = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }), soon()).then(
      ({ Errors = [] }) => Errors.flatMap(({ Key }) => Key ?? []),
      (error: unknown) => {
        if (isStatus(error, 400, 405, 411, 501)) return [...keys]
        throw error
      },
    )
    // One by one where the server does not know the other way, and where it says why not.
    while (left.length)
      await Promise.all(
        left
          .splice(0, DELETES_AT_ONCE)
          .map((Key) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key }), soon()).catch(orAbsent)),
      )
  }

  async function sweep(before: Date, signal: AbortSignal) {
    let swept = 0
    for await (const { Key, UploadId, Initiated } of unfinished(signal)) {
      if (!Key || !isOwned(Key) || !Initiated || Initiated >= before) continue
      await client
        .send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }), { abortSignal: signal })
        .catch(orAbsent)
      swept++
    }
    return swept
  }

  async function* unfinished(abortSignal: AbortSignal) {
    let from: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {}
    for (;;) {
      const page = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: base, ...from }), {
        abortSignal,
      })
      yield* page.Uploads ?? []
      const next = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
      if (!page.IsTruncated || !next.KeyMarker || isDeepStrictEqual(next, from)) return
      from = next
    }
  }

  const signer = at.publicEndpoint ? await openS3Client({ ...at, endpoint: at.publicEndpoint }, patience) : undefined
  const direct = signer && directTransfer({ client, signer, bucket, encryption: encrypted(encryption), keyOf })

  return {
    list: answering(list),
    stat: answering(stat),
    open: answering(open),
    write: answering(write),
    remove: answering(remove),
    sweep: answering(sweep),
    direct: direct && {
      downloadUrl: answering(direct.downloadUrl),
      uploadUrl: answering(direct.uploadUrl),
      begin: answering(direct.begin),
      sizeOf: answering(direct.sizeOf),
      complete: answering(direct.complete),
      abort: answering(direct.abort),
    },
    ready: answering(async () => {
      await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: AbortSignal.timeout(LONGEST.ready) })
    }),
    close: async () => {
      client.destroy()
      signer?.destroy()
    },
  }
}

const partBytes = (expected: number | undefined) =>
  expected === undefined ? PART.bytesOfUnknown : Math.max(PART.bytes, Math.ceil(expected / PART.most))

/** The bytes asked for, or an error: an answer of another length or version, or one that breaks off, must not look like a whole file. */
function bodyOf(
  { Body, ContentLength, ETag, ContentRange }: GetObjectCommandOutput,
  file: ArtifactFile,
  range?: ByteRange,
) {
  const bytes = range ? range.end - range.start + 1 : file.size
  const sound =
    ContentLength === bytes &&
    (ETag === undefined || ETag === file.etag) &&
    (ContentRange === undefined || ContentRange.startsWith(`bytes ${range?.start}-`))
  if (Body instanceof Readable && sound) return Body
  if (Body instanceof Readable) Body.destroy()
  throw unsound('gave an answer of the wrong length or version')
}

const encrypted = (encryption: S3Place['encryption']): Encrypted | undefined =>
  encryption && {
    ServerSideEncryption: encryption.algorithm,
    ...('keyId' in encryption && { SSEKMSKeyId: encryption.keyId }),
  }

/** For calls whose answer is short. */
const soon = () => ({ abortSignal: AbortSignal.timeout(LONGEST.call) })

const fileOf = (size = 0, etag = '""', modified = new Date(0)): ArtifactFile => ({ size, etag, modified })

const isStatus = (error: unknown, ...statuses: number[]) =>
  error instanceof S3ServiceException && statuses.includes(error.$metadata.httpStatusCode ?? 0)

function orAbsent(error: unknown): undefined {
  if (error instanceof NoSuchKey || isStatus(error, 404)) return undefined
  throw error
}

const unsound = (what: string) => new ApiError('TEMPORARILY_UNAVAILABLE', `The artifact store ${what}; try again`)

const replaced = (cause: unknown) =>
  new ApiError('TEMPORARILY_UNAVAILABLE', 'The artifact was replaced while it was opened; ask again', { cause })

/** The same work, its failures told as ours: a store that is down or busy is worth another try, what it holds against us is not. */
const answering =
  <A extends unknown[], R>(work: (...args: A) => Promise<R>) =>
  (...args: A): Promise<R> =>
    work(...args).catch((cause: unknown) => {
      if (cause instanceof ApiError) throw cause
      if (cause instanceof S3ServiceException && FILE_AND_FOLDER.test(cause.name))
        throw invalid('Invalid path: a file is in the place of a folder, or a folder in that of the file')
      if (cause instanceof S3ServiceException && cause.$fault === 'client' && !cause.$retryable)
        throw new ApiError('INTERNAL_ERROR', `The artifact store refused (${cause.name})`, { cause })
      throw new ApiError('TEMPORARILY_UNAVAILABLE', 'The artifact store cannot be reached; ask again', { cause })
    })
