import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** What a request shows of who is asking. */
export type Credential =
  | { kind: 'session'; secret: string }
  | { kind: 'token'; secret: string; username: string | undefined }
  | { kind: 'password'; username: string; password: string }
  /** an Authorization header that says nothing */
  | { kind: 'unreadable' }

/** Where a browser keeps its session. The first is kept from other hosts and from plain http; browsers refuse it where there is no TLS. */
export const SECURE_COOKIE = '__Host-sid'
export const PLAIN_COOKIE = 'sid'

export const TOKEN_PREFIX = 'mlt_'

/** A request that carries an Authorization header never uses the cookie. */
export function credentialOf({ headers }: IncomingMessage, cookieName: string): Credential | undefined {
  const { authorization, cookie } = headers
  if (authorization !== undefined) return authorized(authorization)
  const secret = cookie === undefined ? undefined : cookieNamed(cookie, cookieName)
  return secret === undefined ? undefined : { kind: 'session', secret }
}

function authorized(header: string): Credential {
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(header.trim()) ?? []
  if (scheme.toLowerCase() === 'bearer') return { kind: 'token', secret: value, username: undefined }
  if (scheme.toLowerCase() !== 'basic') return { kind: 'unreadable' }
  const text = Buffer.from(value, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon < 0) return { kind: 'unreadable' }
  const username = text.slice(0, colon)
  const password = text.slice(colon + 1)
  return password.startsWith(TOKEN_PREFIX)
    ? { kind: 'token', secret: password, username }
    : { kind: 'password', username, password }
}

/** The value of a cookie that comes once; a name that comes twice was set by somebody else too, and counts as none. */
function cookieNamed(header: string, name: string): string | undefined {
  const values = header
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
  return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined
}

/** 32 random bytes for a cookie or a link. */
export const newSecret = () => randomBytes(32).toString('base64url')

/** How a secret of high entropy is stored. */
export const hashOf = (secret: string) => createHash('sha256').update(secret).digest()

/** What a page of this session sends back with every change; another site's page cannot know it. */
export const csrfTokenOf = (sessionSecret: string) =>
  createHmac('sha256', sessionSecret).update('assay csrf').digest('base64url')
