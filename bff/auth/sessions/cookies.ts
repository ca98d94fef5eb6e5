import type { IncomingMessage } from 'node:http'
import { PLAIN_COOKIE, SECURE_COOKIE } from '../identify/credentials.ts'

/**
 * By which name a browser keeps its session with this server. Over plain http browsers take a `__Host-` cookie from localhost
 * alone; elsewhere it is one without `Secure`.
 */
export const openCookieName =
  (publicUrl: string | undefined) =>
  ({ headers }: IncomingMessage): string =>
    publicUrl?.startsWith('https:') || /^localhost(:\d+)?$/i.test(headers.host ?? '') ? SECURE_COOKIE : PLAIN_COOKIE

const attributes = (name: string) => `Path=/; HttpOnly; SameSite=Lax${name === SECURE_COOKIE ? '; Secure' : ''}`

export const sessionCookie = (name: string, secret: string) => ({
  'Set-Cookie': `${name}=${secret}; ${attributes(name)}`,
})

export const noSessionCookie = (name: string) => ({ 'Set-Cookie': `${name}=; Max-Age=0; ${attributes(name)}` })
