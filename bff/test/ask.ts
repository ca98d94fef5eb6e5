import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { buffer } from 'node:stream/consumers'

export type Asked = { method?: string; body?: string | Uint8Array; headers?: Record<string, string> }

/** A request just as it is written: fetch would tidy its path up, and hide its headers. */
export async function ask(url: string, { method = 'GET', body = '', headers = {} }: Asked = {}) {
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
