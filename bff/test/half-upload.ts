import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** An upload of which half is sent, once the server has it in hand. */
export async function halfUpload(url: string, bytes: Buffer) {
  const half = bytes.length / 2
  const put = request(url, {
    method: 'PUT',
    agent: false,
    headers: { 'Content-Length': bytes.length, Expect: '100-continue' },
  })
  const answer = once(put, 'response') as Promise<[IncomingMessage]>
  // Some tests have it cut off.
  answer.catch(() => {})
  put.flushHeaders()
  await once(put, 'continue')
  put.write(bytes.subarray(0, half))
  return {
    /** The rest, and the status of the answer. */
    async finish() {
      put.end(bytes.subarray(half))
      const [response] = await answer
      await text(response)
      return response.statusCode
    },
    cut: () => put.destroy(),
  }
}
