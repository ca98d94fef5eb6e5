import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createRun, getMetricHistory, logMetric, searchRuns } from '#contract'
import { call, urlOf } from '../../web/lib/client.ts'
import { downloadArtifact, uploadArtifact } from '../contract/artifacts.ts'
import { temporaryFolder } from './artifact-places.ts'
import type { TestPostgres } from './postgres.ts'
import { noPostgres, startPostgres } from './postgres.ts'
import { startAssay } from './process.ts'

/**
 * A load balancer as there are many: it asks each replica whether it is ready, gives requests to those that are, in turn,
 * keeps connections open, and never sends anything twice.
 */
async function startBalancer() {
  const replicas: { url: string; ready: boolean }[] = []
  const agent = new Agent({ keepAlive: true })
  let turn = 0
  const server = createServer((incoming, outgoing) => {
    const ready = replicas.filter((replica) => replica.ready)
    const replica = ready[turn++ % ready.length]
    if (!replica) return outgoing.writeHead(502).end()
    const { method, url: path, headers } = incoming
    const onward = request(replica.url + path, { agent, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.headersSent || outgoing.writeHead(502).end())
    incoming.pipe(onward)
    return undefined
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const closed = new AbortController()
  const look = async () => {
    while (!closed.signal.aborted) {
      for (const replica of replicas)
        replica.ready = await fetch(`${replica.url}/ready`).then(
          ({ ok }) => ok,
          () => false,
        )
      await pause(20)
    }
  }
  void look()
  onTestFinished(() => {
    closed.abort()
    agent.destroy()
    server.closeAllConnections()
    server.close()
  })
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: async (url: string) => {
      const replica = { url, ready: false }
      replicas.push(replica)
      await expect.poll(() => replica.ready, { timeout: 30_000 }).toBe(true)
    },
    remove: (url: string) =>
      replicas.splice(
        replicas.findIndex((replica) => replica.url === url),
        1,
      ),
  }
}

describe.runIf(noPostgres === undefined)(`replicas ${noPostgres ? `(skipped: ${noPostgres})` : ''}`, () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startPostgres()
  })
  afterAll(() => postgres.close())

  test('two that are replaced one after the other under load fail no call, and no upload', async () => {
    const artifacts = await temporaryFolder()
    const start = async () => {
      const flags = ['--port=0', '--artifacts', artifacts, '--log-level=warn', '--stop-delay=1']
      const replica = startAssay(['serve', ...flags], { ASSAY_DATABASE_URL: postgres.url })
      return { ...replica, base: await replica.url() }
    }
    const { base, add, remove } = await startBalancer()
    let running = [await start(), await start()]
    for (const replica of running) await add(replica.base)

    let stopping = false
    const logged = await Promise.all(
      Array.from({ length: 6 }, async () => (await call(createRun, { experiment_id: '0' }, { base })).run.info.run_id),
    )
    const writers = logged.map(async (run_id) => {
      let step = 0
      for (; !stopping; step++) {
        await call(logMetric, { run_id, key: 'loss', value: step, timestamp: 1, step }, { base })
        if (step % 10 === 0) await call(searchRuns, { experiment_ids: ['0'], max_results: 5 }, { base })
      }
      return { run_id, points: step }
    })
    const piece = randomBytes(100_000)
    const uploads = logged.slice(0, 2).map(async (run_id, uploader) => {
      let files = 0
      for (; !stopping; files++) {
        const slowly = async function* () {
          for (let n = 0; n < 20; n++) {
            yield piece
            await pause(20)
          }
        }
        const path = `0/${run_id}/artifacts/${uploader}/${files}.bin`
        const body = Readable.toWeb(Readable.from(slowly())) as ReadableStream
        const sent: RequestInit & { duplex: 'half' } = { method: 'PUT', body, duplex: 'half' }
        const { status } = await fetch(urlOf(uploadArtifact, { path }, base), sent)
        expect(status).toBe(200)
      }
      return { run_id, uploader, files }
    })
    const load = Promise.all([Promise.all(writers), Promise.all(uploads)])
    // a failed call is told when the load is asked for; until then it is nobody's
    load.catch(() => {})

    for (const old of [...running]) {
      const fresh = await start()
      await add(fresh.base)
      old.child.kill('SIGTERM')
      expect(await old.exited).toBe(0)
      remove(old.base)
      running = [...running.filter((replica) => replica !== old), fresh]
    }
    stopping = true
    const [written, uploaded] = await load

    for (const { run_id, points } of written) {
      expect(points).toBeGreaterThan(10)
      const { metrics = [] } = await call(getMetricHistory, { run_id, metric_key: 'loss' }, { base })
      expect(metrics.length).toBe(points)
    }
    for (const { run_id, uploader, files } of uploaded)
      for (let file = 0; file < files; file++) {
        const path = `0/${run_id}/artifacts/${uploader}/${file}.bin`
        const bytes = await (await fetch(urlOf(downloadArtifact, { path }, base))).arrayBuffer()
        expect(bytes.byteLength).toBe(20 * piece.length)
      }
    expect(running).toHaveLength(2)
  })
})
