import type { Table } from './row.ts'
import { answers, missing, post, refused, thenRun, wrong } from './row.ts'

const batch = (fields: object) => post('runs/log-batch', { run_id: 'RUN', ...fields })
const fresh = (fields: object) => post('runs/log-batch', { run_id: 'NEW_RUN', ...fields })
const metrics = (count: number) =>
  Array.from({ length: count }, (_, step) => ({ key: 'm', value: step, timestamp: 1, step }))
const pairs = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: 'v' }))
const point = { key: 'm', value: 1, timestamp: 1 }
const untouched = thenRun('RUN', { data: { params: [{ key: 'lr', value: '0.1' }] } })

export const batches: Table = {
  about: 'log-batch',
  rows: [
    { why: 'nothing', ...fresh({}), ...answers() },
    {
      why: '1,000 metrics',
      ...fresh({ metrics: metrics(1000) }),
      ...answers(),
      ...thenRun('NEW_RUN', { data: { metrics: [{ key: 'm', value: 999, step: 999 }] } }),
    },
    { why: '1,001 metrics', ...batch({ metrics: metrics(1001) }), ...refused("'metrics'", '1000') },
    { why: '100 params', ...fresh({ params: pairs(100) }), ...answers() },
    { why: '101 params', ...batch({ params: pairs(101) }), ...refused("'params'", '100') },
    { why: '100 tags', ...fresh({ tags: pairs(100) }), ...answers() },
    { why: '101 tags', ...batch({ tags: pairs(101) }), ...refused("'tags'", '100') },
    { why: '1,000 in all', ...fresh({ metrics: metrics(800), params: pairs(100), tags: pairs(100) }), ...answers() },
    {
      why: '1,001 in all',
      ...batch({ metrics: metrics(801), params: pairs(100), tags: pairs(100) }),
      ...refused('1000', 'together'),
    },
    {
      why: 'metrics[1]: no value',
      ...batch({ metrics: [point, { key: 'm', timestamp: 1 }] }),
      ...missing('metrics[1].value'),
    },
    {
      why: 'metrics[0]: no timestamp',
      ...batch({ metrics: [{ key: 'm', value: 1 }] }),
      ...missing('metrics[0].timestamp'),
    },
    {
      why: 'metrics[0]: no key',
      ...batch({ metrics: [{ value: 1, timestamp: 1 }] }),
      ...missing('metrics[0].key'),
    },
    {
      why: 'metrics[0]: a bad key',
      ...batch({ metrics: [{ ...point, key: 'a,b' }] }),
      ...refused("'metrics[0].name'", '"a,b"'),
    },
    {
      why: 'metrics[0]: a word for a value',
      ...batch({ metrics: [{ ...point, value: 'x' }] }),
      ...wrong('metrics[0].value', '"x"'),
    },
    {
      why: 'metrics[0]: a word for a timestamp',
      ...batch({ metrics: [{ ...point, timestamp: 'x' }] }),
      ...wrong('metrics[0].timestamp', '"x"'),
    },
    {
      why: 'metrics[0]: a negative timestamp',
      ...batch({ metrics: [{ ...point, timestamp: -1 }] }),
      ...wrong('metrics[0].timestamp', '-1'),
    },
    {
      why: 'metrics[0]: a fraction for a step',
      ...batch({ metrics: [{ ...point, step: 1.5 }] }),
      ...wrong('metrics[0].step', '1.5'),
    },
    {
      why: 'metrics[0]: a boolean for a step',
      ...batch({ metrics: [{ ...point, step: true }] }),
      ...wrong('metrics[0].step', 'true'),
    },
    {
      why: 'metrics[0]: a number for a key',
      ...batch({ metrics: [{ ...point, key: 5 }] }),
      ...wrong('metrics[0].key', '5'),
    },
    {
      why: 'metrics[0]: no step is 0',
      ...fresh({ metrics: [point] }),
      ...answers(),
      ...thenRun('NEW_RUN', { data: { metrics: [{ step: 0 }] } }),
    },
    { why: 'params[2]: no key', ...batch({ params: [...pairs(2), { value: 'x' }] }), ...missing('params[2].key') },
    { why: 'params[0]: an empty key', ...batch({ params: [{ key: '', value: 'x' }] }), ...missing('params[0].key') },
    {
      why: 'params[3]: a number for a value',
      ...batch({ params: [...pairs(3), { key: 'n', value: 5 }] }),
      ...wrong('params[3].value', '5'),
    },
    { why: 'params[0]: a bad key', ...batch({ params: [{ key: '../x', value: 'v' }] }), ...refused("'params[0].key'") },
    {
      why: 'params[0]: no value is the empty one',
      ...fresh({ params: [{ key: 'p' }] }),
      ...answers(),
      ...thenRun('NEW_RUN', { data: { params: [{ key: 'p', value: '' }] } }),
    },
    { why: 'tags[0]: no key', ...batch({ tags: [{ value: 'x' }] }), ...missing('tags[0].key') },
    {
      why: 'tags[1]: a list for a value',
      ...batch({
        tags: [
          { key: 'a', value: '1' },
          { key: 'b', value: [] },
        ],
      }),
      ...wrong('tags[1].value', '[]'),
    },
    { why: 'tags[0]: a bad key', ...batch({ tags: [{ key: 'a\\b', value: 'x' }] }), ...refused("'tags[0].key'") },
    { why: 'tags[0]: NUL', ...batch({ tags: [{ key: 'a', value: '\0' }] }), ...refused("'tags[0].value'", 'NUL') },
    {
      why: 'a bad tag after good metrics and params',
      ...batch({ metrics: metrics(3), params: pairs(3), tags: [{ key: 'a', value: 5 }] }),
      ...wrong('tags[0].value', '5'),
      ...untouched,
    },
    {
      why: 'a param twice',
      ...batch({
        params: [
          { key: 'p', value: '1' },
          { key: 'p', value: '2' },
        ],
      }),
      ...refused('Duplicate parameter keys', "'p'"),
    },
    {
      why: 'a param twice, alike',
      ...batch({
        params: [
          { key: 'p', value: '1' },
          { key: 'p', value: '1' },
        ],
      }),
      ...refused('Duplicate parameter keys', "'p'"),
    },
    {
      why: 'a stored param with another value, among others',
      ...batch({
        metrics: [point],
        params: [
          { key: 'new', value: '1' },
          { key: 'lr', value: '9' },
        ],
        tags: [{ key: 'x', value: 'y' }],
      }),
      ...refused('Changing param values is not allowed', "'lr'"),
      ...untouched,
    },
    {
      why: 'a tag twice, the last counts',
      ...fresh({
        tags: [
          { key: 't', value: '1' },
          { key: 't', value: '2' },
        ],
      }),
      ...answers(),
      ...thenRun('NEW_RUN', { data: { tags: [{ key: 'mlflow.runName' }, { key: 't', value: '2' }] } }),
    },
    {
      why: 'the tag mlflow.runName renames the run',
      ...fresh({ tags: [{ key: 'mlflow.runName', value: 'batched' }] }),
      ...answers(),
      ...thenRun('NEW_RUN', { info: { run_name: 'batched' } }),
    },
    {
      why: 'a long param is cut',
      ...fresh({ params: [{ key: 'p', value: 'x'.repeat(7000) }] }),
      ...answers(),
      ...thenRun('NEW_RUN', { data: { params: [{ key: 'p', value: 'x'.repeat(6000) }] } }),
    },
    {
      why: 'the latest of a metric is that of the highest step',
      ...fresh({
        metrics: [
          { ...point, step: 2, value: 2 },
          { ...point, step: 9, value: 9 },
          { ...point, step: 5, value: 5 },
        ],
      }),
      ...answers(),
      ...thenRun('NEW_RUN', { data: { metrics: [{ value: 9, step: 9 }] } }),
    },
    {
      why: 'then of the highest timestamp',
      ...fresh({
        metrics: [
          { ...point, timestamp: 3, value: 1 },
          { ...point, timestamp: 2, value: 7 },
        ],
      }),
      ...answers(),
      ...thenRun('NEW_RUN', { data: { metrics: [{ value: 1, timestamp: 3 }] } }),
    },
    {
      why: 'then of the highest value',
      ...fresh({
        metrics: [
          { ...point, value: 3 },
          { ...point, value: 8 },
          { ...point, value: 5 },
        ],
      }),
      ...answers(),
      ...thenRun('NEW_RUN', { data: { metrics: [{ value: 8 }] } }),
    },
    {
      why: 'a body larger than the 1 MB that MLflow advertises',
      ...fresh({ tags: pairs(100).map(({ key }) => ({ key, value: 'x'.repeat(12_000) })) }),
      ...answers(),
    },
  ],
}
