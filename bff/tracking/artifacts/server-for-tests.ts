import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { Endpoints } from '#contract'
import { ApiError, endpoints } from '#contract'
import { openHttpServer } from '#kit/http-server.ts'
import type { HandlersOf, Scope } from '#kit/route.ts'
import { sendJson, serveEndpoints } from '#kit/route.ts'
import type { ArtifactParts } from './handlers.ts'
import { artifactHandlers } from './handlers.ts'

/** The artifact endpoints alone, on a port: what is asked of them here needs no database. */
export async function serveArtifacts(parts: ArtifactParts, scope: Scope = { experiments: 'all' }, port = 0) {
  const handlers = artifactHandlers(parts)
  const names = Object.keys(handlers) as (keyof typeof handlers)[]
  const served = Object.fromEntries(names.map((name) => [name, endpoints[name]])) as Pick<
    Endpoints,
    (typeof names)[number]
  >
  const serve = serveEndpoints(served, handlers as HandlersOf<typeof served>, () => scope)
  const http = openHttpServer((asked, response) => {
    const [path = '', query = ''] = (asked.url ?? '').split('?')
    serve(asked, response, path, query).catch((error: unknown) => {
      const told = error instanceof ApiError ? error : new ApiError('INTERNAL_ERROR', String(error))
      if (!response.headersSent) sendJson(response, told.status, JSON.stringify(told))
    })
  })
  const address = await http.listen(port, '127.0.0.1')
  return { base: `http://127.0.0.1:${address.port}`, port: address.port, close: http.drain, cut: http.cut }
}

/** A request as it is written: fetch would tidy the path up before it is sent. */
export async function ask(
  url: string,
  method = 'GET',
  body: string | Uint8Array = '',
  headers: Record<string, string> = {},
) {
  const { origin } = new URL(url)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = request(origin, { method, path: url.slice(origin.length), headers }, resolve)
    asked.on('error', reject).end(body)
  })
  const text = String(await buffer(response))
  return { status: response.statusCode, headers: response.headers, text, json: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
