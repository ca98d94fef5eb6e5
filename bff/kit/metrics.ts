import cluster from 'node:cluster'
import { AggregatorRegistry, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Observe } from './log.ts'

/** What a gauge stands at: one number, or one for each value of its label. */
type Reading = number | Record<string, number>

/** Registers a figure that is read when someone asks for the metrics. `label` names what a record's keys are. */
type RegisterGauge = (name: string, help: string, read: () => Reading, label?: string) => void

export type Metrics = {
  observe: Observe
  gauge: RegisterGauge
  /** In Prometheus' text format; with several workers, of all of them together. */
  text: () => Promise<string>
  contentType: string
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** The process' own figures (memory, CPU, event-loop lag, garbage collection), requests by route, and what parts add. */
export function openMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'assay_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: seconds,
    registers: [registry],
  })
  return {
    observe: (method, route, status, time) => requests.observe({ method: known(method), route, status }, time),
    gauge(name, help, read, label) {
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: label ? [label] : [],
        registers: [registry],
        collect() {
          const reading = read()
          if (typeof reading === 'number') gauge.set(reading)
          else for (const [value, number] of Object.entries(reading)) gauge.set({ [label ?? 'name']: value }, number)
        },
      })
    },
    text: cluster.isWorker ? textOfAll(registry) : () => registry.metrics(),
    contentType: registry.contentType,
  }
}

/** A caller may invent methods; each would be a series of its own for ever. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const known = (method: string) => (methods.has(method) ? method : 'other')

type Ask = { metricsOfAll: number }
type Told = { metricsOfAll: number; text: string }

const isAbout = (message: unknown): message is Ask | Told =>
  typeof message === 'object' && message !== null && 'metricsOfAll' in message

/** In a worker: the first process asks every worker for its own and adds them up. */
function textOfAll(registry: Registry): () => Promise<string> {
  AggregatorRegistry.setRegistries(registry)
  new AggregatorRegistry()
  const waiting = new Map<number, (text: string) => void>()
  let count = 0
  process.on('message', (message) => {
    if (isAbout(message) && 'text' in message) waiting.get(message.metricsOfAll)?.(message.text)
  })
  return async () => {
    const id = count++
    const { promise, resolve } = Promise.withResolvers<string>()
    waiting.set(id, resolve)
    process.send?.({ metricsOfAll: id } satisfies Ask)
    const text = await promise
    waiting.delete(id)
    return text || registry.metrics()
  }
}

/** In the first process: answers the workers. An empty text means that some worker did not tell in time. */
export function answerWorkersMetrics() {
  const all = new AggregatorRegistry()
  cluster.on('message', (worker, message: unknown) => {
    if (!isAbout(message)) return
    const tell = (text: string) => worker.isConnected() && worker.send({ ...message, text } satisfies Told)
    all.clusterMetrics().then(tell, () => tell(''))
  })
}
