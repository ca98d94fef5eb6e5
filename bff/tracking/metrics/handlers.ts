import type { Endpoints } from '#contract'
import type { Database } from '#kit/db.ts'
import type { HandlersOf } from '#kit/route.ts'
import type { RunWrites } from '../writes/run-write.ts'
import { bucketSeries } from './buckets.ts'
import { getMetricHistory, getMetricHistoryBulk } from './history.ts'
import { getMetricHistoryBulkInterval } from './interval.ts'
import { summariseSeries } from './summaries.ts'

type Handlers = Pick<
  HandlersOf<Endpoints>,
  | 'logMetric'
  | 'getMetricHistory'
  | 'getMetricHistoryBulk'
  | 'getMetricHistoryBulkInterval'
  | 'bucketSeries'
  | 'summariseSeries'
>

export const metricHandlers = ({ reads }: Database, writes: RunWrites): Handlers => ({
  async logMetric({ run_id, ...point }) {
    await writes.submit({ log: { run_id, metrics: [point], params: [], tags: [] } })
    return {}
  },
  getMetricHistory: (input) => getMetricHistory(reads, input),
  getMetricHistoryBulk: (input) => getMetricHistoryBulk(reads, input),
  getMetricHistoryBulkInterval: (input) => getMetricHistoryBulkInterval(reads, input),
  bucketSeries: (input) => bucketSeries(reads, input),
  summariseSeries: (input) => summariseSeries(reads, input),
})
