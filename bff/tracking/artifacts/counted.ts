import type { Readable } from 'node:stream'
import { ApiError, invalid } from '#contract'
import type { WriteLimits } from './store.ts'

/**
 * The chunks of a body, ending in an error unless they add up to what was announced.
 * A body that is given up is read to its end and dropped: a client that is still sending then hears the answer.
 */
export async function* counted(
  body: Readable,
  { expectedBytes, minBytes = 0, maxBytes = Number.POSITIVE_INFINITY, onChunk }: WriteLimits,
) {
  let count = 0
  try {
    if (expectedBytes !== undefined && expectedBytes > maxBytes) throw tooLarge(maxBytes)
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      count += chunk.length
      if (count > maxBytes) throw tooLarge(maxBytes)
      onChunk?.(chunk)
      yield chunk
    }
  } catch (error) {
    throw body.errored ? cutShort(count, body.errored) : error
  } finally {
    if (!body.readableEnded) body.on('error', () => {}).resume()
  }
  if (count < minBytes) throw invalid('Request must specify data.')
  if (expectedBytes !== undefined && count !== expectedBytes)
    throw invalid(`The body has ${count} bytes, but Content-Length announced ${expectedBytes}; nothing was stored`)
}

const tooLarge = (maxBytes: number) =>
  new ApiError('PAYLOAD_TOO_LARGE', `The artifact is larger than the ${maxBytes} bytes that this server takes`)

const cutShort = (count: number, cause: Error) =>
  new ApiError('CANCELLED', `The body broke off after ${count} bytes; nothing was stored`, { cause })
