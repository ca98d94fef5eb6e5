/** A request that is meant to cost the server much. */
export type Hostile = { why: string; method: 'GET' | 'POST'; path: string; body?: string }

const api = '/api/2.0/mlflow'
const post = (why: string, path: string, body: string): Hostile => ({
  why,
  method: 'POST',
  path: path.startsWith('/') ? path : `${api}/${path}`,
  body,
})
const search = (why: string, filter: string, more: object = {}): Hostile =>
  post(why, 'runs/search', JSON.stringify({ experiment_ids: ['0'], filter, max_results: 5, ...more }))
const many = <T>(count: number, one: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => one(index))

/** Filters at the limits of what is taken, and beyond. */
const filters = (): Hostile[] => [
  search('a filter as long as may be', `tags.t LIKE '${'%a'.repeat(8000)}'`),
  search('a filter that is far too long', `params.p = '${'x'.repeat(4_000_000)}'`),
  search('a hundred clauses', many(100, (i) => `metrics.m${i} > ${i}`).join(' AND ')),
  search('thousands of clauses', many(700, (i) => `metrics.m${i}>${i}`).join(' OR ')),
  search('as many parentheses as may be', `${'('.repeat(60)}metrics.m > 1${')'.repeat(60)}`),
  search('thousands of parentheses', '('.repeat(16_000)),
  search('thousands of NOT', `${'NOT '.repeat(4000)}metrics.m > 1`),
  search('nothing but quotes', "'".repeat(16_000)),
  search('nothing but backticks', '`'.repeat(16_001)),
  search('a long list', `attributes.run_id IN (${many(450, (i) => `'${String(i).padStart(32, '0')}'`).join(',')})`),
  search('a hundred patterns with many wildcards', many(100, (i) => `tags.t${i} ILIKE '%a%b%c%d%e%f%'`).join(' AND ')),
  search('a hundred keys of the order', '', { order_by: many(100, (i) => `metrics.m${i} DESC`) }),
  search('thousands of keys of the order', '', { order_by: many(50_000, (i) => `metrics.m${i}`) }),
  search('thousands of experiments', '', { experiment_ids: many(100_000, String) }),
  search('a page token of a megabyte', '', { page_token: 'A'.repeat(1_000_000) }),
  {
    why: 'a filter in the address',
    method: 'GET',
    path: `${api}/experiments/search?max_results=5&filter=${'name%20LIKE%20%27%25a%25%27%20AND%20'.repeat(300)}`,
  },
]

/** Expressions that a backtracking engine would think about for years. */
const expressions = (): Hostile[] =>
  [
    '(a+)+$',
    '((a*)*)*b',
    '(a|a)*$',
    '(a|aa)+$',
    '(.*a){30}',
    `${'a?'.repeat(300)}${'a'.repeat(300)}`,
    '(((((a{1,30}){1,30}){1,30}){1,30}){1,30})',
    '\\p{L}{1,1000}x',
    'x{1000}',
    '('.repeat(400) + ')'.repeat(400),
    'a'.repeat(100_000),
  ].map((expression) =>
    search(`the expression ${expression.slice(0, 30)}`, `tags.\`mlflow.runName\` RLIKE '${expression}'`),
  )

const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth)
const point = (i: number) => `{"key":"m${i % 900}","value":${i},"timestamp":1764000000000,"step":${i}}`

/** Bodies that are deep, wide or long. */
const bodies = (run_id: string): Hostile[] => [
  post('lists in lists', 'runs/log-metric', nested(100_000, '[', ']')),
  post('objects in objects', 'runs/log-metric', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
  post(
    'lists in lists inside a field',
    'runs/log-batch',
    `{"run_id":"${run_id}","metrics":${nested(50_000, '[', ']')}}`,
  ),
  post(
    'camel case, deep',
    'runs/log-batch',
    `{"runId":"${run_id}","metrics":${'[{"aB":'.repeat(20_000)}1${'}]'.repeat(20_000)}}`,
  ),
  post(
    'JSON in a string in a string',
    'runs/log-metric',
    many(12, String).reduce((text) => JSON.stringify(text), '{}'),
  ),
  post('a hundred thousand fields', 'runs/log-metric', `{${many(100_000, (i) => `"f${i}":${i}`).join(',')}}`),
  post(
    'a number of a million digits',
    'runs/log-metric',
    `{"run_id":"${run_id}","key":"m","value":1,"timestamp":1,"step":${'9'.repeat(1_000_000)}}`,
  ),
  post(
    'a value of a million digits',
    'runs/log-metric',
    `{"run_id":"${run_id}","key":"m","value":${'9'.repeat(1_000_000)},"timestamp":1}`,
  ),
  post(
    'a step as text of a million digits',
    'runs/log-metric',
    `{"run_id":"${run_id}","key":"m","value":1,"timestamp":1,"step":"${'9'.repeat(1_000_000)}"}`,
  ),
  post(
    'a key of four megabytes',
    'runs/log-metric',
    `{"run_id":"${run_id}","key":"${'k'.repeat(4_000_000)}","value":1,"timestamp":1}`,
  ),
  post(
    'a key of dots and slashes',
    'runs/log-metric',
    `{"run_id":"${run_id}","key":"${'../'.repeat(80)}","value":1,"timestamp":1}`,
  ),
  post(
    'a thousand points with long digits',
    'runs/log-batch',
    `{"run_id":"${run_id}","metrics":[${many(1000, (i) => `{"key":"m${i}","value":0.${'1234567890'.repeat(20)},"timestamp":1764000000000,"step":922337203685477580${i % 8}}`).join(',')}]}`,
  ),
  post(
    'a hundred thousand points',
    'runs/log-batch',
    `{"run_id":"${run_id}","metrics":[${many(100_000, point).join(',')}]}`,
  ),
  post(
    'a hundred thousand params',
    'runs/log-batch',
    `{"run_id":"${run_id}","params":[${many(100_000, (i) => `{"key":"p${i}","value":"v"}`).join(',')}]}`,
  ),
  post('a tag of ten megabytes', 'runs/set-tag', `{"run_id":"${run_id}","key":"t","value":"${'é'.repeat(5_000_000)}"}`),
  post(
    'a body of seventeen megabytes',
    'runs/set-tag',
    `{"run_id":"${run_id}","key":"t","value":"${'v'.repeat(17_000_000)}"}`,
  ),
  post('fifteen megabytes of blanks', 'runs/set-tag', ' '.repeat(15_000_000)),
  post('fifteen megabytes that are no JSON', 'runs/set-tag', `{"run_id":"${'\\"'.repeat(7_000_000)}`),
  post('a history of models', 'runs/log-model', JSON.stringify({ run_id, model_json: nested(20_000, '[', ']') })),
  post(
    'a dataset with a long profile',
    'runs/log-inputs',
    JSON.stringify({
      run_id,
      datasets: [
        { dataset: { name: 'd', digest: 'd', source_type: 's', source: 's', profile: 'p'.repeat(15_000_000) } },
      ],
    }),
  ),
  post(
    'a hundred curves, by bucket',
    '/api/assay/series/buckets',
    JSON.stringify({ run_ids: [run_id], keys: many(100, (i) => `m${i}`), buckets: 5000 }),
  ),
  { why: 'an address of fifteen kilobytes', method: 'GET', path: `/${'%41'.repeat(5000)}` },
  { why: 'fifteen kilobytes of parameters', method: 'GET', path: `${api}/runs/get?${'a=1&'.repeat(3700)}` },
  { why: 'a path of slashes', method: 'GET', path: `${'/'.repeat(15_000)}api` },
  { why: 'a path of dots', method: 'GET', path: `${api}-artifacts/artifacts/${'..%2f'.repeat(2500)}` },
]

/** What may cost a server much; `run_id` is a run that it has. */
export const hostileRequests = (run_id: string): Hostile[] => [...filters(), ...expressions(), ...bodies(run_id)]
