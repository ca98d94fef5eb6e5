import type { Rest, RunInfo } from './rest.ts'
import { createRun } from './rest.ts'

/** What the works read and write, made on first use and shared by them: one set a server. */
export type Seed = {
  server: Rest
  experiment(): Promise<string>
  /** So many empty runs. */
  runs(count: number): Promise<RunInfo[]>
  /** A run with so many points of the metric `loss`. */
  history(points: number): Promise<RunInfo>
  /** An experiment with so many short trainings; see `fillRun`. */
  trainings(count: number): Promise<string>
}

export function seedOf(server: Rest): Seed {
  const made = new Map<string, Promise<unknown>>()
  const once = <T>(name: string, make: () => Promise<T>): Promise<T> => {
    const found = made.get(name) ?? make()
    made.set(name, found)
    return found as Promise<T>
  }
  const label = `bench-${new Date().toISOString()}`
  const experiment = (name: string) =>
    once(
      name,
      async () =>
        (await server.post<{ experiment_id: string }>('experiments/create', { name: `${label}-${name}` }))
          .experiment_id,
    )
  const newRun = async () =>
    createRun(server, { experiment_id: await experiment('work'), start_time: Date.now(), user_id: 'bench' })
  return {
    server,
    experiment: () => experiment('work'),
    runs: (count) => once(`${count} runs`, () => Promise.all(Array.from({ length: count }, newRun))),
    history: (points) => once(`${points} points`, async () => fillHistory(server, await newRun(), points)),
    trainings: (count) =>
      once(`${count} trainings`, async () => {
        const experiment_id = await experiment(`${count}-trainings`)
        await inTurn(count, 6, (index) => fillRun(server, experiment_id, index))
        return experiment_id
      }),
  }
}

async function fillHistory(server: Rest, run: RunInfo, points: number): Promise<RunInfo> {
  for (let from = 0; from < points; from += 1000) {
    const metrics = Array.from({ length: Math.min(1000, points - from) }, (_, index) => {
      const step = from + index
      return {
        key: 'loss',
        value: 2 / (1 + step / 500) + 0.1 * Math.sin(step * 12.9898),
        timestamp: 1.764e12 + step * 250,
        step,
      }
    })
    await server.post('runs/log-batch', { run_id: run.run_id, metrics })
  }
  await server.post('runs/update', { run_id: run.run_id, status: 'FINISHED', end_time: 1.764e12 + points * 250 })
  return run
}

/** Ten params (the first has five values), eight metrics in 0..1, four tags. */
async function fillRun(server: Rest, experiment_id: string, index: number): Promise<void> {
  const start_time = 1.764e12 + index * 1000
  const { run_id } = await createRun(server, {
    experiment_id,
    start_time,
    user_id: 'bench',
    run_name: `training-${index}`,
  })
  const list = <T>(length: number, one: (position: number) => T) =>
    Array.from({ length }, (_, position) => one(position))
  const noise = (position: number) => Math.abs(Math.sin((index + 1) * (position + 1) * 12.9898) * 43758.5453) % 1
  await server.post('runs/log-batch', {
    run_id,
    params: list(10, (position) => ({ key: `param-${position}`, value: `v${index % (5 + position * 40)}` })),
    metrics: list(8, (position) => ({
      key: `metric-${position}`,
      value: noise(position),
      timestamp: start_time + 500,
      step: 0,
    })),
    tags: list(4, (position) => ({ key: `tag-${position}`, value: `note ${index % 97} of ${position}` })),
  })
}

/** `count` calls, so many at once. */
export async function inTurn(count: number, atOnce: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
