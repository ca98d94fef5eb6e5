import { Worker } from 'node:worker_threads'
import type { Endpoint, ErrorCode, ErrorDetails } from '#contract'
import { ApiError, allEndpoints } from '#contract'
import { inputOfBody } from './parse-input.ts'

/** Bytes from which on a body is read in a thread of its own, so that nobody else waits for it. */
export const LARGE = 256 * 1024

/** All bodies that may wait for that thread, in bytes. */
const MOST_WAITING = 64 * 1024 * 1024

export type LargeBody = { id: number; endpoint: string; bytes: Uint8Array; params: Record<string, string> }
export type ReadBody =
  | { id: number; input: unknown }
  | { id: number; refused: { code: ErrorCode; message: string; details: ErrorDetails } }

type Waiting = { bytes: number; resolve: (input: unknown) => void; reject: (error: unknown) => void }

const names = new Map<Endpoint, string>(Object.entries(allEndpoints).map(([name, endpoint]) => [endpoint, name]))
const waiting = new Map<number, Waiting>()
let waitingBytes = 0
let count = 0
let reader: Worker | undefined

/** As `inputOfBody`, off the event loop. Throws TEMPORARILY_UNAVAILABLE where too much waits already. */
export async function inputOfLargeBody(endpoint: Endpoint, bytes: Buffer, params: Record<string, string>) {
  const name = names.get(endpoint)
  // one that the contract does not have is unknown to the thread as well
  if (name === undefined) return inputOfBody(endpoint, bytes, params)
  if (waitingBytes + bytes.length > MOST_WAITING)
    throw new ApiError('TEMPORARILY_UNAVAILABLE', 'Too many large requests wait to be read; send this one again later')
  const thread = startedReader()
  const id = count++
  // a copy where it is part of a larger piece of memory, which others still use
  const own = bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes)
  const read = new Promise<unknown>((resolve, reject) => waiting.set(id, { bytes: own.length, resolve, reject }))
  waitingBytes += own.length
  thread.postMessage({ id, endpoint: name, bytes: own, params } satisfies LargeBody, [own.buffer as ArrayBuffer])
  return read
}

function startedReader(): Worker {
  if (reader) return reader
  const thread = new Worker(new URL('./large-bodies-worker.ts', import.meta.url), { execArgv: [] })
  thread.unref()
  thread.on('message', (message: ReadBody) => {
    const { resolve, reject } = taken(message.id)
    if ('input' in message) resolve(message.input)
    else reject(new ApiError(message.refused.code, message.refused.message, { details: message.refused.details }))
  })
  thread.on('error', (cause) => {
    reader = undefined
    for (const id of [...waiting.keys()])
      taken(id).reject(new ApiError('INTERNAL_ERROR', 'The request body could not be read', { cause }))
  })
  reader = thread
  return thread
}

function taken(id: number): Waiting {
  const found = waiting.get(id)!
  waiting.delete(id)
  waitingBytes -= found.bytes
  return found
}
