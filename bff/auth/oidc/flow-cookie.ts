import type { IncomingMessage } from 'node:http'
import { EncryptJWT, jwtDecrypt } from 'jose'
import * as z from 'zod'

/** What a sign-in has to remember between its two halves. */
const Flow = z.object({
  provider: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** the page to go to, below the server's address */
  next: z.string(),
})
export type Flow = z.output<typeof Flow>

const MINUTES = 10

/** The browser keeps it, sealed: nothing is written down for whoever only begins to sign in. */
export function openFlowCookie(key: Uint8Array, { https, prefix }: { https: boolean; prefix: string }) {
  const name = https ? '__Host-oidc' : 'oidc'
  const attributes = https ? 'Path=/; HttpOnly; SameSite=Lax; Secure' : `Path=${prefix || '/'}; HttpOnly; SameSite=Lax`
  return {
    async seal(flow: Flow): Promise<string> {
      const text = await new EncryptJWT(flow)
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setExpirationTime(`${MINUTES} minutes`)
        .encrypt(key)
      return `${name}=${text}; Max-Age=${MINUTES * 60}; ${attributes}`
    },

    /** Undefined where there is none, or none of ours, or an old one. */
    async open({ headers }: IncomingMessage): Promise<Flow | undefined> {
      const given = (headers.cookie ?? '').split(/; */).filter((part) => part.startsWith(`${name}=`))
      // one that comes twice was set by somebody else too
      if (given.length !== 1) return undefined
      const sealed = given[0]?.slice(name.length + 1) ?? ''
      const opened = await jwtDecrypt(sealed, key).catch(() => undefined)
      return Flow.safeParse(opened?.payload).data
    },

    gone: `${name}=; Max-Age=0; ${attributes}`,
  }
}
