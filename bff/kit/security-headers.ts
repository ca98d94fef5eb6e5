import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from 'helmet'

/** For every answer that is not the page: read by programs, never shown as a document of ours. Fixed, so it costs little. */
const ofAnswers = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Cache-Control', 'no-store'],
  ['X-Frame-Options', 'DENY'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox"],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Referrer-Policy', 'no-referrer'],
] as const

export function secureAnswer(response: ServerResponse): void {
  for (const [name, value] of ofAnswers) response.setHeader(name, value)
}

/** What the page may not do, whoever wrote the texts it shows. */
const PERMISSIONS =
  'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()'

export type Paged = ServerResponse & { nonce?: string }

const nonceOf = (_: IncomingMessage, response: ServerResponse) => `'nonce-${(response as Paged).nonce}'`

/**
 * Headers of the page. Styles need the nonce, since Mantine and CodeMirror write style elements; `base-uri` is ours, since
 * the page finds its parts by <base> below any --static-prefix.
 */
export function openPageHeaders({ https }: { https: boolean }): (request: IncomingMessage, response: Paged) => void {
  const set = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", nonceOf],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        manifestSrc: ["'self'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        objectSrc: ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    // Once sent, browsers refuse plain http to this name for a year: only where the server is known to stand behind TLS.
    strictTransportSecurity: https && { maxAge: 31_536_000, includeSubDomains: false },
  })
  return (request, response) => {
    set(request, response, () => {})
    response.setHeader('Permissions-Policy', PERMISSIONS)
    response.setHeader('Cache-Control', 'no-store')
  }
}
