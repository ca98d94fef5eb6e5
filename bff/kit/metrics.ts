import { AggregatorRegistry, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Observe } from './log.ts'

/** What a gauge stands at: one number, or one for each value of its label. */
export type Reading = number | Record<string, number>

export type Metrics = {
  observe: Observe
  /** Registers a figure that is read when someone asks for the metrics. `label` names what a record's keys are. */
  gauge: (name: string, help: string, read: () => Reading, label?: string) => void
  text: () => Promise<string>
  contentType: string
}

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** The process' own figures (memory, CPU, event-loop lag, garbage collection), requests by route, and what parts add. */
export function openMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  // In a worker the first process asks for these and adds them up.
  AggregatorRegistry.setRegistries(registry)
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
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

/** A caller may invent methods; each would be a series of its own for ever. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const known = (method: string) => (methods.has(method) ? method : 'other')
