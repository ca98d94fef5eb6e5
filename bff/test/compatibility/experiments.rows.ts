import type { Table } from './row.ts'
import { absent, answers, exists, get, missing, post, refused, wrong } from './row.ts'

const create = (fields: object) => post('experiments/create', { name: 'UNIQUE', ...fields })
const noNumber = refused("'experiment_id'", 'number')
const idRows = [
  ['get', (experiment_id: string) => get(`experiments/get?experiment_id=${experiment_id}`)],
  ['update', (experiment_id: string) => post('experiments/update', { experiment_id, new_name: 'UNIQUE' })],
  ['delete', (experiment_id: string) => post('experiments/delete', { experiment_id })],
  ['restore', (experiment_id: string) => post('experiments/restore', { experiment_id })],
  [
    'set-experiment-tag',
    (experiment_id: string) => post('experiments/set-experiment-tag', { experiment_id, key: 'k', value: 'v' }),
  ],
  [
    'delete-experiment-tag',
    (experiment_id: string) => post('experiments/delete-experiment-tag', { experiment_id, key: 'team' }),
  ],
] as const

export const experiments: Table = {
  about: 'experiments',
  rows: [
    ...idRows.flatMap(([what, ask]) => [
      { why: `${what}: no id`, ...ask(''), ...missing('experiment_id') },
      { why: `${what}: an id that is no number`, ...ask('abc'), ...noNumber },
      { why: `${what}: a negative id`, ...ask('-1'), ...noNumber },
      { why: `${what}: an id with a fraction`, ...ask('1.5'), ...noNumber },
      { why: `${what}: an id beyond 64 bits`, ...ask('99999999999999999999'), ...noNumber },
      { why: `${what}: an id that looks like SQL`, ...ask("1' or '1'='1"), ...noNumber },
      {
        why: `${what}: an unknown id`,
        ...ask('987654'),
        ...absent(
          what === 'delete' || what === 'restore'
            ? 'Experiment with id=987654 exists'
            : 'No Experiment with id=987654 exists',
        ),
      },
    ]),
    { why: 'create', ...create({}), ...answers({}) },
    { why: 'create with tags', ...create({ tags: [{ key: 'a', value: 'b' }, { key: 'c' }] }), ...answers() },
    { why: 'create: an empty location is none', ...create({ artifact_location: '' }), ...answers() },
    { why: 'create: no name', ...post('experiments/create', {}), ...missing('name') },
    { why: 'create: null for a name', ...create({ name: null }), ...missing('name') },
    { why: 'create: a list for a name', ...create({ name: ['a'] }), ...wrong('name', '["a"]') },
    {
      why: 'create: a name that is taken',
      ...create({ name: 'seeded' }),
      ...exists('Experiment(name=seeded) already exists'),
    },
    {
      why: 'create: a name that a deleted experiment has',
      ...create({ name: 'gone' }),
      ...exists('Experiment(name=gone) already exists', 'restore'),
    },
    { why: 'create: Default is taken', ...create({ name: 'Default' }), ...exists('already exists') },
    { why: 'create: an object for tags', ...create({ tags: { a: 'b' } }), ...wrong('tags', '{"a":"b"}') },
    { why: 'create: a tag without a key', ...create({ tags: [{ value: 'b' }] }), ...missing('tags[0].key') },
    {
      why: 'create: a number for a tag',
      ...create({ tags: [{ key: 'a', value: 1 }] }),
      ...wrong('tags[0].value', '1'),
    },
    ...[
      's3://bucket/prefix',
      'file:///etc',
      '/etc',
      'C:\\data',
      '../../x',
      'http://169.254.169.254/latest',
      'ftp://host/x',
      'mlflow-artifacts://elsewhere:5000/x',
      's3://bucket/a?x=../..',
      's3://bucket/a#fragment',
      'dbfs:/a;params',
      'x'.repeat(2049),
    ].map((artifact_location) => ({
      why: `create: a location of one's own: ${artifact_location.slice(0, 40)}`,
      ...create({ artifact_location }),
      ...refused("'artifact_location'", 'leave artifact_location out'),
    })),
    {
      why: 'create: 51 custom views',
      ...create({ tags: Array.from({ length: 51 }, (_, i) => ({ key: `mlflow.customView.view${i}`, value: '{}' })) }),
      ...refused('mlflow.customView.view', '50'),
    },
    {
      why: 'get',
      ...get('experiments/get?experiment_id=EXPERIMENT'),
      ...answers({
        experiment: {
          experiment_id: 'EXPERIMENT',
          name: 'seeded',
          artifact_location: 'mlflow-artifacts:/EXPERIMENT',
          lifecycle_stage: 'active',
          tags: [{ key: 'team', value: 'blue' }],
        },
      }),
    },
    {
      why: 'get a deleted one',
      ...get('experiments/get?experiment_id=DELETED_EXPERIMENT'),
      ...answers({ experiment: { name: 'gone', lifecycle_stage: 'deleted' } }),
    },
    {
      why: 'get the default one',
      ...get('experiments/get?experiment_id=0'),
      ...answers({ experiment: { name: 'Default', artifact_location: 'mlflow-artifacts:/0' } }),
    },
    {
      why: 'get by name',
      ...get('experiments/get-by-name?experiment_name=seeded'),
      ...answers({ experiment: { experiment_id: 'EXPERIMENT' } }),
    },
    {
      why: 'get a deleted one by name',
      ...get('experiments/get-by-name?experiment_name=gone'),
      ...answers({ experiment: { lifecycle_stage: 'deleted' } }),
    },
    {
      why: 'get by a name that none has',
      ...get('experiments/get-by-name?experiment_name=nobody'),
      ...absent("'nobody'"),
    },
    {
      why: 'get by a name in other case',
      ...get('experiments/get-by-name?experiment_name=Seeded'),
      ...absent("'Seeded'"),
    },
    { why: 'get by name: none given', ...get('experiments/get-by-name'), ...missing('experiment_name') },
    {
      why: 'update: no new name',
      ...post('experiments/update', { experiment_id: 'EXPERIMENT' }),
      ...missing('new_name'),
    },
    {
      why: 'update: blank',
      ...post('experiments/update', { experiment_id: 'EXPERIMENT', new_name: '  ' }),
      ...refused("'new_name'", 'blank'),
    },
    {
      why: 'update: a name that is taken',
      ...post('experiments/update', { experiment_id: 'EXPERIMENT', new_name: 'gone' }),
      ...exists('Experiment(name=gone) already exists'),
    },
    {
      why: 'update: its own name',
      ...post('experiments/update', { experiment_id: 'EXPERIMENT', new_name: 'seeded' }),
      ...answers(),
    },
    {
      why: 'update: a deleted one',
      ...post('experiments/update', { experiment_id: 'DELETED_EXPERIMENT', new_name: 'UNIQUE' }),
      ...refused("'active' state"),
    },
    {
      why: 'delete: a deleted one',
      ...post('experiments/delete', { experiment_id: 'DELETED_EXPERIMENT' }),
      ...absent('No active Experiment with id=DELETED_EXPERIMENT'),
    },
    {
      why: 'restore: an active one',
      ...post('experiments/restore', { experiment_id: 'EXPERIMENT' }),
      ...absent('No deleted Experiment with id=EXPERIMENT'),
    },
    {
      why: 'set a tag: no key',
      ...post('experiments/set-experiment-tag', { experiment_id: 'EXPERIMENT', value: 'v' }),
      ...missing('key'),
    },
    {
      why: 'set a tag: no value is the empty one',
      ...post('experiments/set-experiment-tag', { experiment_id: 'FRESH', key: 'empty' }),
      ...answers(),
    },
    {
      why: 'set a tag: a deleted one',
      ...post('experiments/set-experiment-tag', { experiment_id: 'DELETED_EXPERIMENT', key: 'k', value: 'v' }),
      ...refused("'active' state"),
    },
    {
      why: 'set a tag: a bad key',
      ...post('experiments/set-experiment-tag', { experiment_id: 'EXPERIMENT', key: 'a,b', value: 'v' }),
      ...refused("'key'", 'may only contain alphanumerics'),
    },
    {
      why: 'set a tag: half of a surrogate pair',
      ...post('experiments/set-experiment-tag', { experiment_id: 'EXPERIMENT', key: 'k', value: '\ud800' }),
      ...refused("'value'", 'surrogate'),
    },
    {
      why: 'delete a tag that is not there',
      ...post('experiments/delete-experiment-tag', { experiment_id: 'EXPERIMENT', key: 'nothing' }),
      ...absent('No tag with name: nothing'),
    },
    {
      why: 'delete a tag: no key',
      ...post('experiments/delete-experiment-tag', { experiment_id: 'EXPERIMENT' }),
      ...missing('key'),
    },
    {
      why: 'delete a tag of a deleted one',
      ...post('experiments/delete-experiment-tag', { experiment_id: 'DELETED_EXPERIMENT', key: 'team' }),
      ...refused("'active' state"),
    },
  ],
}
