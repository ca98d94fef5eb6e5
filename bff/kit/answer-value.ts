import { text } from 'node:stream/consumers'
import { ApiError, parseJson } from '#contract'
import { JsonAnswer, RawJson, StreamAnswer } from './route.ts'

/** Whether an answer says that what was asked for was done: errors of another server may be answers too, as they came. */
export const succeeded = (answer: unknown): boolean =>
  answer instanceof StreamAnswer || answer instanceof RawJson ? answer.status === 200 : true

/** The same answer, to be looked into and still be sent: JSON that comes as a stream is read to its end. */
export async function readWhole<A>(answer: A): Promise<A | RawJson> {
  return answer instanceof StreamAnswer
    ? new RawJson(answer.body ? await text(answer.body) : '', answer.status)
    : answer
}

/** An answer as a value, whichever way it would be sent. Throws IO_ERROR for one that is an error. */
export async function answerValue<T>(answer: unknown): Promise<T> {
  const whole: unknown = await readWhole(answer)
  if (whole instanceof JsonAnswer) return whole.body as T
  if (!(whole instanceof RawJson)) return whole as T
  if (!succeeded(whole))
    throw new ApiError('IO_ERROR', `The tracking server answers ${whole.status}: ${whole.text.slice(0, 500)}`)
  return parseJson(whole.text) as T
}
