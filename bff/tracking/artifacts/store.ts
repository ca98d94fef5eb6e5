import type { Readable } from 'node:stream'
import type { ArtifactPath } from './address.ts'

/** A file as it was at one moment; `etag` (quoted, strong) changes with every write. */
export type ArtifactFile = { size: number; etag: string; modified: Date }

/** What is known of a file that was just written, or listed. */
export type Written = Pick<ArtifactFile, 'size' | 'etag'>

/** A name in a folder. */
export type Entry = ({ name: string; isFolder: false } & Written) | { name: string; isFolder: true }

/** First and last byte, both included. */
export type ByteRange = { start: number; end: number }

/** A file held for reading: its bytes stay those of `etag`, also when it is replaced meanwhile. Must be closed or read. */
export type OpenArtifact = ArtifactFile & {
  read(range?: ByteRange): Promise<Readable>
  close(): Promise<void>
}

export type WriteLimits = {
  /** The length that was announced: a body of any other length is refused and leaves nothing. */
  expectedBytes?: number | undefined
  minBytes?: number | undefined
  /** The longest body that is taken. */
  maxBytes?: number | undefined
  /** Sees each chunk as it passes. */
  onChunk?: ((chunk: Buffer) => unknown) | undefined
}

/**
 * Artifacts below one root: a folder or a bucket's prefix. A file appears whole or not at all; its bytes are streamed.
 * Who may do what, and which runs there are, is the business of those who call.
 */
export type ArtifactStore = {
  /** What the folder holds, sorted by name; nothing when it is absent or a file. */
  list(folder: ArtifactPath): Promise<Entry[]>
  stat(path: ArtifactPath): Promise<ArtifactFile | 'folder' | undefined>
  /** Throws RESOURCE_DOES_NOT_EXIST when nothing is there, INVALID_PARAMETER_VALUE when it is a folder. */
  open(path: ArtifactPath): Promise<OpenArtifact>
  /** Visible once it resolves, at once and whole; until then, and when it rejects, what was there stays. */
  write(path: ArtifactPath, body: Readable, limits?: WriteLimits): Promise<Written>
  /** Removes a file, or a folder with all that is in it. Removing what is absent changes nothing. */
  remove(path: ArtifactPath): Promise<void>
  /** Gives uploads up that began before a moment and were never ended; tells how many. */
  sweep?(before: Date, signal: AbortSignal): Promise<number>
  /** Absent where clients cannot reach the store. */
  direct?: DirectTransfer | undefined
  /** Throws unless the root can be reached and written to. */
  ready(): Promise<void>
  close(): Promise<void>
}

/** An address that can be used for a while by whoever has it, with the headers that must be sent along. */
type SignedUrl = { url: string; headers: Record<string, string> }

/** Transfers between clients and the store itself. Times are in seconds. */
export type DirectTransfer = {
  downloadUrl(path: ArtifactPath, expires: number): Promise<SignedUrl>
  uploadUrl(path: ArtifactPath, expires: number): Promise<SignedUrl>
  /** Begins an upload in `count` parts; an address for each. */
  begin(path: ArtifactPath, count: number, expires: number): Promise<{ uploadId: string; urls: string[] }>
  /** Bytes in the parts that have arrived. */
  sizeOf(path: ArtifactPath, uploadId: string): Promise<number>
  /** The file appears, whole. Parts are in the order of their numbers. */
  complete(path: ArtifactPath, uploadId: string, parts: readonly { number: number; etag: string }[]): Promise<void>
  abort(path: ArtifactPath, uploadId: string): Promise<void>
}
