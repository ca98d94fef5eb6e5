import { runLoad } from './load.ts'
import type { LoadName } from './load-requests.ts'
import type { Pace, Round } from './pace.ts'
import type { Seed } from './seed.ts'
import { timed } from './timed.ts'
import { prepareDown, transferDown, transferUp } from './transfer.ts'

type Required = { mlflow?: number; fasttrackml?: number; sqlite?: number }

export type Work = {
  name: string
  title: string
  unit: string
  /** 'more': a rate; 'less': a time. */
  better: 'more' | 'less'
  /** The least factors by which Assay must be better than its peers: MLflow 3.17.2, FastTrackML 0.6.0, MLflow on SQLite. */
  required?: Required
  /** Where it differs from the pace's own. */
  rounds?: number
  /** Makes what is measured; not counted. */
  prepare(seed: Seed, pace: Pace): Promise<unknown>
  round(seed: Seed, pace: Pace): Promise<Round>
}

type LoadWork = Pick<Work, 'name' | 'title' | 'unit' | 'required'> & {
  load: LoadName
  connections: number
  /** What one request counts for. */
  each: number
  ids(seed: Seed, pace: Pace): Promise<string[]>
}

const underLoad = ({ load, connections, each, ids, ...rest }: LoadWork): Work => ({
  ...rest,
  better: 'more',
  prepare: ids,
  round: async (seed, pace) => {
    const authorization = seed.server.headers.authorization
    const wanted = { name: load, connections, seconds: pace.seconds, ids: await ids(seed, pace) }
    const { requests, seconds, p99, errors, first_error } = await runLoad(seed.server.base, authorization, wanted)
    if (requests === 0) throw new Error(first_error ?? `no answer within ${pace.seconds} s`)
    return { values: [(requests * each) / seconds], p99_ms: p99, errors, ...(first_error && { first_error }) }
  },
})

type TimedWork = Pick<Work, 'name' | 'title' | 'required'> & {
  prepare(seed: Seed, pace: Pace): Promise<unknown>
  /** One call or several; fails when the answer is not what it must be, so that a wrong one is never a fast one. */
  call(seed: Seed, pace: Pace): Promise<number>
}

const timedCalls = ({ call, ...rest }: TimedWork): Work => ({
  ...rest,
  unit: 'ms',
  better: 'less',
  round: async (seed, pace) => {
    const values: number[] = []
    const until = performance.now() + pace.seconds * 2500
    for (let i = 0; i < pace.repeats && performance.now() < until; i++) values.push(await call(seed, pace))
    return { values, errors: 0 }
  },
})

const ids = (runs: { run_id: string }[]) => runs.map((run) => run.run_id)
const oneRun = async (seed: Seed) => ids(await seed.runs(1))
const sixteenRuns = async (seed: Seed) => ids(await seed.runs(16))
const fourRuns = async (seed: Seed) => ids(await seed.runs(4))
const trainings = async (seed: Seed, pace: Pace) => [await seed.trainings(pace.trainings)]

function expectCount(what: string, found: number, least: number, most = least) {
  if (found < least || found > most)
    throw new Error(`${what}: ${found} instead of ${least === most ? least : `${least} to ${most}`}`)
}

const occurrences = (text: string, word: string) => text.split(word).length - 1

async function history(seed: Seed, points: number): Promise<number> {
  const { run_id } = await seed.history(points)
  const { ms, text } = await timed(seed.server, {
    path: `/api/2.0/mlflow/metrics/get-history?run_id=${run_id}&metric_key=loss`,
  })
  expectCount('points', occurrences(text, '"step"'), points)
  return ms
}

type Search = { filter?: string; order_by?: string[]; page_token?: string }

async function search(
  seed: Seed,
  pace: Pace,
  wanted: Search,
): Promise<{ ms: number; found: number; next?: string | undefined }> {
  const body = JSON.stringify({ experiment_ids: await trainings(seed, pace), max_results: 100, ...wanted })
  const { ms, text } = await timed(seed.server, { method: 'POST', path: '/api/2.0/mlflow/runs/search', body })
  return { ms, found: occurrences(text, '"artifact_uri"'), next: /"next_page_token": *"([^"]*)"/.exec(text)?.[1] }
}

async function searchOnce(seed: Seed, pace: Pace, wanted: Search, least: number): Promise<number> {
  const { ms, found } = await search(seed, pace, wanted)
  expectCount('runs', found, least, 100)
  return ms
}

async function searchPages(seed: Seed, pace: Pace): Promise<number> {
  const pages = Math.min(20, pace.trainings / 100)
  let total = 0
  let page_token: string | undefined
  for (let page = 0; page < pages; page++) {
    const { ms, found, next } = await search(seed, pace, page_token ? { page_token } : {})
    expectCount(`runs of page ${page + 1}`, found, 100)
    total += ms
    page_token = next
  }
  return total
}

export const works: Work[] = [
  underLoad({
    name: 'log-metric-16',
    title: 'log-metric, 16 connections',
    unit: '/s',
    required: { mlflow: 90, fasttrackml: 9, sqlite: 60 },
    load: 'log-metric',
    connections: 16,
    each: 1,
    ids: sixteenRuns,
  }),
  underLoad({
    name: 'log-metric-1',
    title: 'log-metric, 1 connection',
    unit: '/s',
    required: { mlflow: 25, fasttrackml: 1.5, sqlite: 20 },
    load: 'log-metric',
    connections: 1,
    each: 1,
    ids: oneRun,
  }),
  underLoad({
    name: 'log-batch',
    title: 'log-batch of 1,000 metrics, 4 connections',
    unit: 'metrics/s',
    required: { mlflow: 30, fasttrackml: 4, sqlite: 20 },
    load: 'log-batch',
    connections: 4,
    each: 1000,
    ids: fourRuns,
  }),
  // Each run takes two requests.
  underLoad({
    name: 'new-run',
    title: 'create run + log-batch (10 params, 8 metrics, 4 tags), 6 connections',
    unit: 'runs/s',
    required: { mlflow: 25, fasttrackml: 6 },
    load: 'new-run',
    connections: 6,
    each: 0.5,
    ids: async (seed) => [await seed.experiment()],
  }),
  timedCalls({
    name: 'history-25k',
    title: 'history, 25,000 points',
    required: { mlflow: 25, fasttrackml: 15 },
    prepare: (seed, pace) => seed.history(pace.long / 4),
    call: (seed, pace) => history(seed, pace.long / 4),
  }),
  timedCalls({
    name: 'history-100k',
    title: 'history, 100,000 points in one answer',
    required: { mlflow: 20, fasttrackml: 3 },
    prepare: (seed, pace) => seed.history(pace.long),
    call: (seed, pace) => history(seed, pace.long),
  }),
  timedCalls({
    name: 'interval',
    title: 'interval chart, 320 of 100,000 points',
    required: { mlflow: 10 },
    prepare: (seed, pace) => seed.history(pace.long),
    call: async (seed, pace) => {
      const { run_id } = await seed.history(pace.long)
      const query = new URLSearchParams({ run_ids: run_id, metric_key: 'loss', max_results: '320' })
      const { ms, text } = await timed(seed.server, {
        path: `/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?${query}`,
      })
      expectCount('points', occurrences(text, '"step"'), 318, 322)
      return ms
    },
  }),
  timedCalls({
    name: 'buckets',
    title: 'buckets (min, max, mean), 320 of 100,000 points',
    prepare: (seed, pace) => seed.history(pace.long),
    call: async (seed, pace) => {
      const { run_id } = await seed.history(pace.long)
      const body = JSON.stringify({ run_ids: [run_id], keys: ['loss'], buckets: 320 })
      const { ms, text } = await timed(seed.server, { method: 'POST', path: '/api/assay/series/buckets', body })
      const { series } = JSON.parse(text) as { series: { counts: number[] }[] }
      expectCount('points', series[0]?.counts.reduce((sum, count) => sum + count, 0) ?? 0, pace.long)
      return ms
    },
  }),
  timedCalls({
    name: 'search-first',
    title: 'search of 4,000 runs: first 100',
    required: { mlflow: 12, fasttrackml: 2, sqlite: 8 },
    prepare: trainings,
    call: (seed, pace) => searchOnce(seed, pace, {}, 100),
  }),
  timedCalls({
    name: 'search-metric',
    title: 'metric > x and param = y, ordered by a metric',
    required: { mlflow: 12, fasttrackml: 2 },
    prepare: trainings,
    call: (seed, pace) => {
      const filter = "metrics.`metric-1` > 0.5 and params.`param-0` = 'v3'"
      return searchOnce(
        seed,
        pace,
        { filter, order_by: ['metrics.`metric-2` DESC'] },
        Math.min(100, pace.trainings / 20),
      )
    },
  }),
  timedCalls({
    name: 'search-tag',
    title: 'tag LIKE',
    required: { mlflow: 12, fasttrackml: 2 },
    prepare: trainings,
    call: (seed, pace) => searchOnce(seed, pace, { filter: "tags.`tag-2` LIKE '%e 5% of%'" }, 1),
  }),
  timedCalls({
    name: 'search-pages',
    title: '20 pages of 100',
    required: { mlflow: 15, fasttrackml: 2 },
    prepare: trainings,
    call: searchPages,
  }),
  underLoad({
    name: 'search-8',
    title: 'search, 8 connections',
    unit: '/s',
    required: { mlflow: 30, fasttrackml: 2.5 },
    load: 'search',
    connections: 8,
    each: 1,
    ids: trainings,
  }),
  {
    name: 'artifact-up',
    title: 'artifact 512 MiB up',
    unit: 'MiB/s',
    better: 'more',
    required: { mlflow: 1.2 },
    prepare: (seed) => seed.runs(1),
    rounds: 5,
    round: transferUp,
  },
  {
    name: 'artifact-down',
    title: 'artifact 512 MiB down',
    unit: 'MiB/s',
    better: 'more',
    required: { mlflow: 3 },
    prepare: prepareDown,
    rounds: 5,
    round: transferDown,
  },
]
