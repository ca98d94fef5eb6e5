import type { Table } from './row.ts'
import { absent, answers, missing, post, refused, thenRun, wrong } from './row.ts'

const dataset = { name: 'wine', digest: 'abc', source_type: 'local', source: '{"uri":"wine.csv"}' }
const log = (run_id: string, change: object, tags?: unknown) =>
  post('runs/log-inputs', { run_id, datasets: [{ dataset: { ...dataset, ...change }, ...(tags ? { tags } : {}) }] })
const field = (name: string) => `datasets[0].dataset.${name}`

export const inputs: Table = {
  about: 'log-inputs',
  rows: [
    {
      why: 'a dataset',
      ...log('NEW_RUN', {}, [{ key: 'mlflow.data.context', value: 'train' }]),
      ...answers(),
      ...thenRun('NEW_RUN', {
        inputs: { dataset_inputs: [{ dataset, tags: [{ key: 'mlflow.data.context', value: 'train' }] }] },
      }),
    },
    { why: 'nothing', ...post('runs/log-inputs', { run_id: 'NEW_RUN' }), ...answers() },
    {
      why: 'a model',
      ...post('runs/log-inputs', { run_id: 'NEW_RUN', models: [{ model_id: 'm-1' }, { model_id: 'm-1' }] }),
      ...answers(),
      ...thenRun('NEW_RUN', { inputs: { model_inputs: [{ model_id: 'm-1' }] } }),
    },
    {
      why: 'a model without an id',
      ...post('runs/log-inputs', { run_id: 'RUN', models: [{}] }),
      ...missing('models[0].model_id'),
    },
    ...['name', 'digest', 'source_type', 'source'].flatMap((name) => [
      { why: `no ${name}`, ...log('RUN', { [name]: undefined }), ...missing(field(name)) },
      { why: `an empty ${name}`, ...log('RUN', { [name]: '' }), ...missing(field(name)) },
      { why: `a number for ${name}`, ...log('RUN', { [name]: 7 }), ...wrong(field(name), '7') },
    ]),
    {
      why: 'no dataset',
      ...post('runs/log-inputs', { run_id: 'RUN', datasets: [{}] }),
      ...missing('datasets[0].dataset'),
    },
    {
      why: 'an object for datasets',
      ...post('runs/log-inputs', { run_id: 'RUN', datasets: {} }),
      ...wrong('datasets', '{}'),
    },
    {
      why: 'the longest name, digest and source',
      ...log('NEW_RUN', { name: '🙂'.repeat(500), digest: 'd'.repeat(36), source: 's'.repeat(65_535) }),
      ...answers(),
    },
    { why: 'a name of 501 characters', ...log('RUN', { name: 'n'.repeat(501) }), ...refused(field('name'), '500') },
    { why: 'a digest of 37 characters', ...log('RUN', { digest: 'd'.repeat(37) }), ...refused(field('digest'), '36') },
    {
      why: 'a source of 65,536 characters',
      ...log('RUN', { source: 's'.repeat(65_536) }),
      ...refused(field('source'), '65535'),
    },
    { why: 'a schema of 1,048,575 characters', ...log('NEW_RUN', { schema: 's'.repeat(1_048_575) }), ...answers() },
    {
      why: 'a schema of 1,048,576 characters',
      ...log('RUN', { schema: 's'.repeat(1_048_576) }),
      ...refused(field('schema'), '1048575'),
    },
    { why: 'a profile of 16,777,215 characters', ...log('NEW_RUN', { profile: 'p'.repeat(16_777_215) }), ...answers() },
    {
      why: 'a profile of 16,777,216 characters',
      ...log('RUN', { profile: 'p'.repeat(16_777_216) }),
      ...refused(field('profile'), '16777215'),
    },
    {
      why: 'an unset schema is not printed',
      ...log('NEW_RUN', { schema: null }),
      ...answers(),
      after: { ...thenRun('NEW_RUN', {}).after, without: ['run.inputs.dataset_inputs.0.dataset.schema'] },
    },
    {
      why: 'a tag key of 255 characters',
      ...log('NEW_RUN', {}, [{ key: 'k'.repeat(255), value: 'v'.repeat(500) }]),
      ...answers(),
    },
    {
      why: 'a tag key of 256 characters',
      ...log('RUN', {}, [{ key: 'k'.repeat(256), value: 'v' }]),
      ...refused('datasets[0].tags[0].key', '255'),
    },
    {
      why: 'a tag value of 501 characters',
      ...log('RUN', {}, [{ key: 'k', value: 'v'.repeat(501) }]),
      ...refused('datasets[0].tags[0].value', '500'),
    },
    { why: 'a tag without a key', ...log('RUN', {}, [{ value: 'v' }]), ...missing('datasets[0].tags[0].key') },
    { why: 'an object for tags', ...log('RUN', {}, { a: 'b' }), ...refused('datasets[0].tags') },
    { why: 'a run that is not there', ...log('ABSENT', {}), ...absent('Run with id=ABSENT not found') },
    { why: 'a deleted run', ...log('DELETED_RUN', {}), ...refused('The run DELETED_RUN must be in') },
    { why: 'NUL in a source', ...log('RUN', { source: 'a\0' }), ...refused(field('source'), 'NUL') },
  ],
}

const searchDatasets = (body: object) => post('experiments/search-datasets', body)

export const datasets: Table = {
  about: 'search-datasets',
  rows: [
    {
      why: 'an experiment without datasets',
      ...searchDatasets({ experiment_ids: ['EXPERIMENT'] }),
      ...answers({}),
      without: ['dataset_summaries'],
    },
    { why: 'an experiment that is not there', ...searchDatasets({ experiment_ids: ['999999'] }), ...answers({}) },
    {
      why: 'no experiment',
      ...searchDatasets({}),
      ...refused('SearchDatasets request must specify at least one experiment_id.'),
    },
    {
      why: 'an empty list of experiments',
      ...searchDatasets({ experiment_ids: [] }),
      ...refused('SearchDatasets request must specify at least one experiment_id.'),
    },
    {
      why: '21 experiments',
      ...searchDatasets({ experiment_ids: Array.from({ length: 21 }, (_, n) => String(n)) }),
      ...refused('SearchDatasets request cannot specify more than 20'),
    },
    { why: 'an experiment that is no number', ...searchDatasets({ experiment_ids: ['x'] }), ...refused("'x'") },
  ],
}
