import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ApiError, parseJson, stringifyJson } from '#contract'
import type { Caller } from './route.ts'

/** Who is asking and what they may see, between two servers that share a secret. */
export const CALLER_HEADER = 'assay-caller'

/** How long a signature is good for, counted by the signer's clock. The verifier's may differ by as much, either way. */
const GOOD_FOR_MS = 60_000

/** `body`: the digest of a JSON body; absent where there is none, or where it is a stream, which is not vouched for. */
type Claims = Caller & { expires: number; body?: string | undefined }

const digestOf = (body: string | Uint8Array) => createHash('sha256').update(body).digest('base64url')

const signatureOf = (secret: string, method: string, path: string, claims: string) =>
  createHmac('sha256', secret).update(`${method}\n${path}\n${claims}`).digest()

/** What is asked: `path` as it is sent, with its query, and the JSON body if there is one. */
export type Sent = { method: string; path: string; body?: string | undefined }

/** The header for one request. The bytes of an artifact are not covered by it. */
export function signCaller(secret: string, { method, path, body }: Sent, { principal, scope }: Caller): string {
  const expires = Date.now() + GOOD_FOR_MS
  const claims = stringifyJson({
    principal,
    scope,
    expires,
    ...(body === undefined ? {} : { body: digestOf(body) }),
  } satisfies Claims)
  const encoded = Buffer.from(claims).toString('base64url')
  return `${encoded}.${signatureOf(secret, method, path, encoded).toString('base64url')}`
}

/** Who is asking, and what their body must be. */
export type VerifiedCaller = Caller & Pick<Claims, 'body'>

/** Throws PERMISSION_DENIED where this is not the body that was vouched for. */
export function verifyBody({ body }: VerifiedCaller, bytes: Uint8Array) {
  if (bytes.length === 0 ? body !== undefined : body !== digestOf(bytes))
    throw new ApiError('PERMISSION_DENIED', `${CALLER_HEADER} is not signed for this body`)
}

/** The caller that the header of this very request names. Throws UNAUTHENTICATED where there is none, PERMISSION_DENIED where it is no good. */
export function verifyCaller(secret: string, { method = '', url = '', headers }: IncomingMessage): VerifiedCaller {
  const header = headers[CALLER_HEADER]
  if (typeof header !== 'string')
    throw new ApiError(
      'UNAUTHENTICATED',
      `Only a server that shares the secret may ask here: ${CALLER_HEADER} is missing`,
    )
  const [encoded = '', signature = '', ...rest] = header.split('.')
  const given = Buffer.from(signature, 'base64url')
  const expected = signatureOf(secret, method, url, encoded)
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new ApiError(
      'PERMISSION_DENIED',
      `${CALLER_HEADER} is not signed for this request: do both servers have the same secret?`,
    )
  const { expires, principal, scope, body } = parseJson(Buffer.from(encoded, 'base64url').toString()) as Claims
  const left = expires - Date.now()
  if (left < 0 || left > 2 * GOOD_FOR_MS)
    throw new ApiError(
      'PERMISSION_DENIED',
      `${CALLER_HEADER} is expired, or from the future: the clocks of both servers must agree to a minute`,
    )
  return { principal, scope, body }
}
