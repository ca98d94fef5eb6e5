import { Readable } from 'node:stream'
import type { GetObjectCommandOutput, S3ClientConfig } from '@aws-sdk/client-s3'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { ApiError, absent, invalid } from '#contract'
import type { ArtifactPath } from './address.ts'
import { isSegment } from './address.ts'
import { counted } from './counted.ts'
import type { ArtifactFile, ArtifactStore, ByteRange, Entry, OpenArtifact, WriteLimits, Written } from './store.ts'

export type S3Place = {
  bucket: string
  /** Without slashes at its ends; empty for the whole bucket. */
  prefix: string
  /** A server other than AWS. */
  endpoint?: string | undefined
  region?: string | undefined
  /** The bucket in the path, not in the host name. */
  pathStyle?: boolean | undefined
}

const MIB = 1024 * 1024
/** S3 has at most 10,000 parts a file, and two parts of each upload are in memory. */
const PART = { bytes: 8 * MIB, bytesOfUnknown: 16 * MIB, most: 9_000, atOnce: 2 }
const DELETES_AT_ONCE = 16
const KEY_BYTES = 1024
/** What servers that keep objects as files say when one name would be both. */
const FILE_AND_FOLDER = /ParentIs(File|Object)|(Is|As)Directory/
const READY_MS = 5_000

/** Artifacts as objects: `<prefix>/<experiment_id>/<run_id>/artifacts/…`. Credentials come from the standard AWS chain. */
export async function openS3Store(at: S3Place): Promise<ArtifactStore> {
  const { bucket, prefix } = at
  const client = new S3Client(await clientConfig(at))
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
    const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: folder, Delimiter: '/' })
    for await (const page of pages) {
      for (const { Prefix = '' } of page.CommonPrefixes ?? [])
        entries.push({ name: Prefix.slice(folder.length, -1), isFolder: true })
      for (const { Key = '', Size = 0 } of page.Contents ?? [])
        entries.push({ name: Key.slice(folder.length), isFolder: false, size: Size })
    }
    return entries.filter(({ name }) => isSegment(name)).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async function stat(path: ArtifactPath): Promise<ArtifactFile | 'folder' | undefined> {
    const head = path.length
      ? await client.send(new HeadObjectCommand({ Bucket: bucket, Key: keyOf(path) })).catch(orAbsent)
      : undefined
    if (head) return fileOf(head.ContentLength, head.ETag, head.LastModified)
    const { KeyCount = 0 } = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: folderOf(path), MaxKeys: 1 }),
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

  async function read(key: string, { etag, size }: ArtifactFile, range?: ByteRange): Promise<Readable> {
    const Range = range && `bytes=${range.start}-${range.end}`
    const got = await client
      .send(new GetObjectCommand({ Bucket: bucket, Key: key, IfMatch: etag, Range }))
      .catch((error: unknown) => {
        throw isStatus(error, 404, 412) ? replaced(error) : error
      })
    return bodyOf(got, range ? range.end - range.start + 1 : size)
  }

  async function write(path: ArtifactPath, body: Readable, limits: WriteLimits = {}): Promise<Written> {
    let size = 0
    const onChunk = (chunk: Buffer) => {
      size += chunk.length
      limits.onChunk?.(chunk)
    }
    const source = Readable.from(counted(body, { ...limits, onChunk }), { objectMode: false, highWaterMark: MIB })
    const upload = new Upload({
      client,
      params: { Bucket: bucket, Key: keyOf(path), Body: source },
      queueSize: PART.atOnce,
      partSize: partBytes(limits.expectedBytes),
    })
    const { ETag = '""' } = await upload.done().finally(() => source.destroy())
    return { size, etag: ETag }
  }

  async function remove(path: ArtifactPath) {
    const key = keyOf(path)
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })).catch(orAbsent)
    // One by one: DeleteObjects wants checksum headers on which S3 servers disagree.
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: `${key}/` })) {
      const keys = (page.Contents ?? []).flatMap(({ Key }) => Key ?? [])
      while (keys.length)
        await Promise.all(
          keys.splice(0, DELETES_AT_ONCE).map((Key) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key }))),
        )
    }
  }

  return {
    list: answering(list),
    stat: answering(stat),
    open: answering(open),
    write: answering(write),
    remove: answering(remove),
    ready: answering(async () => {
      await client.send(new HeadBucketCommand({ Bucket: bucket }), { abortSignal: AbortSignal.timeout(READY_MS) })
    }),
    close: async () => client.destroy(),
  }
}

async function clientConfig({ endpoint, region, pathStyle = false }: S3Place): Promise<S3ClientConfig> {
  return {
    region: region ?? (await configuredRegion()) ?? 'us-east-1',
    ...(endpoint && { endpoint }),
    forcePathStyle: pathStyle,
    maxAttempts: 4,
    retryMode: 'standard',
    // Checksums in trailers are refused by older servers of this kind.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 60_000 },
  }
}

/** What AWS's variables and files say, if anything. */
async function configuredRegion(): Promise<string | undefined> {
  const client = new S3Client({})
  return client.config
    .region()
    .catch(() => undefined)
    .finally(() => client.destroy())
}

const partBytes = (expected: number | undefined) =>
  expected === undefined ? PART.bytesOfUnknown : Math.max(PART.bytes, Math.ceil(expected / PART.most))

/** The bytes asked for, or an error: an answer of another length, or one that breaks off, must not look like a whole file. */
function bodyOf({ Body, ContentLength }: GetObjectCommandOutput, bytes: number): Readable {
  if (Body instanceof Readable && ContentLength === bytes) return Body
  if (Body instanceof Readable) Body.destroy()
  throw new ApiError('TEMPORARILY_UNAVAILABLE', 'The artifact store gave an answer of the wrong length; ask again')
}

const fileOf = (size = 0, etag = '""', modified = new Date(0)): ArtifactFile => ({ size, etag, modified })

const isStatus = (error: unknown, ...statuses: number[]) =>
  error instanceof S3ServiceException && statuses.includes(error.$metadata.httpStatusCode ?? 0)

function orAbsent(error: unknown): undefined {
  if (error instanceof NoSuchKey || isStatus(error, 404)) return undefined
  throw error
}

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
