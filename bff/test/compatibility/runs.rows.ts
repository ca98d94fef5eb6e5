import type { Table } from './row.ts'
import { absent, answers, get, missing, post, refused, thenRun, wrong } from './row.ts'

const create = (fields: object) => post('runs/create', { experiment_id: 'FRESH', ...fields })
const model = { artifact_path: 'model', flavors: {}, utc_time_created: '2024-01-01', run_id: 'NEW_RUN' }
const logModel = (run_id: string, model_json: unknown) => post('runs/log-model', { run_id, model_json })

/** Every endpoint that takes the id of a run, with all else in order. */
const takeRun: [
  what: string,
  ask: (ids: object) => { method: string; path: string; body?: unknown },
  writes: boolean,
][] = [
  ['get', (ids) => get(`runs/get?${new URLSearchParams(ids as Record<string, string>)}`), false],
  ['update', (ids) => post('runs/update', { ...ids, status: 'FAILED' }), true],
  ['log-metric', (ids) => post('runs/log-metric', { ...ids, key: 'm', value: 1, timestamp: 1 }), true],
  ['log-parameter', (ids) => post('runs/log-parameter', { ...ids, key: 'p', value: 'v' }), true],
  ['set-tag', (ids) => post('runs/set-tag', { ...ids, key: 't', value: 'v' }), true],
  ['delete-tag', (ids) => post('runs/delete-tag', { ...ids, key: 'team' }), true],
  ['log-batch', (ids) => post('runs/log-batch', { ...ids, tags: [{ key: 't', value: 'v' }] }), true],
  ['log-model', (ids) => logModelOf(ids), true],
  [
    'log-inputs',
    (ids) =>
      post('runs/log-inputs', {
        ...ids,
        datasets: [{ dataset: { name: 'd', digest: '1', source_type: 'local', source: '{}' } }],
      }),
    true,
  ],
]
function logModelOf(ids: object) {
  return post('runs/log-model', { ...ids, model_json: JSON.stringify(model) })
}

export const runs: Table = {
  about: 'runs',
  rows: [
    ...takeRun.flatMap(([what, ask, writes]) => [
      { why: `${what}: no run`, ...ask({}), ...missing('run_id') },
      { why: `${what}: an unknown run`, ...ask({ run_id: 'ABSENT' }), ...absent('Run with id=ABSENT not found') },
      {
        why: `${what}: two different ids`,
        ...ask({ run_id: 'RUN', run_uuid: 'DELETED_RUN' }),
        ...refused("'run_id'", 'run_uuid'),
      },
      ...(writes
        ? [
            {
              why: `${what}: a deleted run`,
              ...ask({ run_id: 'DELETED_RUN' }),
              ...refused('The run DELETED_RUN must be in', "'active' state"),
            },
          ]
        : []),
    ]),
    ...['delete', 'restore'].flatMap((what) => [
      { why: `${what}: no run`, ...post(`runs/${what}`), ...missing('run_id') },
      {
        why: `${what}: an unknown run`,
        ...post(`runs/${what}`, { run_id: 'ABSENT' }),
        ...absent('Run with id=ABSENT not found'),
      },
      {
        why: `${what}: two different ids`,
        ...post(`runs/${what}`, { run_id: 'RUN', run_uuid: 'DELETED_RUN' }),
        ...refused('run_uuid'),
      },
    ]),
    { why: 'delete: repeated, the first time stays', ...post('runs/delete', { run_id: 'DELETED_RUN' }), ...answers() },
    { why: 'restore: an active run', ...post('runs/restore', { run_id: 'RUN' }), ...answers() },
    {
      why: 'delete: by run_uuid',
      ...post('runs/delete', { run_uuid: 'NEW_RUN' }),
      ...answers(),
      ...thenRun('NEW_RUN', { info: { lifecycle_stage: 'deleted' } }),
    },
    {
      why: 'both ids, alike',
      ...get('runs/get?run_id=RUN&run_uuid=RUN'),
      ...answers({ run: { info: { run_id: 'RUN' } } }),
    },
    { why: 'an id that is no id', ...get('runs/get?run_id=..%2F..%2Fx'), ...absent('not found') },
    { why: 'log-batch: an id that is no id', ...post('runs/log-batch', { run_id: '../x' }), ...refused("'run_id'") },
    {
      why: 'log-batch: an id of 257 characters',
      ...post('runs/log-batch', { run_id: 'a'.repeat(257) }),
      ...refused("'run_id'"),
    },
    { why: 'log-inputs: an id that is no id', ...post('runs/log-inputs', { run_id: 'a b' }), ...refused("'run_id'") },
    {
      why: 'get',
      ...get('runs/get?run_id=RUN'),
      ...answers({
        run: {
          info: {
            run_id: 'RUN',
            run_uuid: 'RUN',
            run_name: 'seeded',
            experiment_id: 'EXPERIMENT',
            user_id: 'ann',
            status: 'RUNNING',
            start_time: 1000,
            artifact_uri: 'mlflow-artifacts:/EXPERIMENT/RUN/artifacts',
            lifecycle_stage: 'active',
          },
          data: {
            metrics: [{ key: 'loss', timestamp: 1002, step: 2 }],
            params: [{ key: 'lr', value: '0.1' }],
            tags: [
              { key: 'mlflow.runName', value: 'seeded' },
              { key: 'team', value: 'blue' },
            ],
          },
          inputs: {},
          outputs: {},
        },
      }),
      without: ['run.info.end_time', 'run.inputs.dataset_inputs', 'run.data.metrics.0.model_id'],
    },
    {
      why: 'get a deleted run',
      ...get('runs/get?run_id=DELETED_RUN'),
      ...answers({ run: { info: { lifecycle_stage: 'deleted' }, data: { metrics: [{ key: 'loss' }] } } }),
    },
    {
      why: 'create: nothing but an experiment',
      ...create({}),
      ...answers({
        run: {
          info: { experiment_id: 'FRESH', user_id: '', status: 'RUNNING', start_time: 0, lifecycle_stage: 'active' },
          data: { tags: [{ key: 'mlflow.runName' }] },
        },
      }),
      without: ['run.info.end_time', 'run.data.metrics'],
    },
    {
      why: 'create: no experiment is the default one',
      ...post('runs/create', {}),
      ...answers({ run: { info: { experiment_id: '0' } } }),
    },
    {
      why: 'create: an empty experiment is the default one',
      ...create({ experiment_id: '' }),
      ...answers({ run: { info: { experiment_id: '0' } } }),
    },
    {
      why: 'create: null for an experiment is the default one',
      ...create({ experiment_id: null }),
      ...answers({ run: { info: { experiment_id: '0' } } }),
    },
    {
      why: 'create: an unknown experiment',
      ...create({ experiment_id: '987654' }),
      ...absent('No Experiment with id=987654 exists'),
    },
    {
      why: 'create: a deleted experiment',
      ...create({ experiment_id: 'DELETED_EXPERIMENT' }),
      ...refused('The experiment DELETED_EXPERIMENT must be in', "'active' state"),
    },
    {
      why: 'create: an experiment that is no number',
      ...create({ experiment_id: 'abc' }),
      ...refused("'experiment_id'"),
    },
    { why: 'create: a number for an experiment', ...create({ experiment_id: 1 }), ...wrong('experiment_id', '1') },
    {
      why: 'create: a name',
      ...create({ run_name: 'mine' }),
      ...answers({ run: { info: { run_name: 'mine' }, data: { tags: [{ key: 'mlflow.runName', value: 'mine' }] } } }),
    },
    {
      why: 'create: a name by tag',
      ...create({ tags: [{ key: 'mlflow.runName', value: 'tagged' }] }),
      ...answers({ run: { info: { run_name: 'tagged' } } }),
    },
    {
      why: 'create: a name and the same tag',
      ...create({ run_name: 'a', tags: [{ key: 'mlflow.runName', value: 'a' }] }),
      ...answers({ run: { info: { run_name: 'a' } } }),
    },
    {
      why: 'create: a name and another tag',
      ...create({ experiment_id: 'EXPERIMENT', run_name: 'a', tags: [{ key: 'mlflow.runName', value: 'b' }] }),
      ...refused("run_name='a', mlflow.runName='b'"),
    },
    {
      why: 'create: an empty name is none',
      ...create({ run_name: '', tags: [{ key: 'mlflow.runName', value: 'tagged' }] }),
      ...answers({ run: { info: { run_name: 'tagged' } } }),
    },
    {
      why: 'create: a number for a name',
      ...create({ experiment_id: 'EXPERIMENT', run_name: 5 }),
      ...wrong('run_name', '5'),
    },
    {
      why: 'create: a tag twice, the last counts',
      ...create({
        tags: [
          { key: 'a', value: '1' },
          { key: 'a', value: '2' },
        ],
      }),
      ...answers({ run: { data: { tags: [{ key: 'a', value: '2' }, {}] } } }),
    },
    {
      why: 'create: a tag key that set-tag would refuse',
      ...create({ tags: [{ key: 'a,b', value: 'c' }] }),
      ...answers({ run: { data: { tags: [{ key: 'a,b', value: 'c' }, {}] } } }),
    },
    {
      why: 'create: a tag key of 251 characters',
      ...create({ experiment_id: 'EXPERIMENT', tags: [{ key: 'k'.repeat(251), value: '' }] }),
      ...refused("'tags[0].key'", '250'),
    },
    {
      why: 'create: a tag without a key',
      ...create({ experiment_id: 'EXPERIMENT', tags: [{ value: 'x' }] }),
      ...missing('tags[0].key'),
    },
    {
      why: 'create: a long tag is cut',
      ...create({ tags: [{ key: 'a', value: 'x'.repeat(9000) }] }),
      ...answers({ run: { data: { tags: [{ key: 'a', value: 'x'.repeat(8000) }, {}] } } }),
    },
    {
      why: 'update: an end',
      ...post('runs/update', { run_id: 'NEW_RUN', status: 'FINISHED', end_time: 99 }),
      ...answers({
        run_info: {
          run_id: 'NEW_RUN',
          run_uuid: 'NEW_RUN',
          status: 'FINISHED',
          end_time: 99,
          run_name: 'new',
          start_time: 1,
        },
      }),
    },
    {
      why: 'update: nothing',
      ...post('runs/update', { run_id: 'NEW_RUN' }),
      ...answers({ run_info: { status: 'RUNNING', run_name: 'new' } }),
      without: ['run_info.end_time'],
    },
    {
      why: 'update: a name',
      ...post('runs/update', { run_id: 'NEW_RUN', run_name: 'other' }),
      ...answers({ run_info: { run_name: 'other', status: 'RUNNING' } }),
      ...thenRun('NEW_RUN', { data: { tags: [{ key: 'mlflow.runName', value: 'other' }] } }),
    },
    {
      why: 'update: an empty name is ignored',
      ...post('runs/update', { run_id: 'NEW_RUN', run_name: '' }),
      ...answers({ run_info: { run_name: 'new' } }),
    },
    {
      why: 'log-parameter: the same again',
      ...post('runs/log-parameter', { run_id: 'RUN', key: 'lr', value: '0.1' }),
      ...answers(),
    },
    {
      why: 'log-parameter: another value',
      ...post('runs/log-parameter', { run_id: 'RUN', key: 'lr', value: '0.2' }),
      ...refused('Changing param values is not allowed', "'lr'", "'0.1'", "'0.2'"),
    },
    {
      why: 'log-parameter: no value is the empty one',
      ...post('runs/log-parameter', { run_id: 'NEW_RUN', key: 'p' }),
      ...answers(),
      ...thenRun('NEW_RUN', { data: { params: [{ key: 'p', value: '' }] } }),
    },
    {
      why: 'set-tag: renames the run',
      ...post('runs/set-tag', { run_id: 'NEW_RUN', key: 'mlflow.runName', value: 'renamed' }),
      ...answers(),
      ...thenRun('NEW_RUN', { info: { run_name: 'renamed' } }),
    },
    { why: 'delete-tag: no key', ...post('runs/delete-tag', { run_id: 'RUN' }), ...missing('key') },
    {
      why: 'delete-tag: a tag that is not there',
      ...post('runs/delete-tag', { run_id: 'RUN', key: 'nothing' }),
      ...absent('No tag with name: nothing', 'RUN'),
    },
    {
      why: 'delete-tag: another kind of key is simply not there',
      ...post('runs/delete-tag', { run_id: 'RUN', key: 'a,b' }),
      ...absent('No tag with name: a,b'),
    },
    { why: 'log-model: no model', ...post('runs/log-model', { run_id: 'RUN' }), ...missing('model_json') },
    { why: 'log-model: no JSON', ...logModel('RUN', '{'), ...refused('Malformed model info', 'not valid JSON') },
    { why: 'log-model: a list', ...logModel('RUN', '[]'), ...refused('Malformed model info') },
    { why: 'log-model: null', ...logModel('RUN', 'null'), ...refused('Malformed model info') },
    { why: 'log-model: an object in place of its text', ...logModel('RUN', model), ...refused("'model_json'") },
    {
      why: 'log-model: missing members are named',
      ...logModel('RUN', '{"flavors":{},"__proto__":{"run_id":1}}'),
      ...refused('missing mandatory fields', "'artifact_path'", "'utc_time_created'", "'run_id'"),
    },
    {
      why: 'log-model',
      ...logModel('NEW_RUN', JSON.stringify(model)),
      ...answers(),
      ...thenRun('NEW_RUN', { data: { tags: [{ key: 'mlflow.log-model.history' }, {}] } }),
    },
  ],
}
