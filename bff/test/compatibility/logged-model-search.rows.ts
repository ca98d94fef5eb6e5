import type { Table } from './row.ts'
import { answers, missing, post, refused, wrong } from './row.ts'

const search = (query: object = {}) => post('logged-models/search', { experiment_ids: ['EXPERIMENT'], ...query })
const found = answers({ models: [{ info: { model_id: 'MODEL' } }] })
const none = { ...answers({}), without: ['models', 'next_page_token'] }
const filtered = (filter: string) => ({ why: filter, ...search({ filter }) })
const ordered = (...order_by: object[]) => search({ order_by })

export const loggedModelSearches: Table = {
  about: 'search of logged models',
  rows: [
    {
      why: 'an experiment: its models that are not deleted',
      ...search(),
      ...found,
      without: ['next_page_token', 'models.1'],
    },
    {
      why: 'all of a model',
      ...search(),
      ...answers({
        models: [
          {
            info: { name: 'seeded', model_type: 'tree', source_run_id: 'RUN', tags: [{ key: 'team', value: 'blue' }] },
            data: { params: [{ key: 'depth', value: '3' }] },
          },
        ],
      }),
    },
    { why: 'no experiments', ...post('logged-models/search'), ...missing('experiment_ids') },
    { why: 'an empty list of experiments', ...search({ experiment_ids: [] }), ...none },
    { why: 'an experiment that is not there', ...search({ experiment_ids: ['999999'] }), ...none },
    { why: 'an experiment that is no number', ...search({ experiment_ids: ['x'] }), ...refused("'x'") },
    { why: 'numbers for experiments', ...search({ experiment_ids: [1] }), ...wrong('experiment_ids[0]', '1') },
    ...[
      '',
      "name = 'seeded'",
      "attributes.name = 'seeded'",
      "name LIKE 'see%' AND name ILIKE 'SEE%'",
      "name IN ('seeded', 'x')",
      "name NOT IN ('x')",
      "model_type = 'tree'",
      "source_run_id = 'RUN'",
      "model_id = 'MODEL'",
      "status = 'PENDING'",
      'creation_timestamp > 5 AND creation_time > 5',
      'last_updated_timestamp >= 5',
      'last_updated_time >= 5',
      "params.depth = '3'",
      "params.`depth` != '4'",
      "tags.team LIKE 'b%'",
      "tags.team ILIKE 'B%'",
    ].map((filter) => ({ ...filtered(filter), ...found })),
    ...[
      "name = 'gone'",
      "status = 'READY'",
      "params.none != '3'",
      'metrics.none > 0',
      'creation_timestamp < 5',
      "source_run_id = ''",
    ].map((filter) => ({ ...filtered(filter), ...none })),
    ...[
      "attribute.name = 'x'",
      "param.depth = '3'",
      "datasets.name = 'x'",
      "foo = 'x'",
      "name > 'x'",
      "metrics.acc LIKE 'x'",
      "metrics.acc = 'x'",
      "creation_timestamp LIKE '1'",
      'name',
      "name = 'a';name = 'b'",
    ].map((filter) => ({ ...filtered(filter), ...refused() })),
    {
      why: 'order by everything',
      ...ordered(
        { field_name: 'name' },
        { field_name: 'creation_timestamp', ascending: false },
        { field_name: 'metrics.acc', ascending: true, dataset_name: 'wine', dataset_digest: 'd' },
      ),
      ...found,
    },
    { why: 'order by the same twice', ...ordered({ field_name: 'name' }, { field_name: 'name' }), ...found },
    { why: 'order by nothing', ...ordered({}), ...refused('order_by[0].field_name') },
    {
      why: 'order by an unknown field',
      ...ordered({ field_name: 'foo' }),
      ...refused('Invalid order by field name: foo'),
    },
    {
      why: 'order by a param',
      ...ordered({ field_name: 'params.depth' }),
      ...refused('Invalid order by field name: params.depth'),
    },
    {
      why: 'order by a digest without a name',
      ...ordered({ field_name: 'metrics.acc', dataset_digest: 'd' }),
      ...refused('dataset_name'),
    },
    { why: 'order as text', ...search({ order_by: 'name' }), ...refused('order_by') },
    { why: 'a dataset that nothing was measured on', ...search({ datasets: [{ dataset_name: 'wine' }] }), ...none },
    { why: 'a dataset without a name', ...search({ datasets: [{}] }), ...refused('dataset_name') },
    { why: 'one result', ...search({ max_results: 1 }), ...found },
    { why: 'no result', ...search({ max_results: 0 }), ...wrong('max_results', '0') },
    { why: 'less than no result', ...search({ max_results: -1 }), ...wrong('max_results', '-1') },
    { why: 'a token that is none', ...search({ page_token: 'abc' }), ...refused('page_token') },
    { why: 'below the prefix of the page', ...search(), path: '/ajax-api/2.0/mlflow/logged-models/search', ...found },
  ],
}
