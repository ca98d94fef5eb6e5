import { invalid } from '#contract'
import type { Caller } from '#kit/route.ts'
import type { Sent } from '#kit/signed-caller.ts'
import { CALLER_HEADER, signCaller } from '#kit/signed-caller.ts'

/** How a kind of server is asked for what the contract has. */
export type Manner = {
  /** Its path of what the contract has at `path`. */
  place: (path: string) => string
  /** The header that vouches for the caller and their JSON, or for this server. The path is its own. */
  vouch: (request: Sent, caller: Caller) => Record<string, string>
  /** Whether a header of a download goes on to the caller. */
  passes: (name: string) => boolean
  /** Sent with every download, whatever came. */
  always: Record<string, string>
}

/** Of one connection, or of the server itself. */
const OF_THE_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'date',
  'server',
  'set-cookie',
  'x-request-id',
])

/** A core of ours trusts whoever has the secret, and sees what the signed scope says. */
export const mannerOfCore = (secret: string): Manner => ({
  place: (path) => path,
  vouch: (request, caller) => ({ [CALLER_HEADER]: signCaller(secret, request, caller) }),
  passes: (name) => !OF_THE_HOP.has(name),
  always: {},
})

export type Credentials = { token: string } | { user: string; password: string }

const OF_A_FILE = new Set([
  'content-type',
  'content-length',
  'content-disposition',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
])

/** What proxies on the way would tidy up, so that it means another place than was authorised: dots, and encoded slashes. */
const READ_IN_TWO_WAYS = /^[^?]*(\/\.{1,2}([/?]|$)|%2f|%5c)/i

/**
 * An MLflow server. All of its API is below `/ajax-api/`, but some of it not below `/api/`. It knows this server at most,
 * and not the caller. Its downloads are made safe to open here, since older ones leave that to the browser.
 */
export const mannerOfMlflow = (credentials: Credentials | undefined): Manner => ({
  place(path) {
    if (READ_IN_TWO_WAYS.test(path)) throw invalid('Invalid path')
    return path.startsWith('/api/') ? `/ajax-api/${path.slice('/api/'.length)}` : path
  },
  vouch: () => (credentials ? { authorization: authorization(credentials) } : {}),
  passes: (name) => OF_A_FILE.has(name),
  always: {
    'content-security-policy': "sandbox; default-src 'none'",
    'cache-control': 'private, no-cache',
  },
})

const authorization = (credentials: Credentials) =>
  'token' in credentials
    ? `Bearer ${credentials.token}`
    : `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`
