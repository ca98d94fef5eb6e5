import type { Table } from './row.ts'
import { absent, answers, get, missing, patch, post, refused, remove, thenModel, wrong } from './row.ts'

const create = (change: object = {}) => post('logged-models', { experiment_id: 'FRESH', ...change })
const finalize = (model_id: string, change: object = {}) =>
  patch(`logged-models/${model_id}`, { model_id, status: 'LOGGED_MODEL_READY', ...change })
const made = (info: object, data: object = {}) => answers({ model: { info, data } })
const noModel = (model_id: string) => absent(`Logged model with ID '${model_id}' not found`)
const pair = { key: 'k', value: 'v' }

export const loggedModels: Table = {
  about: 'logged models',
  rows: [
    {
      why: 'a model',
      ...create({ name: 'clf', model_type: 'tree', source_run_id: 'RUN', params: [pair], tags: [pair] }),
      ...made(
        {
          experiment_id: 'FRESH',
          name: 'clf',
          model_type: 'tree',
          source_run_id: 'RUN',
          status: 'LOGGED_MODEL_PENDING',
          tags: [pair],
        },
        { params: [pair] },
      ),
    },
    {
      why: 'a model without anything: empty texts are printed, empty lists are not',
      ...create(),
      ...made({ model_type: '', source_run_id: '', status: 'LOGGED_MODEL_PENDING' }),
      without: ['model.info.tags', 'model.info.status_message', 'model.info.creator_id', 'model.data.params'],
    },
    { why: 'an empty name is none', ...create({ name: '' }), ...made({}) },
    ...['a/b', 'a:b', 'a.b', 'a%b', 'a"b', "a'b"].map((name) => ({
      why: `the name ${name}`,
      ...create({ name }),
      ...refused(),
    })),
    { why: 'a name of 500 characters', ...create({ name: '🙂'.repeat(500) }), ...made({}) },
    { why: 'a name of 501 characters', ...create({ name: 'n'.repeat(501) }), ...refused("'name'", '500') },
    { why: 'a number for a name', ...create({ name: 7 }), ...wrong('name', '7') },
    { why: 'no experiment', ...post('logged-models', {}), ...missing('experiment_id') },
    { why: 'a number for an experiment', ...create({ experiment_id: 1 }), ...wrong('experiment_id', '1') },
    { why: 'an experiment that is not there', ...create({ experiment_id: '999999' }), ...absent('999999') },
    { why: 'an experiment that is no number', ...create({ experiment_id: 'x' }), ...refused("'x'") },
    {
      why: 'a deleted experiment',
      ...create({ experiment_id: 'DELETED_EXPERIMENT' }),
      ...refused("must be in the 'active' state"),
    },
    { why: 'an object for params', ...create({ params: {} }), ...wrong('params', '{}') },
    { why: 'an object for tags', ...create({ tags: {} }), ...wrong('tags', '{}') },
    { why: 'a param without a key', ...create({ params: [{ value: 'v' }] }), ...missing('params[0].key') },
    {
      why: 'a param without a value',
      ...create({ params: [{ key: 'k' }] }),
      ...made({}, { params: [{ key: 'k', value: '' }] }),
    },
    { why: 'a param with a number', ...create({ params: [{ key: 'k', value: 1 }] }), ...wrong('params[0].value', '1') },
    { why: 'a key of 255 characters', ...create({ params: [{ key: 'k'.repeat(255) }] }), ...made({}) },
    {
      why: 'a key of 256 characters',
      ...create({ tags: [{ key: 'k'.repeat(256) }] }),
      ...refused('tags[0].key', '255'),
    },
    {
      why: 'a key that no run could have',
      ...create({ tags: [{ key: '../ä#', value: '' }] }),
      ...made({ tags: [{ key: '../ä#', value: '' }] }),
    },
    { why: 'a param twice with two values', ...create({ params: [pair, { ...pair, value: 'w' }] }), ...refused("'k'") },
    {
      why: 'a tag twice: the last counts',
      ...create({ tags: [pair, { ...pair, value: 'w' }] }),
      ...made({ tags: [{ key: 'k', value: 'w' }] }),
    },
    {
      why: 'get',
      ...get('logged-models/MODEL'),
      ...made(
        { model_id: 'MODEL', name: 'seeded', source_run_id: 'RUN', tags: [{ key: 'team', value: 'blue' }] },
        { params: [{ key: 'depth', value: '3' }] },
      ),
    },
    { why: 'get what is not there', ...get('logged-models/m-none'), ...noModel('m-none') },
    { why: 'get a deleted one', ...get('logged-models/DELETED_MODEL'), ...noModel('DELETED_MODEL') },
    {
      why: 'get a deleted one, which is asked for',
      ...get('logged-models/DELETED_MODEL?allow_deleted=true'),
      ...made({ model_id: 'DELETED_MODEL', name: 'gone' }),
    },
    {
      why: 'the flag in capitals',
      ...get('logged-models/DELETED_MODEL?allow_deleted=True'),
      ...made({ name: 'gone' }),
    },
    {
      why: 'a flag that says no',
      ...get('logged-models/DELETED_MODEL?allow_deleted=false'),
      ...noModel('DELETED_MODEL'),
    },
    ...['LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED', 'LOGGED_MODEL_PENDING'].map((status) => ({
      why: `finalise as ${status}`,
      ...finalize('NEW_MODEL', { status }),
      ...made({ model_id: 'NEW_MODEL', status }),
      ...thenModel('NEW_MODEL', { info: { status } }),
    })),
    { why: 'finalise by number', ...finalize('NEW_MODEL', { status: 2 }), ...made({ status: 'LOGGED_MODEL_READY' }) },
    { why: 'finalise without a status', ...finalize('MODEL', { status: undefined }), ...missing('status') },
    { why: 'finalise with an unknown status', ...finalize('MODEL', { status: 'GOOD' }), ...wrong('status', '"GOOD"') },
    { why: 'finalise what is not there', ...finalize('m-none'), ...noModel('m-none') },
    { why: 'finalise a deleted one', ...finalize('DELETED_MODEL'), ...noModel('DELETED_MODEL') },
    {
      why: 'set tags',
      ...patch('logged-models/NEW_MODEL/tags', { tags: [pair, { ...pair, value: 'w' }, { key: 'a' }] }),
      ...answers(),
      ...thenModel('NEW_MODEL', {
        info: {
          tags: [
            { key: 'a', value: '' },
            { key: 'k', value: 'w' },
          ],
        },
      }),
    },
    { why: 'set no tag', ...patch('logged-models/NEW_MODEL/tags'), ...answers() },
    { why: 'set an object of tags', ...patch('logged-models/MODEL/tags', { tags: {} }), ...wrong('tags', '{}') },
    { why: 'set a tag without a key', ...patch('logged-models/MODEL/tags', { tags: [{}] }), ...missing('tags[0].key') },
    { why: 'set tags of nothing', ...patch('logged-models/m-none/tags', { tags: [pair] }), ...noModel('m-none') },
    {
      why: 'set tags of a deleted model',
      ...patch('logged-models/DELETED_MODEL/tags', { tags: [pair] }),
      ...noModel('DELETED_MODEL'),
    },
    {
      why: 'delete a tag that is not there',
      ...remove('logged-models/MODEL/tags/none'),
      ...absent("No tag with key 'none' found for model with ID 'MODEL'."),
    },
    {
      why: 'delete a tag whose key has a slash, encoded',
      ...remove('logged-models/MODEL/tags/a%2Fb'),
      ...absent("No tag with key 'a/b' found"),
    },
    {
      why: 'delete a tag whose key has a slash, as clients send it',
      ...remove('logged-models/MODEL/tags/a/b'),
      ...absent("No tag with key 'a/b' found"),
    },
    { why: 'delete a tag of nothing', ...remove('logged-models/m-none/tags/k'), ...noModel('m-none') },
    {
      why: 'log params',
      ...post('logged-models/NEW_MODEL/params', { model_id: 'NEW_MODEL', params: [pair] }),
      ...answers(),
      ...thenModel('NEW_MODEL', { data: { params: [pair] } }),
    },
    {
      why: 'log a param that has another value',
      ...post('logged-models/MODEL/params', { model_id: 'MODEL', params: [{ key: 'depth', value: '4' }] }),
      ...refused("'depth'", "'3'"),
    },
    {
      why: 'log a param that has this value',
      ...post('logged-models/MODEL/params', { model_id: 'MODEL', params: [{ key: 'depth', value: '3' }] }),
      ...answers(),
    },
    {
      why: 'log params of nothing',
      ...post('logged-models/m-none/params', { model_id: 'm-none', params: [pair] }),
      ...noModel('m-none'),
    },
    {
      why: 'list the files of a model that has none',
      ...get('logged-models/MODEL/artifacts/directories'),
      ...answers({ root_uri: 'mlflow-artifacts:/EXPERIMENT/models/MODEL/artifacts' }),
      without: ['files'],
    },
    { why: 'list the files of nothing', ...get('logged-models/m-none/artifacts/directories'), ...noModel('m-none') },
    {
      why: 'list files elsewhere',
      ...get('logged-models/MODEL/artifacts/directories?artifact_directory_path=../..'),
      ...refused('Invalid path'),
    },
    {
      why: 'a file that is not there',
      ...get('logged-models/MODEL/artifacts/files?artifact_file_path=x'),
      ...absent('x'),
    },
    { why: 'delete', ...remove('logged-models/NEW_MODEL'), ...answers() },
    { why: 'delete again', ...remove('logged-models/DELETED_MODEL'), ...answers() },
    { why: 'delete what is not there', ...remove('logged-models/m-none'), ...noModel('m-none') },
    {
      why: 'delete, with the body that clients send',
      ...remove('logged-models/NEW_MODEL'),
      body: { model_id: 'NEW_MODEL' },
      ...answers(),
      after: { path: '/api/2.0/mlflow/logged-models/NEW_MODEL', shape: { error_code: 'RESOURCE_DOES_NOT_EXIST' } },
    },
  ],
}
