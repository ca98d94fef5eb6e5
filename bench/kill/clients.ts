import { setTimeout as wait } from 'node:timers/promises'
import type { Random } from '../demo/seeded.ts'
import type { Rest } from '../rest.ts'
import { createRun, RestError } from '../rest.ts'
import type { Operation, Point } from './ledger.ts'

const operationsOfARun = 150

/** A client logs until it is told to stop: one write after the other, as a training does, and then the next training. */
export async function runClient(server: Rest, random: Random, ledger: Operation[], stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const run_id = await untilCreated(server, stop)
    for (let count = 0; run_id && count < operationsOfARun && !stop.aborted; count++) {
      const operation = nextOperation(run_id, count, random)
      ledger.push(operation)
      // Most unanswered writes are sent again until the server is back, as MLflow's clients do; some are given up.
      const givesUp = random.next() < 0.2
      do {
        operation.outcome = await send(server, operation)
        operation.sent++
        if (operation.outcome === 'unknown') await wait(50)
      } while (operation.outcome === 'unknown' && !givesUp && !stop.aborted)
    }
  }
}

/** A run whose creation was acknowledged; those that were not may be there or not. */
async function untilCreated(server: Rest, stop: AbortSignal): Promise<string | undefined> {
  while (!stop.aborted) {
    const run = await createRun(server, { experiment_id: '0', start_time: Date.now() }).catch(() => undefined)
    if (run) return run.run_id
    await wait(50)
  }
  return undefined
}

function nextOperation(run_id: string, count: number, random: Random): Operation {
  const dice = random.next()
  const kind = dice < 0.7 ? 'metric' : dice < 0.84 ? 'batch' : dice < 0.92 ? 'param' : 'tag'
  const point = (index: number): Point => ({
    key: `metric-${index % 4}`,
    value: random.next(),
    timestamp: 1.764e12 + count * 100 + index,
    step: count,
  })
  const text = { key: `${kind}-${count}`, value: `value ${random.below(1e9)}` }
  const points =
    kind === 'metric'
      ? [point(random.below(4))]
      : kind === 'batch'
        ? Array.from({ length: 60 }, (_, index) => point(index))
        : []
  const texts = kind === 'metric' ? [] : kind === 'batch' ? [text, { ...text, key: `${text.key}-b` }] : [text]
  return { run_id, kind, outcome: 'unknown', sent: 0, points, texts }
}

async function send(server: Rest, { run_id, kind, points, texts }: Operation): Promise<Operation['outcome']> {
  try {
    if (kind === 'metric') await server.post('runs/log-metric', { run_id, ...points[0] })
    if (kind === 'batch') await server.post('runs/log-batch', { run_id, metrics: points, params: texts })
    if (kind === 'param') await server.post('runs/log-parameter', { run_id, ...texts[0] })
    if (kind === 'tag') await server.post('runs/set-tag', { run_id, ...texts[0] })
    return 'ok'
  } catch (error) {
    if (error instanceof RestError && error.status < 500) return 'refused'
    return 'unknown'
  }
}
