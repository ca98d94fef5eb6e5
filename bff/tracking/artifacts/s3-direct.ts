import type { S3Client } from '@aws-sdk/client-s3'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { absent, invalid } from '#contract'
import type { ArtifactPath } from './address.ts'
import { savedAs } from './headers.ts'
import type { DirectTransfer } from './store.ts'

/** Encryption in the words of S3's commands. */
export type Encrypted = { ServerSideEncryption: 'AES256' | 'aws:kms'; SSEKMSKeyId?: string | undefined }

type Parts = {
  client: S3Client
  /** Signs for the address by which clients reach the server. */
  signer: S3Client
  bucket: string
  encryption: Encrypted | undefined
  keyOf(path: ArtifactPath): string
}

/** Signing is work for the processor alone: others get a turn after so many addresses. */
const SIGNED_AT_ONCE = 25
/** How long a server may take to put the parts of a large file together, ms. */
const COMPLETE_MS = 600_000

/** Headers that must be sent as they are signed: servers do not read these from the address. */
const ENCRYPTION_HEADERS = new Set(['x-amz-server-side-encryption', 'x-amz-server-side-encryption-aws-kms-key-id'])

export function directTransfer({ client, signer, bucket, encryption, keyOf }: Parts): DirectTransfer {
  const at = (path: ArtifactPath) => ({ Bucket: bucket, Key: keyOf(path) })

  return {
    async downloadUrl(path, expiresIn) {
      const { 'content-type': type, 'content-disposition': disposition } = savedAs(path.at(-1) ?? '')
      const saved = { ResponseContentType: type, ResponseContentDisposition: disposition }
      return {
        url: await getSignedUrl(signer, new GetObjectCommand({ ...at(path), ...saved }), { expiresIn }),
        headers: {},
      }
    },

    async uploadUrl(path, expiresIn) {
      const options = { expiresIn, unhoistableHeaders: ENCRYPTION_HEADERS, signableHeaders: ENCRYPTION_HEADERS }
      const url = await getSignedUrl(signer, new PutObjectCommand({ ...at(path), ...encryption }), options)
      const { ServerSideEncryption, SSEKMSKeyId } = encryption ?? {}
      const headers = {
        ...(ServerSideEncryption && { 'x-amz-server-side-encryption': ServerSideEncryption }),
        ...(SSEKMSKeyId && { 'x-amz-server-side-encryption-aws-kms-key-id': SSEKMSKeyId }),
      }
      return { url, headers }
    },

    async begin(path, count, expiresIn) {
      const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand({ ...at(path), ...encryption }))
      const urls: string[] = []
      while (urls.length < count) {
        const numbers = Array.from(
          { length: Math.min(SIGNED_AT_ONCE, count - urls.length) },
          (_, i) => urls.length + i + 1,
        )
        const sign = (PartNumber: number) =>
          getSignedUrl(signer, new UploadPartCommand({ ...at(path), UploadId, PartNumber }), { expiresIn })
        urls.push(...(await Promise.all(numbers.map(sign))))
        await new Promise((resolve) => setImmediate(resolve))
      }
      return { uploadId: UploadId, urls }
    },

    async sizeOf(path, UploadId) {
      let bytes = 0
      let PartNumberMarker: string | undefined
      do {
        const page = await client.send(new ListPartsCommand({ ...at(path), UploadId, PartNumberMarker })).catch(orGone)
        for (const { Size = 0 } of page.Parts ?? []) bytes += Size
        PartNumberMarker = page.IsTruncated ? page.NextPartNumberMarker : undefined
      } while (PartNumberMarker !== undefined)
      return bytes
    },

    async complete(path, UploadId, parts) {
      const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }))
      await client
        .send(new CompleteMultipartUploadCommand({ ...at(path), UploadId, MultipartUpload: { Parts } }), {
          abortSignal: AbortSignal.timeout(COMPLETE_MS),
        })
        .catch((error: unknown) => {
          throw whyNotComplete(error)
        })
    },

    async abort(path, UploadId) {
      await client.send(new AbortMultipartUploadCommand({ ...at(path), UploadId })).catch(orGone)
    },
  }
}

const isNamed = (error: unknown, ...names: string[]) => error instanceof Error && names.includes(error.name)

const noSuchUpload = () => absent('There is no such upload any more: it was completed, given up, or left for too long')

function orGone(error: unknown): never {
  throw isNamed(error, 'NoSuchUpload') ? noSuchUpload() : error
}

function whyNotComplete(error: unknown): unknown {
  if (isNamed(error, 'NoSuchUpload')) return noSuchUpload()
  if (
    isNamed(
      error,
      'InvalidPart',
      'InvalidPartOrder',
      'EntityTooSmall',
      'MalformedXML',
      'InvalidRequest',
      'InvalidArgument',
    )
  )
    return invalid(`The parts do not make a file (${(error as Error).name}); nothing was stored`)
  return error
}
