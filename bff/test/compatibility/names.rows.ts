import type { Row, Table } from './row.ts'
import { answers, missing, post, refused, thenRun, wrong } from './row.ts'

const metric = (run_id: string, key: string) => post('runs/log-metric', { run_id, key, value: 1, timestamp: 1 })
const param = (run_id: string, key: string, value = 'v') => post('runs/log-parameter', { run_id, key, value })
const tag = (run_id: string, key: string, value = 'v') => post('runs/set-tag', { run_id, key, value })

const good: [why: string, key: string][] = [
  ['every character that is allowed', 'aZ_09 -.:/x'],
  ['letters of other scripts', 'größe/学習率/π'],
  ['250 characters', 'k'.repeat(250)],
  ['250 characters beyond the basic plane', '𝒳'.repeat(250)],
  ['dots at the ends', '.hidden.'],
  ['a blank at the ends', ' a '],
]

const bad: [why: string, key: string, message: string][] = [
  ['a leading slash', '/a', 'must not resolve to other names'],
  ['a slash at the end', 'a/', 'must not resolve to other names'],
  ['a doubled slash', 'a//b', 'must not resolve to other names'],
  ['the dot', '.', 'must not resolve to other names'],
  ['two dots', '..', 'must not resolve to other names'],
  ['three dots', '...', 'must not resolve to other names'],
  ['two dots at the start', '..a', 'must not resolve to other names'],
  ['a dot between slashes', 'a/./b', 'must not resolve to other names'],
  ['a path out', 'a/../../b', 'must not resolve to other names'],
  ['a comma', 'a,b', 'may only contain alphanumerics'],
  ['a quote', "a'b", 'may only contain alphanumerics'],
  ['a backslash', 'a\\b', 'may only contain alphanumerics'],
  ['a line break', 'a\nb', 'may only contain alphanumerics'],
  ['a line break at the end', 'a\n', 'may only contain alphanumerics'],
  ['a sign of percent', '100%', 'may only contain alphanumerics'],
  ['an emoji', '🙂', 'may only contain alphanumerics'],
  ['NUL', 'a\0b', 'NUL'],
  ['half of a surrogate pair', 'a\ud83d', 'surrogate'],
  ['251 characters', 'k'.repeat(251), '250'],
  ['251 characters beyond the basic plane', '𝒳'.repeat(251), '250'],
]

// what no text may have is found before MLflow's own rule, which calls the key of a metric its name
const NO_TEXT = new Set(['NUL', 'surrogate'])

const ways = [
  { what: 'metric', ask: metric, field: 'name', of: (key: string) => ({ metrics: [{ key }] }) },
  { what: 'param', ask: param, field: 'key', of: (key: string) => ({ params: [{ key }] }) },
  { what: 'tag', ask: tag, field: 'key', of: (key: string) => ({ tags: [{ key }] }) },
]

const keys: Row[] = ways.flatMap(({ what, ask, field, of }) => [
  ...good.map(([why, key]) => ({
    why: `${what} key: ${why}`,
    ...ask('NEW_RUN', key),
    ...answers(),
    ...(what === 'tag' ? {} : thenRun('NEW_RUN', { data: of(key) })),
  })),
  ...bad.map(([why, key, message]) => ({
    why: `${what} key: ${why}`,
    ...ask('RUN', key),
    ...refused(`for parameter '${NO_TEXT.has(message) ? 'key' : field}' supplied`, message),
  })),
  { why: `${what} key: empty`, ...ask('RUN', ''), ...missing('key') },
])

const lengths: Row[] = [
  {
    why: 'a param of 6,000 characters is kept whole',
    ...param('NEW_RUN', 'p', 'x'.repeat(6000)),
    ...answers(),
    ...thenRun('NEW_RUN', { data: { params: [{ key: 'p', value: 'x'.repeat(6000) }] } }),
  },
  {
    why: 'a longer param is cut, between characters',
    ...param('NEW_RUN', 'p', `${'🙂'.repeat(6000)}y`),
    ...answers(),
    ...thenRun('NEW_RUN', { data: { params: [{ key: 'p', value: '🙂'.repeat(6000) }] } }),
  },
  {
    why: 'a tag of 8,000 emoji is kept whole',
    ...tag('NEW_RUN', 'a', '🙂'.repeat(8000)),
    ...answers(),
    ...thenRun('NEW_RUN', { data: { tags: [{ key: 'a', value: '🙂'.repeat(8000) }, {}] } }),
  },
  {
    why: 'a longer tag is cut',
    ...tag('NEW_RUN', 'a', 'x'.repeat(9000)),
    ...answers(),
    ...thenRun('NEW_RUN', { data: { tags: [{ key: 'a', value: 'x'.repeat(8000) }, {}] } }),
  },
  {
    why: 'a tag may be empty',
    ...tag('NEW_RUN', 'a', ''),
    ...answers(),
    ...thenRun('NEW_RUN', { data: { tags: [{ key: 'a', value: '' }, {}] } }),
  },
  {
    why: 'a tag may have lines',
    ...tag('NEW_RUN', 'a', 'one\ntwo\r\n\tthree'),
    ...answers(),
    ...thenRun('NEW_RUN', { data: { tags: [{ key: 'a', value: 'one\ntwo\r\n\tthree' }, {}] } }),
  },
  { why: 'NUL in the value of a tag', ...tag('RUN', 'a', 'x\0y'), ...refused("'value'", 'NUL') },
  {
    why: 'half of a surrogate pair in the value of a param',
    ...param('RUN', 'a', '\udc00'),
    ...refused("'value'", 'surrogate'),
  },
  { why: 'NUL in a run id', ...tag('a\0', 'a'), ...refused("'run_id'", 'NUL') },
  {
    why: 'a user of 256 characters',
    ...post('runs/create', { experiment_id: 'FRESH', user_id: '🙂'.repeat(256) }),
    ...answers({ run: { info: { user_id: '🙂'.repeat(256) } } }),
  },
  {
    why: 'a user of 257 characters',
    ...post('runs/create', { experiment_id: 'EXPERIMENT', user_id: 'u'.repeat(257) }),
    ...refused("'user_id'", '256'),
  },
  {
    why: 'an experiment tag of 250 and 20,000 characters',
    ...post('experiments/set-experiment-tag', {
      experiment_id: 'FRESH',
      key: '𝒳'.repeat(250),
      value: 'é'.repeat(20_000),
    }),
    ...answers(),
  },
  {
    why: 'an experiment tag key of 251 characters',
    ...post('experiments/set-experiment-tag', { experiment_id: 'EXPERIMENT', key: 'k'.repeat(251), value: '' }),
    ...refused("'key'", '250'),
  },
  {
    why: 'an experiment tag value of 20,001 characters is not cut but refused',
    ...post('experiments/set-experiment-tag', { experiment_id: 'EXPERIMENT', key: 'k', value: 'x'.repeat(20_001) }),
    ...refused("'value'", '20000'),
  },
  {
    why: 'an experiment name of 500 characters',
    ...post('experiments/create', { name: `${'🙂'.repeat(464)}UNIQUE` }),
    ...answers(),
  },
  {
    why: 'an experiment name of 501 characters',
    ...post('experiments/create', { name: '🙂'.repeat(501) }),
    ...refused("'name'", '500'),
  },
  {
    why: 'an experiment name of blanks',
    ...post('experiments/create', { name: ' \t\n' }),
    ...refused("'name'", 'blank'),
  },
  { why: 'an experiment name with NUL', ...post('experiments/create', { name: 'a\0' }), ...refused("'name'", 'NUL') },
  { why: 'an experiment name that is a number', ...post('experiments/create', { name: 12 }), ...wrong('name', '12') },
  { why: 'an empty experiment name', ...post('experiments/create', { name: '' }), ...missing('name') },
]

/** Keys, names and lengths (in code points, as Python counts). */
export const names: Table = { about: 'names and lengths', rows: [...keys, ...lengths] }
