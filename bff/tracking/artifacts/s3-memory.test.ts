import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createRun } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { temporaryFolder } from '../../test/artifact-places.ts'
import { startAssay } from '../../test/process.ts'
import { startS3Stub } from '../../test/s3-stub.ts'

const MIB = 1024 * 1024
const CHUNKS = 768

/** What a process has in memory, MiB. */
const memoryOf = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

test.skipIf(process.platform !== 'linux')(
  'a large file passes through the server without staying in its memory',
  async () => {
    const stub = await startS3Stub()
    onTestFinished(stub.close)
    let received = 0
    stub.misbehave(({ method, query }, response, whole) => {
      if (method !== 'PUT' && method !== 'HEAD' && !query.has('uploadId')) return false
      whole.on('data', (chunk: Buffer) => {
        if (method === 'PUT') received += chunk.length
      })
      whole.on('end', () => {
        const headers = { etag: '"dropped"', ...(method === 'HEAD' && { 'content-length': received }) }
        response.writeHead(200, headers).end(method === 'POST' ? '<CompleteMultipartUploadResult/>' : '')
      })
      return true
    })
    const server = startAssay(
      [
        'serve',
        '--port=0',
        '--data',
        await temporaryFolder(),
        '--artifacts=s3://bucket/p',
        `--s3-endpoint=${stub.endpoint}`,
      ],
      { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' },
    )
    const base = await server.url()
    const { run } = await call(createRun, { experiment_id: '0' }, { base })
    const seen: number[] = []
    const chunk = new Uint8Array(MIB)
    async function* body() {
      for (let i = 0; i < CHUNKS; i++) {
        if (i % 32 === 0) seen.push(memoryOf(server.child.pid ?? 0))
        yield chunk
      }
    }
    const file = `${base}/api/2.0/mlflow-artifacts/artifacts/0/${run.info.run_id}/artifacts/large.bin`
    const sending = request(file, { method: 'PUT' })
    const [[answer]] = await Promise.all([once(sending, 'response'), pipeline(Readable.from(body()), sending)])
    expect([(answer as IncomingMessage).resume().statusCode, received]).toEqual([200, CHUNKS * MIB])
    // parts of 16 MiB of an unknown length, two on their way and one being filled, and what waits to be collected
    expect(Math.max(...seen) - Math.min(...seen)).toBeLessThan(300)
  },
  300_000,
)
