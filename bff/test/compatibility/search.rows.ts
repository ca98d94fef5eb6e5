import type { Table } from './row.ts'
import { answers, get, post, refused, wrong } from './row.ts'

const search = (fields: object) => post('runs/search', { experiment_ids: ['EXPERIMENT'], ...fields })
const experiments = (fields: object) => post('experiments/search', fields)
const theRun = { runs: [{ info: { run_id: 'RUN' } }] }
const tokens = ['garbage', 'W10=', 'e30=', 'eyJvZmZzZXQiOiAxfQ==', '\u00e9', 'x'.repeat(10_000)]

/** What the filter's grammar refuses; the grammar has a table of its own in tracking/search. */
const filters: [filter: string, ...message: string[]][] = [
  ['metrics.loss > '],
  ['metrics.loss ~ 1'],
  ["metrics.loss > '1'"],
  ['metrics.loss > abc'],
  ['params.lr = 1'],
  ['tags.team = blue'],
  ["nothing.team = 'blue'"],
  ["attributes.colour = 'red'", 'colour'],
  ["attributes.experiment_id = '1'"],
  ["lifecycle_stage = 'active'"],
  ["params.lr > '1'"],
  ["tags.team = 'blue"],
  ["tags.team = 'blue'; drop table runs"],
  ["tags.team = 'blue' tags.x = 'y'"],
  ["'blue' = tags.team"],
  ['run_id IN ()'],
  ["run_id IN ('a'"],
  ["run_id IN ('a' 'b')"],
  ['start_time > now'],
  ['AND'],
  ['('],
  [')'],
  ['metrics.loss'],
  ['metrics. > 1'],
  ['= 1'],
]

export const searches: Table = {
  about: 'searches',
  rows: [
    { why: 'runs', ...search({}), ...answers(theRun), without: ['next_page_token', 'runs.1'] },
    {
      why: 'runs that match',
      ...search({ filter: "metrics.loss < 0.5 and params.lr = '0.1' and tags.team LIKE 'bl%'" }),
      ...answers(theRun),
    },
    {
      why: 'runs that do not match',
      ...search({ filter: "tags.team = 'red'" }),
      ...answers(),
      without: ['runs', 'next_page_token'],
    },
    { why: 'an empty filter', ...search({ filter: '' }), ...answers(theRun) },
    {
      why: 'deleted runs',
      ...search({ run_view_type: 'DELETED_ONLY' }),
      ...answers({ runs: [{ info: { run_id: 'DELETED_RUN' } }] }),
    },
    {
      why: 'all runs, by number',
      ...search({ run_view_type: 3, order_by: ['run_name'] }),
      ...answers({ runs: [{ info: { run_name: 'gone' } }, { info: { run_name: 'seeded' } }] }),
    },
    { why: 'no experiments match nothing', ...search({ experiment_ids: [] }), ...answers(), without: ['runs'] },
    {
      why: 'an experiment that is no number',
      ...search({ experiment_ids: ['EXPERIMENT', 'abc'] }),
      ...refused('experiment_id', 'number'),
    },
    { why: 'no list of experiments', ...post('runs/search'), ...answers(), without: ['runs'] },
    {
      why: 'unknown experiments match nothing',
      ...search({ experiment_ids: ['987654', '123456789012345678'] }),
      ...answers(),
      without: ['runs'],
    },
    { why: 'a deleted experiment', ...search({ experiment_ids: ['DELETED_EXPERIMENT'] }), ...answers() },
    {
      why: 'NUL in an experiment id',
      ...search({ experiment_ids: ['a\0'] }),
      ...refused("'experiment_ids[0]'", 'NUL'),
    },
    { why: '50,000 runs', ...search({ max_results: 50_000 }), ...answers(theRun) },
    { why: '50,001 runs', ...search({ max_results: 50_001 }), ...wrong('max_results', '50001') },
    { why: 'far too many runs', ...search({ max_results: 123_456_789 }), ...wrong('max_results', '123456789') },
    { why: 'no runs', ...search({ max_results: 0 }), ...wrong('max_results', '0') },
    { why: 'fewer than none', ...search({ max_results: -1 }), ...wrong('max_results', '-1') },
    { why: 'a fraction of a run', ...search({ max_results: 1.5 }), ...wrong('max_results', '1.5') },
    { why: 'a boolean for max_results', ...search({ max_results: true }), ...wrong('max_results', 'true') },
    { why: 'max_results null is the default', ...search({ max_results: null }), ...answers(theRun) },
    { why: 'a number for a filter', ...search({ filter: 5 }), ...wrong('filter', '5') },
    { why: 'NUL in a filter', ...search({ filter: "tags.team = '\0'" }), ...refused("'filter'", 'NUL') },
    ...filters.map(([filter, ...message]) => ({
      why: `filter: ${filter}`,
      ...search({ filter }),
      ...refused(...message),
    })),
    {
      why: '100 clauses',
      ...search({ filter: Array(100).fill("tags.team = 'blue'").join(' and ') }),
      ...answers(theRun),
    },
    {
      why: '101 clauses',
      ...search({ filter: Array(101).fill("tags.team = 'blue'").join(' and ') }),
      ...refused('100'),
    },
    {
      why: 'order',
      ...search({ order_by: ['metrics.loss DESC', 'params.lr', 'tags.`team` ASC', 'attributes.start_time desc'] }),
      ...answers(theRun),
    },
    { why: 'order by an unknown attribute', ...search({ order_by: ['colour'] }), ...refused('colour') },
    { why: 'order in an unknown direction', ...search({ order_by: ['run_name SIDEWAYS'] }), ...refused() },
    { why: 'order by the same twice', ...search({ order_by: ['run_name', 'run_name DESC'] }), ...refused() },
    { why: 'order by nothing', ...search({ order_by: [''] }), ...refused() },
    { why: 'order by SQL', ...search({ order_by: ['run_name; drop table runs'] }), ...refused() },
    { why: 'a number to order by', ...search({ order_by: [1] }), ...wrong('order_by[0]', '1') },
    { why: 'null to order by', ...search({ order_by: null }), ...answers(theRun) },
    {
      why: '100 order keys',
      ...search({ order_by: Array.from({ length: 100 }, (_, i) => `params.p${i}`) }),
      ...answers(theRun),
    },
    {
      why: '101 order keys',
      ...search({ order_by: Array.from({ length: 101 }, (_, i) => `params.p${i}`) }),
      ...refused('100'),
    },
    ...tokens.map((page_token) => ({
      why: `runs: a page token that the server did not give: ${page_token.slice(0, 24)}`,
      ...search({ page_token }),
      ...refused('page_token'),
    })),
    ...tokens.map((page_token) => ({
      why: `experiments: a page token that the server did not give: ${page_token.slice(0, 24)}`,
      ...experiments({ page_token }),
      ...refused('page_token'),
    })),
    { why: 'an empty page token is none', ...search({ page_token: '' }), ...answers(theRun) },
    {
      why: 'experiments',
      ...experiments({ max_results: 1000, filter: "name = 'seeded'" }),
      ...answers({ experiments: [{ experiment_id: 'EXPERIMENT', tags: [{ key: 'team' }] }] }),
      without: ['next_page_token'],
    },
    {
      why: 'experiments by GET',
      ...get("experiments/search?max_results=10&filter=name%20%3D%20'seeded'"),
      ...answers({ experiments: [{ name: 'seeded' }] }),
    },
    {
      why: 'experiments by GET, ordered',
      ...get("experiments/search?filter=name%20LIKE%20'Def%25'&order_by=name&order_by=creation_time%20DESC"),
      ...answers({ experiments: [{ name: 'Default' }] }),
    },
    {
      why: 'experiments that do not match',
      ...experiments({ filter: "name = 'nobody'" }),
      ...answers(),
      without: ['experiments', 'next_page_token'],
    },
    {
      why: 'experiments without max_results, which MLflow refuses',
      ...experiments({ filter: "tags.team = 'blue' and name = 'seeded'" }),
      ...answers({ experiments: [{ name: 'seeded' }] }),
    },
    ...[0, -1, 50_001].map((max_results) => ({
      why: `experiments: ${max_results} of them`,
      ...experiments({ max_results }),
      ...wrong('max_results', String(max_results)),
    })),
    ...[
      "attributes.colour = 'red'",
      "params.lr = '1'",
      'name = seeded',
      'creation_time > x',
      "experiment_id > '1'",
      'name =',
    ].map((filter) => ({
      why: `experiments: filter: ${filter}`,
      ...experiments({ filter }),
      ...refused(),
    })),
    { why: 'experiments: order by a tag', ...experiments({ order_by: ['tags.team'] }), ...refused() },
    { why: 'experiments: order by the same twice', ...experiments({ order_by: ['name', 'name'] }), ...refused() },
  ],
}
