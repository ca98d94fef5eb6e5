import { parentPort } from 'node:worker_threads'
import type { Endpoint } from '#contract'
import { ApiError, allEndpoints } from '#contract'
import type { LargeBody, ReadBody } from './large-bodies.ts'
import { inputOfBody } from './parse-input.ts'

const port = parentPort!
const known: Record<string, Endpoint> = allEndpoints

function refusalOf(error: unknown): Extract<ReadBody, { refused: object }>['refused'] {
  if (!(error instanceof ApiError))
    return { code: 'INTERNAL_ERROR', message: 'The request body could not be read', details: {} }
  const { code, message, details } = error
  return { code, message, details }
}

port.on('message', ({ id, endpoint, bytes, params }: LargeBody) => {
  try {
    port.postMessage({ id, input: inputOfBody(known[endpoint]!, bytes, params) } satisfies ReadBody)
  } catch (error) {
    port.postMessage({ id, refused: refusalOf(error) } satisfies ReadBody)
  }
})
