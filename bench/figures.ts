import type { Pace, Round } from './pace.ts'
import { NotServed, RestError } from './rest.ts'
import type { Seed } from './seed.ts'
import type { Work } from './work.ts'

/** What `failed` says where a server has no such endpoint: a peer's is no failure. */
export const NOT_SERVED = 'not served'

/** What one work came to on one server. */
export type Figure = {
  median: number
  lowest: number
  highest: number
  p99_ms?: number
  errors: number
  first_error?: string
  failed?: string
}

/** All works on the servers in turn: A B, B A, A B, so that what else the machine does meets both alike. */
export async function measure(
  works: Work[],
  seeds: Seed[],
  pace: Pace,
  tell: (line: string) => void,
): Promise<Record<string, Figure>[]> {
  const figures: Record<string, Figure>[] = seeds.map(() => ({}))
  for (const work of works) {
    const rounds = await measureWork(work, seeds, pace)
    rounds.forEach((result, index) => {
      const figure = summarise(result, work)
      const all = figures[index]
      if (all) all[work.name] = figure
      tell(
        `${work.name} on ${seeds[index]?.server.base}: ${figure.failed ?? `${figure.median.toPrecision(4)} ${work.unit}`}`,
      )
    })
  }
  return figures
}

type Result = { rounds: Round[]; failed?: string }

async function measureWork(work: Work, seeds: Seed[], pace: Pace): Promise<Result[]> {
  const results: Result[] = seeds.map(() => ({ rounds: [] }))
  const places = seeds.map((seed, index) => ({ seed, result: results[index] }))
  const attempt = async (result: Result | undefined, step: () => Promise<unknown>) => {
    if (!result || result.failed) return
    await step().catch((error: unknown) => {
      if (error instanceof NotServed || (error instanceof RestError && error.status === 404)) result.failed = NOT_SERVED
      else result.failed = error instanceof Error ? error.message : String(error)
    })
  }
  for (const { seed, result } of places) await attempt(result, () => work.prepare(seed, pace))
  const rounds = pace.rounds === 1 ? 1 : (work.rounds ?? pace.rounds)
  for (let round = 0; round < rounds; round++) {
    for (const { seed, result } of round % 2 ? places.toReversed() : places)
      await attempt(result, async () => result?.rounds.push(await work.round(seed, pace)))
  }
  return results
}

function summarise({ rounds, failed }: Result, work: Work): Figure {
  const values = rounds.flatMap((round) => round.values)
  const errors = rounds.reduce((sum, round) => sum + round.errors, 0)
  const first_error = rounds.find((round) => round.first_error)?.first_error
  const slow =
    work.unit === 'ms'
      ? quantile(values, 0.99)
      : quantile(
          rounds.flatMap((round) => round.p99_ms ?? []),
          0.5,
        )
  return {
    median: quantile(values, 0.5),
    lowest: Math.min(...values),
    highest: Math.max(...values),
    errors,
    ...(Number.isFinite(slow) && { p99_ms: slow }),
    ...(first_error && { first_error }),
    ...(failed && { failed }),
  }
}

export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place % 1)
}
