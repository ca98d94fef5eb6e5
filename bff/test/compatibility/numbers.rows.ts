import type { Row, Table } from './row.ts'
import { answers, get, missing, post, rawPost, refused, thenRun, wrong } from './row.ts'

const metric = (fields: object) =>
  post('runs/log-metric', { run_id: 'NEW_RUN', key: 'm', value: 1, timestamp: 1, ...fields })
const refusedMetric = (fields: object) =>
  post('runs/log-metric', { run_id: 'RUN', key: 'm', value: 1, timestamp: 1, ...fields })
const rawMetric = (run: string, field: string, text: string) =>
  rawPost(
    'runs/log-metric',
    JSON.stringify({ run_id: run, key: 'm', value: 1, timestamp: 1, [field]: '#' }).replace('"#"', text),
  )
const stored = (fields: object) => ({
  ...answers(),
  ...thenRun('NEW_RUN', { data: { metrics: [{ key: 'm', ...fields }] } }),
})

/** An int64 as it may be written in JSON, and what is kept. `shown` is JSON text, so that it may be beyond 2^53. */
const kept: [why: string, text: string, shown: number | bigint][] = [
  ['a number', '12', 12],
  ['zero', '0', 0],
  ['a decimal string', '"123"', 123],
  ['a string with a sign', '"+7"', 7],
  ['a whole number with a point', '5.0', 5],
  ['a whole number in exponent form', '1e3', 1000],
  ['an exponent string', '"1e+05"', 100_000],
  ['an exponent string with a point', '"1.7e+12"', 1_700_000_000_000],
  ['an exponent string beyond 2^53', '"1e+18"', 1_000_000_000_000_000_000n],
  ['beyond 2^53', '9007199254740993', 9_007_199_254_740_993n],
  ['beyond 2^53, a string', '"9007199254740993"', 9_007_199_254_740_993n],
  ['the largest', '9223372036854775807', 9_223_372_036_854_775_807n],
  ['the largest, a string', '"9223372036854775807"', 9_223_372_036_854_775_807n],
]

const negative: typeof kept = [
  ['negative', '-5', -5],
  ['negative, a string', '"-5"', -5],
  ['the smallest', '-9223372036854775808', -9_223_372_036_854_775_808n],
]

/** What is no int64. */
const refusedIntegers: [why: string, text: string][] = [
  ['a fraction', '1.5'],
  ['a fraction in a string', '"1.5"'],
  ['an exponent string that is no whole number', '"1.5e0"'],
  ['a small exponent string', '"1e-1"'],
  ['true', 'true'],
  ['false', 'false'],
  ['2^63', '9223372036854775808'],
  ['2^63 in a string', '"9223372036854775808"'],
  ['below −2^63', '-9223372036854775809'],
  ['a huge exponent', '1e400'],
  ['a huge exponent in a string', '"1e400"'],
  ['a word', '"foo"'],
  ['hexadecimal', '"0x10"'],
  ['blanks', '" "'],
  ['digits and blanks', '"1 2"'],
  ['NaN', '"NaN"'],
  ['a list', '[1]'],
  ['an object', '{}'],
]

const integers: Row[] = [
  ...kept.map(([why, text, shown]) => ({
    why: `timestamp: ${why}`,
    ...rawMetric('NEW_RUN', 'timestamp', text),
    ...stored({ timestamp: shown }),
  })),
  ...[...kept, ...negative].map(([why, text, shown]) => ({
    why: `step: ${why}`,
    ...rawMetric('NEW_RUN', 'step', text),
    ...stored({ step: shown }),
  })),
  ...['timestamp', 'step'].flatMap((field) =>
    refusedIntegers.map(([why, text]) => ({
      why: `${field}: ${why}`,
      ...rawMetric('RUN', field, text),
      ...refused(`for parameter '${field}' supplied`, 'integer'),
    })),
  ),
  { why: 'timestamp: negative', ...refusedMetric({ timestamp: -1 }), ...wrong('timestamp', '-1') },
  {
    why: 'timestamp: absent',
    ...post('runs/log-metric', { run_id: 'RUN', key: 'm', value: 1 }),
    ...missing('timestamp'),
  },
  { why: 'timestamp: the empty string', ...refusedMetric({ timestamp: '' }), ...missing('timestamp') },
  {
    why: 'timestamp: a word is shown in quotes',
    ...refusedMetric({ timestamp: 'foo' }),
    ...wrong('timestamp', '"foo"'),
  },
  { why: 'step: a word is shown in quotes', ...refusedMetric({ step: 'foo' }), ...wrong('step', '"foo"') },
  { why: 'step: absent is 0', ...metric({}), ...stored({ step: 0 }) },
  { why: 'step: null is 0', ...metric({ step: null }), ...stored({ step: 0 }) },
  {
    why: 'end_time: a string',
    ...post('runs/update', { run_id: 'NEW_RUN', end_time: '1731000000000' }),
    ...answers({ run_info: { end_time: 1_731_000_000_000 } }),
  },
  {
    why: 'end_time: a fraction',
    ...post('runs/update', { run_id: 'RUN', end_time: 1.5 }),
    ...wrong('end_time', '1.5'),
  },
  {
    why: 'end_time: a boolean',
    ...post('runs/update', { run_id: 'RUN', end_time: true }),
    ...wrong('end_time', 'true'),
  },
  {
    why: 'start_time: a word',
    ...post('runs/create', { experiment_id: 'EXPERIMENT', start_time: 'now' }),
    ...wrong('start_time', '"now"'),
  },
  {
    why: 'start_time: 2^63',
    ...post('runs/create', { experiment_id: 'EXPERIMENT', start_time: 2n ** 63n }),
    ...wrong('start_time', '9223372036854775808'),
  },
]

const doubles: [why: string, text: string, shown: number | string][] = [
  ['a number', '0.25', 0.25],
  ['a whole number', '3', 3],
  ['negative', '-2.5', -2.5],
  ['a decimal string', '"0.5"', 0.5],
  ['an exponent string', '"1e-05"', 0.00001],
  ['true', 'true', 1],
  ['false', 'false', 0],
  ['the word NaN', '"NaN"', 'NaN'],
  ['the word Infinity', '"Infinity"', 1.7976931348623157e308],
  ['the word -Infinity', '"-Infinity"', -1.7976931348623157e308],
  ['the largest double', '1.7976931348623157e308', 1.7976931348623157e308],
  ['the smallest above zero', '5e-324', 5e-324],
  ['an integer beyond 64 bits', '1000000000000000000000', 1e21],
]

const refusedDoubles: [why: string, text: string][] = [
  ['too large', '1e400'],
  ['too large, negative', '-1e400'],
  ['too large, a string', '"1e400"'],
  ['400 digits', '9'.repeat(400)],
  ['a word', '"foo"'],
  ['blanks', '"  "'],
  ['hexadecimal', '"0x10"'],
  ['binary', '"0b11"'],
  ['a number and more', '"1.5 metres"'],
  ['a list', '[1]'],
  ['an object', '{"value":1}'],
]

const values: Row[] = [
  ...doubles.map(([why, text, shown]) => ({
    why: `value: ${why}`,
    ...rawMetric('NEW_RUN', 'value', text),
    ...stored({ value: shown }),
  })),
  ...refusedDoubles.map(([why, text]) => ({
    why: `value: ${why}`,
    ...rawMetric('RUN', 'value', text),
    ...refused("for parameter 'value' supplied"),
  })),
  { why: 'value: absent', ...post('runs/log-metric', { run_id: 'RUN', key: 'm', timestamp: 1 }), ...missing('value') },
  { why: 'value: null', ...refusedMetric({ value: null }), ...missing('value') },
  { why: 'value: the empty string', ...refusedMetric({ value: '' }), ...missing('value') },
  {
    why: 'value: a word is shown in quotes',
    ...refusedMetric({ value: 'I am a word' }),
    ...wrong('value', '"I am a word"'),
  },
]

const update = (run: string, status: unknown) => post('runs/update', { run_id: run, status })
const enums: Row[] = [
  ...(['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const).flatMap((status, i) => [
    { why: `status: ${status}`, ...update('NEW_RUN', status), ...answers({ run_info: { status } }) },
    { why: `status: ${i + 1} is ${status}`, ...update('NEW_RUN', i + 1), ...answers({ run_info: { status } }) },
  ]),
  { why: 'status: a number in a string', ...update('NEW_RUN', '3'), ...answers({ run_info: { status: 'FINISHED' } }) },
  ...['DONE', 'finished', 0, 6, -1, 1.5, true, '0', [], {}].map((status) => ({
    why: `status: ${JSON.stringify(status)}`,
    ...post('runs/update', { run_id: 'RUN', status, end_time: 5 }),
    ...wrong('status', JSON.stringify(status)),
  })),
  ...['ACTIVE', 'active_only', 4, false].map((run_view_type) => ({
    why: `run_view_type: ${JSON.stringify(run_view_type)}`,
    ...post('runs/search', { experiment_ids: ['EXPERIMENT'], run_view_type }),
    ...wrong('run_view_type', JSON.stringify(run_view_type)),
  })),
  {
    why: 'view_type: a number in a query',
    ...get('experiments/search?view_type=2&max_results=10'),
    ...answers({ experiments: [{ lifecycle_stage: 'deleted' }] }),
  },
  {
    why: 'view_type: a name in a query',
    ...get('experiments/search?view_type=DELETED_ONLY'),
    ...answers({ experiments: [{ name: 'gone' }] }),
  },
  { why: 'view_type: an unknown name', ...get('experiments/search?view_type=SOME'), ...wrong('view_type', '"SOME"') },
]

/** int64, double and enum fields in every form that JSON has for them. */
export const numbers: Table = { about: 'numbers', rows: [...integers, ...values, ...enums] }
