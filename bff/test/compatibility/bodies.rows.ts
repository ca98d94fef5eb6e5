import type { Table } from './row.ts'
import { answers, missing, post, rawPost, refused, thenRun, wrong } from './row.ts'

const setTag = (body: unknown) => post('runs/set-tag', body)
const aTag = { run_id: 'NEW_RUN', key: 'k', value: 'v' }
const tagged = (value: string) =>
  thenRun('NEW_RUN', { data: { tags: [{ key: 'k', value }, { key: 'mlflow.runName' }] } })
const notJson = refused('not JSON')
const notObject = refused('must be a JSON object')
const contentType = refused('Content-Type', 'application/json')

/** What a body may look like before its fields are looked at. */
export const bodies: Table = {
  about: 'bodies',
  rows: [
    {
      why: 'a content type with a character set',
      ...setTag(aTag),
      type: 'application/json; charset=utf-8',
      ...answers(),
    },
    { why: 'a content type in capitals', ...setTag(aTag), type: 'Application/JSON', ...answers() },
    { why: 'no content type', ...setTag(aTag), type: null, ...contentType },
    { why: 'text/plain', ...setTag(aTag), type: 'text/plain', ...contentType },
    {
      why: 'a form',
      ...rawPost('runs/set-tag', 'run_id=RUN&key=k'),
      type: 'application/x-www-form-urlencoded',
      ...contentType,
    },
    { why: 'another JSON type', ...setTag(aTag), type: 'application/vnd.api+json', ...contentType },
    { why: 'compressed', ...setTag(aTag), headers: { 'content-encoding': 'gzip' }, ...refused('Content-Encoding') },
    { why: 'an empty body', ...rawPost('runs/set-tag', ''), ...missing('run_id') },
    {
      why: 'no body and no content type',
      method: 'POST',
      path: '/api/2.0/mlflow/experiments/search',
      ...answers({ experiments: [] as object[] }),
      shape: {},
    },
    { why: 'half a body', ...rawPost('runs/search', '{"experiment_ids":'), ...notJson },
    { why: 'a comma too many', ...rawPost('runs/set-tag', '{"run_id":"RUN","key":"k",}'), ...notJson },
    { why: 'single quotes', ...rawPost('runs/set-tag', "{'run_id':'RUN'}"), ...notJson },
    { why: 'two objects', ...rawPost('runs/set-tag', '{"run_id":"RUN","key":"k"}{}'), ...notJson },
    {
      why: 'bare NaN',
      ...rawPost('runs/log-metric', '{"run_id":"RUN","key":"m","value":NaN,"timestamp":1}'),
      ...notJson,
    },
    {
      why: 'bare Infinity',
      ...rawPost('runs/log-metric', '{"run_id":"RUN","key":"m","value":Infinity,"timestamp":1}'),
      ...notJson,
    },
    {
      why: 'a number in hexadecimal',
      ...rawPost('runs/log-metric', '{"run_id":"RUN","key":"m","value":0x10,"timestamp":1}'),
      ...notJson,
    },
    {
      why: 'an unescaped line break in a string',
      ...rawPost('runs/set-tag', '{"run_id":"RUN","key":"a\nb"}'),
      ...notJson,
    },
    {
      why: 'half of a surrogate pair, escaped',
      ...rawPost('runs/set-tag', '{"run_id":"RUN","key":"\\ud800","value":""}'),
      ...refused('key'),
    },
    { why: 'a list', ...rawPost('runs/set-tag', '[]'), ...notObject },
    { why: 'a list of one object', ...rawPost('runs/set-tag', '[{"run_id":"RUN","key":"k"}]'), ...notObject },
    { why: 'a number', ...rawPost('runs/search', '5'), ...notObject },
    { why: 'a string', ...rawPost('runs/search', '"hello"'), ...notObject },
    { why: 'true', ...rawPost('runs/search', 'true'), ...notObject },
    { why: 'null is no body', ...rawPost('runs/set-tag', 'null'), ...missing('run_id') },
    {
      why: 'JSON in a string',
      ...rawPost('runs/set-tag', '"{\\"run_id\\":\\"NEW_RUN\\",\\"key\\":\\"k\\",\\"value\\":\\"v\\"}"'),
      ...answers(),
      ...tagged('v'),
    },
    { why: 'a list in a string', ...rawPost('runs/set-tag', '"[1]"'), ...notObject },
    {
      why: 'JSON in a string in a string',
      ...rawPost('runs/set-tag', JSON.stringify(JSON.stringify('{}'))),
      ...notObject,
    },
    {
      why: 'white space around',
      ...rawPost('runs/set-tag', ' \n{"run_id":"NEW_RUN","key":"k","value":"v"}\n '),
      ...answers(),
      ...tagged('v'),
    },
    {
      why: 'a key twice: the last counts',
      ...rawPost('runs/set-tag', '{"run_id":"NEW_RUN","key":"k","value":"a","value":"b"}'),
      ...answers(),
      ...tagged('b'),
    },
    {
      why: 'unknown fields',
      ...setTag({ ...aTag, colour: 'red', nested: { deep: [1] } }),
      ...answers(),
      ...tagged('v'),
    },
    {
      why: '__proto__ as a field',
      ...rawPost('runs/set-tag', '{"run_id":"NEW_RUN","key":"k","value":"v","__proto__":{"value":"x"}}'),
      ...answers(),
      ...tagged('v'),
    },
    {
      why: 'required fields from __proto__',
      ...rawPost('runs/set-tag', '{"__proto__":{"run_id":"RUN","key":"k","value":"x"}}'),
      ...missing('run_id'),
    },
    {
      why: '__proto__ and constructor as tag keys',
      ...post('runs/log-batch', {
        run_id: 'NEW_RUN',
        tags: [
          { key: 'constructor', value: 'a' },
          { key: '__proto__', value: 'b' },
        ],
      }),
      ...answers(),
      ...thenRun('NEW_RUN', {
        data: { tags: [{ key: '__proto__', value: 'b' }, { key: 'constructor', value: 'a' }, {}] },
      }),
    },
    {
      why: 'deep nesting in an unknown field',
      ...rawPost('runs/set-tag', `{"run_id":"RUN","x":${'['.repeat(5000)}${']'.repeat(5000)}}`),
      ...missing('key'),
    },
    {
      why: 'deep nesting in a field',
      ...rawPost('runs/set-tag', `{"run_id":"RUN","key":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
      ...refused("'key'"),
    },
    {
      why: 'deep nesting beside lowerCamelCase',
      ...rawPost('runs/set-tag', `{"runId":"RUN","x":${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}}`),
      ...refused(),
    },
    { why: 'nesting deeper than a parser can go', ...rawPost('runs/set-tag', '['.repeat(200_000)), ...refused() },
    { why: 'null is an absent field', ...setTag({ run_id: 'RUN', key: null, value: 'v' }), ...missing('key') },
    {
      why: 'null for a value is the empty one',
      ...setTag({ run_id: 'NEW_RUN', key: 'k', value: null }),
      ...answers(),
      ...tagged(''),
    },
    {
      why: 'null for a list',
      ...post('runs/log-batch', { run_id: 'NEW_RUN', metrics: null, params: null, tags: null }),
      ...answers(),
    },
    { why: 'null in a list', ...post('runs/log-batch', { run_id: 'RUN', tags: [null] }), ...refused('tags[0]') },
    {
      why: 'null for an enum',
      ...post('runs/update', { run_id: 'NEW_RUN', status: null }),
      ...answers({ run_info: { status: 'RUNNING' } }),
    },
    {
      why: 'null for an int64',
      ...post('runs/update', { run_id: 'NEW_RUN', end_time: null }),
      ...answers({ run_info: { run_id: 'NEW_RUN' } }),
      without: ['run_info.end_time'],
    },
    { why: 'a number for a string', ...setTag({ run_id: 31, key: 'k' }), ...wrong('run_id', '31') },
    {
      why: 'a number for the value of a tag',
      ...setTag({ run_id: 'RUN', key: 'k', value: 5 }),
      ...wrong('value', '5'),
    },
    { why: 'a boolean for a string', ...setTag({ run_id: 'RUN', key: true, value: 'v' }), ...wrong('key', 'true') },
    {
      why: 'an object for a string',
      ...setTag({ run_id: 'RUN', key: 'k', value: { a: 1 } }),
      ...wrong('value', '{"a":1}'),
    },
    { why: 'a list for a string', ...setTag({ run_id: 'RUN', key: 'k', value: ['a'] }), ...wrong('value', '["a"]') },
    {
      why: 'an object for a list',
      ...post('runs/log-batch', { run_id: 'RUN', metrics: {} }),
      ...wrong('metrics', '{}'),
    },
    { why: 'a number for a list', ...post('runs/search', { experiment_ids: 5 }), ...wrong('experiment_ids', '5') },
    {
      why: 'numbers in a list of strings',
      ...post('runs/search', { experiment_ids: [5] }),
      ...wrong('experiment_ids[0]', '5'),
    },
    {
      why: 'a string in a list of objects',
      ...post('runs/log-batch', { run_id: 'RUN', params: ['lr'] }),
      ...wrong('params[0]', '"lr"'),
    },
    {
      why: 'a long wrong value is shown in part',
      ...setTag({ run_id: 'RUN', key: 'k', value: ['x'.repeat(5000)] }),
      ...refused('…', 'value'),
    },
    {
      why: 'lowerCamelCase for an optional field',
      ...post('runs/update', { run_id: 'NEW_RUN', endTime: 77 }),
      ...answers({ run_info: { end_time: 77 } }),
    },
    {
      why: 'lowerCamelCase for all fields',
      ...post('runs/log-metric', { runId: 'NEW_RUN', key: 'm', value: 1, timestamp: 1 }),
      ...answers(),
    },
    {
      why: 'lowerCamelCase in a list of objects',
      ...post('runs/log-inputs', {
        run_id: 'NEW_RUN',
        datasets: [{ dataset: { name: 'd', digest: '1', sourceType: 'local', source: '{}' } }],
      }),
      ...answers(),
      ...thenRun('NEW_RUN', { inputs: { dataset_inputs: [{ dataset: { source_type: 'local' } }] } }),
    },
    {
      why: 'both spellings of one field',
      ...post('runs/update', { run_id: 'RUN', end_time: 1, endTime: 2 }),
      ...refused('both', 'end_time', 'endTime'),
    },
    {
      why: 'both spellings of one field, alike',
      ...post('runs/update', { run_id: 'RUN', runId: 'RUN' }),
      ...refused('both', 'run_id', 'runId'),
    },
    {
      why: 'both spellings in a nested object',
      ...post('runs/log-inputs', {
        run_id: 'RUN',
        datasets: [{ dataset: { name: 'd', digest: '1', source: '{}', source_type: 'local', sourceType: 'local' } }],
      }),
      ...refused('source_type', 'sourceType'),
    },
    {
      why: 'a camel-cased key inside a string stays as it is',
      ...setTag({ run_id: 'NEW_RUN', key: 'k', value: '{"camelCase": 1}' }),
      ...answers(),
      ...tagged('{"camelCase": 1}'),
    },
  ],
}
