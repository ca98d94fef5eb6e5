import { Agent, request } from 'node:http'
import type { Rest } from './rest.ts'
import { RestError } from './rest.ts'

type Call = { method?: string; path: string; body?: string | undefined }

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** Milliseconds from sending to the last byte of the answer, and the answer. A connection that was closed is no slow answer. */
export async function timed(server: Rest, call: Call): Promise<{ ms: number; text: string }> {
  return attempt(server, call).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') throw error
    return attempt(server, call)
  })
}

async function attempt(server: Rest, { method = 'GET', path, body }: Call): Promise<{ ms: number; text: string }> {
  const start = performance.now()
  const chunks: Buffer[] = []
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body ?? '') }
  const status = await new Promise<number>((resolve, reject) => {
    const sent = request(server.base + path, {
      method,
      agent,
      timeout: 120_000,
      headers: { ...server.headers, ...(body && headers) },
    })
    sent.once('timeout', () => sent.destroy(new Error(`No answer from ${path} in two minutes`)))
    sent.once('error', reject)
    sent.once('response', (response) => {
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject).once('end', () => resolve(response.statusCode ?? 0))
    })
    sent.end(body)
  })
  const ms = performance.now() - start
  const text = Buffer.concat(chunks).toString()
  if (status !== 200) {
    const words = text.slice(0, 300).replace(/\s+/g, ' ')
    throw new RestError(status, `${method} ${server.base}${path}: ${status} ${words}`)
  }
  return { ms, text }
}
