import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { ErrorCode, ErrorDetails } from '#contract'
import { ApiError, ERROR_STATUS, isErrorCode, parseJson } from '#contract'
import { RawJson, StreamAnswer } from '#kit/route.ts'

export type ServerAnswer = { status: number; headers: IncomingHttpHeaders; body: Readable }

/** Answers up to this size are sent on in one write; longer ones as they come. */
const SMALL_BYTES = 1024 * 1024
/** What is read of an answer that has to be looked into. */
const LARGEST_BYTES = 64 * 1024 * 1024

export const unreachable = (cause: unknown) =>
  new ApiError('TEMPORARILY_UNAVAILABLE', 'The tracking server behind this one does not answer', { cause })

const senseless = (what: string) => new ApiError('IO_ERROR', `The tracking server behind this one ${what}`)

const isJson = ({ 'content-type': type = '' }: IncomingHttpHeaders) => /^application\/json\b/i.test(type)

/** A JSON answer as it came, with its length where that is known. */
export async function passJson(answer: ServerAnswer): Promise<RawJson | StreamAnswer> {
  const { status, headers, body } = answer
  if (status !== 200) return refusal(answer)
  if (!isJson(headers)) throw notOurs(answer)
  const length = headers['content-length']
  if (length !== undefined && Number(length) <= SMALL_BYTES) return new RawJson(await readText(body, SMALL_BYTES))
  const type = { 'content-type': 'application/json' }
  return new StreamAnswer(200, length === undefined ? type : { ...type, 'content-length': length }, body)
}

/** A JSON answer as a value; anything but 200 is thrown. */
export async function readJson(answer: ServerAnswer): Promise<Record<string, unknown>> {
  if (answer.status !== 200) throw await errorOf(answer)
  if (!isJson(answer.headers)) throw notOurs(answer)
  return parseJson(await readText(answer.body, LARGEST_BYTES)) as Record<string, unknown>
}

function notOurs({ body }: ServerAnswer) {
  body.destroy()
  return senseless('answers without JSON. Is --tracking-url the address of its API?')
}

/** An error with the status that came; one of ours where it says nothing that clients understand. */
export async function refusal(answer: ServerAnswer): Promise<never | StreamAnswer> {
  const error = await errorOf(answer)
  if (error instanceof ApiError) throw error
  const { status, text } = error
  const again = status === 429 || status >= 502 ? { 'retry-after': answer.headers['retry-after'] ?? '1' } : {}
  const head = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...again }
  return new StreamAnswer(status, head, Readable.from([text]))
}

type Foreign = { status: number; text: string }

async function errorOf({ status, headers, body }: ServerAnswer): Promise<ApiError | Foreign> {
  if (status === 401 || status < 400) body.destroy()
  if (status === 401)
    return senseless('does not know this server: check the secret, token or login that it was started with')
  if (status < 400) return senseless(`sends elsewhere (${status}). Is --tracking-url its own address?`)
  const text = await readText(body, SMALL_BYTES)
  const { error_code, message, detail, ...details } = isJson(headers) ? asObject(text) : {}
  if (typeof error_code !== 'string') return fromStatus(status, typeof detail === 'string' ? detail : text)
  return isErrorCode(error_code) && ERROR_STATUS[error_code] === status
    ? new ApiError(error_code, String(message), { details: details as ErrorDetails })
    : { status, text }
}

function asObject(text: string): Record<string, unknown> {
  try {
    const value = parseJson(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

const codes: Record<number, ErrorCode> = {
  400: 'INVALID_PARAMETER_VALUE',
  403: 'PERMISSION_DENIED',
  404: 'ENDPOINT_NOT_FOUND',
  405: 'ENDPOINT_NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  429: 'RESOURCE_EXHAUSTED',
  501: 'NOT_IMPLEMENTED',
  503: 'TEMPORARILY_UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

/** An error in text or HTML: MLflow has some, and so have proxies in front of it. */
function fromStatus(status: number, text: string): ApiError {
  // a mode of MLflow, which would have clients ask again for minutes
  const switchedOff = status === 503 && text.includes('disabled due to the mlflow server running')
  const code = switchedOff ? 'NOT_IMPLEMENTED' : (codes[status] ?? (status < 500 ? 'BAD_REQUEST' : 'IO_ERROR'))
  const said = /<\w+/.test(text) ? '' : text.trim().slice(0, 500)
  return new ApiError(code, said || `The tracking server behind this one answers ${status} without saying why`)
}

/** Ends in an error, and the connection closed, where there is more than `limit`, or less than was announced. */
async function readText(body: Readable, limit: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > limit) throw senseless(`answers more than ${limit} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    throw error instanceof ApiError ? error : unreachable(error)
  }
  return Buffer.concat(chunks).toString()
}
