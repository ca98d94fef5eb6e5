import type { Table } from './row.ts'
import { absent, answers, get, missing, post, refused } from './row.ts'

const history = (query: string) => get(`metrics/get-history?run_id=RUN&metric_key=loss${query}`)
const bulk = (query: string) => get(`metrics/get-history-bulk?${query}`)
const interval = (query: string) => get(`metrics/get-history-bulk-interval?${query}`)
const three = [{ key: 'loss', value: 1, timestamp: 1000, step: 0 }, { value: 0.5, step: 1 }, { step: 2 }]
const ids = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}=r${i}`).join('&')

/** Reading the points of a metric. */
export const metrics: Table = {
  about: 'metric histories',
  rows: [
    {
      why: 'history',
      ...history(''),
      ...answers({ metrics: three }),
      without: ['next_page_token', 'metrics.0.run_id'],
    },
    {
      why: 'history as clients ask',
      ...history('&max_results=25000'),
      ...answers({ metrics: three }),
      without: ['next_page_token'],
    },
    {
      why: 'history by run_uuid',
      ...get('metrics/get-history?run_uuid=RUN&metric_key=loss'),
      ...answers({ metrics: three }),
    },
    {
      why: 'history by both ids',
      ...get('metrics/get-history?run_uuid=RUN&run_id=RUN&metric_key=loss'),
      ...answers({ metrics: three }),
    },
    { why: 'history: a first page', ...history('&max_results=2'), ...answers({ metrics: three.slice(0, 2) }) },
    {
      why: 'history: a page that is just full is the last',
      ...history('&max_results=3'),
      ...answers({ metrics: three }),
      without: ['next_page_token'],
    },
    {
      why: 'history of a deleted run',
      ...get('metrics/get-history?run_id=DELETED_RUN&metric_key=loss'),
      ...answers({ metrics: [{ value: 1 }] }),
    },
    {
      why: 'history of an unknown metric',
      ...get('metrics/get-history?run_id=RUN&metric_key=nothing'),
      ...answers(),
      without: ['metrics', 'next_page_token'],
    },
    {
      why: 'history of an unknown run',
      ...get('metrics/get-history?run_id=ABSENT&metric_key=loss'),
      ...absent('Run with id=ABSENT not found'),
    },
    { why: 'history: no run', ...get('metrics/get-history?metric_key=loss'), ...missing('run_id') },
    { why: 'history: no metric', ...get('metrics/get-history?run_id=RUN'), ...missing('metric_key') },
    { why: 'history: an empty metric', ...get('metrics/get-history?run_id=RUN&metric_key='), ...missing('metric_key') },
    { why: 'history: a metric twice', ...history('&metric_key=acc'), ...refused("'metric_key'") },
    { why: 'history: none at all', ...history('&max_results=0'), ...refused("'max_results'") },
    { why: 'history: fewer than none', ...history('&max_results=-1'), ...refused("'max_results'") },
    { why: 'history: a word for max_results', ...history('&max_results=many'), ...refused("'max_results'") },
    { why: 'history: a fraction for max_results', ...history('&max_results=1.5'), ...refused("'max_results'") },
    { why: 'history: more than 32 bits', ...history('&max_results=2147483648'), ...refused("'max_results'") },
    ...[
      'garbage',
      'W10=',
      'e30=',
      'eyJvZmZzZXQiOiAwfQ==',
      'eyJvZmZzZXQiOiAtMX0=',
      '%00',
      '%F0%9F%99%82',
      'x'.repeat(5000),
    ].map((token) => ({
      why: `history: a page token that the server did not give: ${token.slice(0, 24)}`,
      ...history(`&max_results=1&page_token=${token}`),
      ...refused('page_token'),
    })),
    {
      why: 'bulk',
      ...bulk('run_id=RUN&metric_key=loss'),
      ...answers({ metrics: three.map((point) => ({ ...point, run_id: 'RUN' })) }),
    },
    {
      why: 'bulk of two runs',
      ...bulk('run_id=RUN&run_id=DELETED_RUN&metric_key=loss&max_results=25000'),
      ...answers({ metrics: [{}, {}, {}, {}] }),
    },
    {
      why: 'bulk: unknown runs give nothing',
      ...bulk('run_id=ABSENT&metric_key=loss'),
      ...answers(),
      without: ['metrics.0'],
    },
    {
      why: 'bulk: no runs',
      ...bulk('metric_key=loss'),
      ...refused('GetMetricHistoryBulk request must specify at least one run_id'),
    },
    { why: 'bulk: no metric', ...bulk('run_id=RUN'), ...refused('must specify a metric_key') },
    { why: 'bulk: 100 runs', ...bulk(`${ids('run_id', 100)}&metric_key=loss`), ...answers() },
    {
      why: 'bulk: 101 runs',
      ...bulk(`${ids('run_id', 101)}&metric_key=loss`),
      ...refused('cannot specify more than 100 run_ids'),
    },
    {
      why: 'bulk: more than the limit is the limit',
      ...bulk('run_id=RUN&metric_key=loss&max_results=99999'),
      ...answers({ metrics: [{}, {}, {}] }),
    },
    {
      why: 'bulk: the first two',
      ...bulk('run_id=RUN&metric_key=loss&max_results=2'),
      ...answers({ metrics: [{ step: 0 }, { step: 1 }] }),
    },
    { why: 'bulk: none at all', ...bulk('run_id=RUN&metric_key=loss&max_results=0'), ...refused("'max_results'") },
    {
      why: 'interval',
      ...interval('run_ids=RUN&metric_key=loss'),
      ...answers({ metrics: [{ run_id: 'RUN', step: 0 }, { step: 1 }, { step: 2 }] }),
    },
    {
      why: 'interval: a range of steps',
      ...interval('run_ids=RUN&metric_key=loss&start_step=1&end_step=1'),
      ...answers({ metrics: [{ step: 1 }] }),
    },
    {
      why: 'interval: one point is the last',
      ...interval('run_ids=RUN&metric_key=loss&max_results=1'),
      ...answers({ metrics: [{ step: 2 }] }),
    },
    { why: 'interval: no runs', ...interval('metric_key=loss'), ...missing('run_ids') },
    { why: 'interval: no metric', ...interval('run_ids=RUN'), ...missing('metric_key') },
    { why: 'interval: 100 runs', ...interval(`${ids('run_ids', 100)}&metric_key=loss`), ...answers() },
    {
      why: 'interval: 101 runs',
      ...interval(`${ids('run_ids', 101)}&metric_key=loss`),
      ...refused('GetMetricHistoryBulkInterval request must specify at most 100 run_ids.'),
    },
    {
      why: 'interval: a start alone',
      ...interval('run_ids=RUN&metric_key=loss&start_step=0'),
      ...refused('If either start step or end step are specified, both must be specified.'),
    },
    {
      why: 'interval: an end alone',
      ...interval('run_ids=RUN&metric_key=loss&end_step=0'),
      ...refused('If either start step or end step are specified, both must be specified.'),
    },
    {
      why: 'interval: an end before the start',
      ...interval('run_ids=RUN&metric_key=loss&start_step=2&end_step=1'),
      ...refused('end_step must be greater than start_step. '),
    },
    ...['0', '-1', '2501'].map((max) => ({
      why: `interval: ${max} points`,
      ...interval(`run_ids=RUN&metric_key=loss&max_results=${max}`),
      ...refused('max_results must be between 1 and 2500'),
    })),
    {
      why: 'interval: a word for a step',
      ...interval('run_ids=RUN&metric_key=loss&start_step=a&end_step=b'),
      ...refused("'start_step'"),
    },
    { why: 'buckets: no runs', ...post('/api/assay/series/buckets', { keys: ['loss'] }), ...missing('run_ids') },
    {
      why: 'buckets: none',
      ...post('/api/assay/series/buckets', { run_ids: ['RUN'], keys: ['loss'], buckets: 0 }),
      ...refused('buckets'),
    },
    {
      why: 'buckets: too many',
      ...post('/api/assay/series/buckets', { run_ids: ['RUN'], keys: ['loss'], buckets: 5001 }),
      ...refused('5000'),
    },
    {
      why: 'buckets: an unknown axis',
      ...post('/api/assay/series/buckets', { run_ids: ['RUN'], keys: ['loss'], x: 'day' }),
      ...refused("'x'"),
    },
    {
      why: 'buckets: an end before the start',
      ...post('/api/assay/series/buckets', { run_ids: ['RUN'], keys: ['loss'], start: 2, end: 1 }),
      ...refused('start must not be after end'),
    },
    {
      why: 'buckets',
      ...post('/api/assay/series/buckets', { run_ids: ['RUN'], keys: ['loss'] }),
      ...answers({ start: 0, end: 2, series: [{ run_id: 'RUN', key: 'loss', count: 3 }] }),
    },
  ],
}
