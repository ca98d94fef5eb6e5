import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { EVERYTHING } from './scope.ts'
import { CALLER_HEADER, signCaller, verifyBody, verifyCaller } from './signed-caller.ts'

const SECRET = 'a secret of both servers, and long'
const PATH = '/api/2.0/mlflow/runs/get?run_id=1'
const ANN = { principal: 'ann é', scope: { experiments: [1, 2n ** 60n], registeredModels: ['fraud/é'] } }
const MINUTE = 60_000

const asked = (header?: string, method = 'GET', url = PATH) =>
  Object.assign(new IncomingMessage(new Socket()), { method, url, headers: header ? { [CALLER_HEADER]: header } : {} })
const signed = () => signCaller(SECRET, { method: 'GET', path: PATH }, ANN)

afterEach(() => void vi.useRealTimers())

test('what was signed is read again, ids beyond 2^53 too', () => {
  expect(verifyCaller(SECRET, asked(signed()))).toEqual(ANN)
  const everything = { principal: '', scope: EVERYTHING }
  expect(verifyCaller(SECRET, asked(signCaller(SECRET, { method: 'GET', path: PATH }, everything)))).toEqual(everything)
})

test('nothing is asked without it', () => {
  expect(() => verifyCaller(SECRET, asked())).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }))
})

const refused = expect.objectContaining({ code: 'PERMISSION_DENIED' })
const [claims = '', signature = ''] = signed().split('.')
const widened = Buffer.from(JSON.stringify({ principal: 'ann', scope: EVERYTHING, expires: 2e12 }))

test.each([
  { why: 'another method', request: asked(signed(), 'POST') },
  { why: 'another path', request: asked(signed(), 'GET', '/api/2.0/mlflow/runs/search') },
  { why: 'another query', request: asked(signed(), 'GET', PATH.replace('=1', '=2')) },
  { why: 'another secret', request: asked(signCaller(`${SECRET}!`, { method: 'GET', path: PATH }, ANN)) },
  { why: 'a wider scope', request: asked(`${widened.toString('base64url')}.${signature}`) },
  { why: 'no signature', request: asked(claims) },
  { why: 'an empty signature', request: asked(`${claims}.`) },
  { why: 'half a signature', request: asked(`${claims}.${signature.slice(0, 20)}`) },
  { why: 'something behind it', request: asked(`${claims}.${signature}.${signature}`) },
  { why: 'noise', request: asked('....') },
])('it is no good for $why', ({ request }) => expect(() => verifyCaller(SECRET, request)).toThrow(refused))

test.each([
  { why: 'a minute old', laterMs: MINUTE, good: true },
  { why: 'older than a minute', laterMs: MINUTE + 1, good: false },
  { why: 'from a clock a minute ahead', laterMs: -MINUTE, good: true },
  { why: 'from a clock further ahead', laterMs: -MINUTE - 1, good: false },
])('$why: $good', ({ laterMs, good }) => {
  vi.useFakeTimers({ now: 1_800_000_000_000 })
  const request = asked(signed())
  vi.setSystemTime(1_800_000_000_000 + laterMs)
  if (good) expect(verifyCaller(SECRET, request)).toEqual(ANN)
  else expect(() => verifyCaller(SECRET, request)).toThrow(refused)
})

const BODY = '{"run_id":"é"}'
const withBody = (body: string | undefined) =>
  verifyCaller(SECRET, asked(signCaller(SECRET, { method: 'POST', path: PATH, body }, ANN), 'POST'))

test.each([
  { why: 'this body', signed: BODY, sent: BODY, good: true },
  { why: 'none', signed: undefined, sent: '', good: true },
  { why: 'another body', signed: BODY, sent: BODY.replace('é', 'e'), good: false },
  { why: 'a body where none was signed', signed: undefined, sent: BODY, good: false },
  { why: 'no body where one was signed', signed: BODY, sent: '', good: false },
])('it vouches for $why: $good', ({ signed, sent, good }) => {
  const check = () => verifyBody(withBody(signed), Buffer.from(sent))
  if (good) check()
  else expect(check).toThrow(refused)
})
