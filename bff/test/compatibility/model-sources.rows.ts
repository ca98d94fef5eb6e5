import type { Table } from './row.ts'
import { absent, answers, get, post, refused } from './row.ts'

const create = (source: string, fields: object = {}) =>
  post('model-versions/create', { name: 'NEW_REGISTERED', source, ...fields })
const registered = (shape: object) => answers({ model_version: shape })
const notWithin = (id: string) =>
  refused('Invalid model version source', `The ${id} request parameter must identify the resource that contains`)
const local = refused('To use a local path as a model version source')
const twisted = refused('Invalid model version source')
const PROMPT_TAG = { key: 'mlflow.prompt.is_prompt', value: 'true' }
const artifact = (rest: string) => get(`/model-versions/get-artifact?${rest}`)
const RUN_URI = 'mlflow-artifacts:/EXPERIMENT/RUN/artifacts'
const MODEL_URI = 'mlflow-artifacts:/EXPERIMENT/models/MODEL/artifacts'

/** Where a version may come from, and what of it is served. */
export const modelSources: Table = {
  about: 'sources of model versions',
  rows: [
    {
      why: 'a folder of a run',
      ...create('runs:/RUN/model', { run_id: 'RUN' }),
      ...registered({ source: 'runs:/RUN/model', run_id: 'RUN' }),
    },
    { why: 'all of a run', ...create('runs:/RUN', { run_id: 'RUN' }), ...registered({ source: 'runs:/RUN' }) },
    { why: 'a run that the request does not name', ...create('runs:/RUN/model'), ...notWithin('run_id') },
    { why: 'another run', ...create('runs:/RUN/model', { run_id: 'DELETED_RUN' }), ...notWithin('run_id') },
    { why: 'a run of another host', ...create('runs://host/RUN/model', { run_id: 'RUN' }), ...notWithin('run_id') },
    { why: 'a run for a logged model', ...create('runs:/RUN/model', { model_id: 'MODEL' }), ...notWithin('model_id') },
    { why: 'a run that is not here', ...create('runs:/ABSENT/model', { run_id: 'ABSENT' }), ...notWithin('run_id') },
    {
      why: 'a logged model, which tells its run',
      ...create('models:/MODEL', { model_id: 'MODEL' }),
      ...registered({ source: 'models:/MODEL', run_id: 'RUN' }),
    },
    { why: 'a logged model that the request does not name', ...create('models:/MODEL'), ...notWithin('model_id') },
    {
      why: 'another logged model',
      ...create('models:/MODEL', { model_id: 'DELETED_MODEL' }),
      ...notWithin('model_id'),
    },
    {
      why: 'a logged model that is not here',
      ...create('models:/m-ABSENT', { model_id: 'm-ABSENT' }),
      ...absent("Logged model with ID 'm-ABSENT' not found"),
    },
    { why: 'a logged model of another host', ...create('models://host/MODEL', { model_id: 'MODEL' }), ...twisted },
    { why: 'a bucket and an unknown logged model', ...create('s3://bucket/x', { model_id: 'm-ABSENT' }), ...absent() },
    {
      why: 'a bucket and a logged model',
      ...create('s3://bucket/x', { model_id: 'MODEL' }),
      ...registered({ source: 's3://bucket/x', run_id: 'RUN' }),
    },
    {
      why: 'the address of a run',
      ...create(`${RUN_URI}/model`, { run_id: 'RUN' }),
      ...registered({ source: `${RUN_URI}/model` }),
    },
    { why: 'the address of a run, not named', ...create(`${RUN_URI}/model`), ...notWithin('run_id') },
    { why: 'the address of another run', ...create(RUN_URI, { run_id: 'DELETED_RUN' }), ...notWithin('run_id') },
    {
      why: 'the folder around a run',
      ...create('mlflow-artifacts:/EXPERIMENT/RUN', { run_id: 'RUN' }),
      ...notWithin('run_id'),
    },
    {
      why: 'the address of a logged model',
      ...create(MODEL_URI, { model_id: 'MODEL' }),
      ...registered({ source: MODEL_URI, run_id: 'RUN' }),
    },
    {
      why: 'the address of a run for a logged model',
      ...create(RUN_URI, { model_id: 'MODEL' }),
      ...notWithin('model_id'),
    },
    {
      why: 'another version',
      ...create('models:/REGISTERED/1'),
      ...registered({ source: 'models:/REGISTERED/1', run_id: '' }),
    },
    {
      why: 'the newest version',
      ...create('models:/REGISTERED/latest'),
      ...registered({ source: 'models:/REGISTERED/2' }),
    },
    {
      why: 'the version of a stage',
      ...create('models:/REGISTERED/production'),
      ...registered({ source: 'models:/REGISTERED/2' }),
    },
    {
      why: 'the version of an alias',
      ...create('models:/REGISTERED@champion'),
      ...registered({ source: 'models:/REGISTERED/2' }),
    },
    {
      why: 'another version, of another run',
      ...create('models:/REGISTERED/1', { run_id: 'RUN' }),
      ...refused('must match'),
    },
    { why: 'a version that is not there', ...create('models:/REGISTERED/9'), ...absent('version=9') },
    { why: 'a version that was deleted', ...create('models:/REGISTERED/3'), ...absent('version=3') },
    { why: 'a model that is not there', ...create('models:/nobody/1'), ...absent('name=nobody') },
    { why: 'an alias that is not there', ...create('models:/REGISTERED@none'), ...refused('alias none not found') },
    { why: 'an empty stage', ...create('models:/REGISTERED/Staging'), ...absent("stage 'Staging'") },
    {
      why: 'a prompt',
      ...create('models:/PROMPT/1'),
      ...refused('Prompt versions cannot be used as model version sources'),
    },
    { why: 'a version of another host', ...create('models://host/REGISTERED/1'), ...twisted },
    { why: 'no model', ...create('models:/'), ...twisted },
    { why: 'too much of a model', ...create('models:/REGISTERED/1/2'), ...twisted },
    ...[
      's3://bucket/a/b',
      'gs://bucket/a',
      'dbfs:/a/b',
      's3://bucket/..../',
      's3://bucket/a//b',
      'wasbs://c@a.blob/x',
    ].map((source) => ({ why: `elsewhere: ${source}`, ...create(source), ...registered({ source }) })),
    {
      why: 'elsewhere, of a run that is not here',
      ...create('s3://bucket/x', { run_id: 'ABSENT' }),
      ...registered({ run_id: 'ABSENT' }),
    },
    ...['ftp', 'sftp', 'hdfs', 'viewfs', 'http', 'https', 'r2', 'b2', 'abfss', 'mlflow-artifacts'].map((scheme) => ({
      why: `a host of the caller's choosing: ${scheme}`,
      ...create(`${scheme}://host:1/models`, { run_id: 'RUN' }),
      ...refused(`'source' cannot use the '${scheme}' scheme`),
    })),
    ...[
      '/etc/passwd',
      '/etc/nope',
      'file:///etc/',
      'file:etc',
      'file:/etc',
      'FILE:///etc',
      'file://localhost/etc',
      '//etc',
      'file:.//etc',
      'etc',
      './etc',
      'C:/x',
    ].flatMap((source) => [
      { why: `a local path: ${source}`, ...create(source), ...local },
      { why: `a local path: ${source}, of a run`, ...create(source, { run_id: 'RUN' }), ...local },
      { why: `a local path: ${source}, of a logged model`, ...create(source, { model_id: 'MODEL' }), ...local },
    ]),
    ...[
      ' file:///etc',
      '\tfile:///etc',
      'file:///etc\n',
      `${RUN_URI}/../../x`,
      `${RUN_URI}/..%2f..%2fx`,
      `${RUN_URI}/%252e%252e%252fx`,
      `${RUN_URI}/a%2fb`,
      `${RUN_URI}/a\\..\\b`,
      `${RUN_URI}/a%5c..%5cb`,
      `${RUN_URI}/a%00`,
      `${RUN_URI}/./a`,
      `${RUN_URI}?a=/../..`,
      `${RUN_URI}#/../x`,
      `${RUN_URI};..%2f..%2fx`,
      'runs:/RUN/../DELETED_RUN/x',
      'runs:RUN/model',
      's3a://bucket/a/../../x',
      's3://bucket/a%00',
      's3://bucket%2f..%2fother/x',
      's3://bucket%2fother/x',
      'dbfs:/r/artifacts/a%3f/../../..',
      'gs://bucket',
      'foo:bar',
    ].map((source) => ({
      why: `means another place to some reader: ${JSON.stringify(source)}`,
      ...create(source, { run_id: 'RUN' }),
      ...twisted,
    })),
    {
      why: 'percent-encoded without end',
      ...create(`s3://bucket/%${'25'.repeat(60)}2e`),
      ...twisted,
    },
    { why: 'a source of 2,049 characters', ...create(`s3://bucket/${'x'.repeat(2037)}`), ...refused('2048') },
    ...['dummy-source', 'prompt-template'].map((source) => ({
      why: `a prompt's: ${source}`,
      ...create(source, { tags: [PROMPT_TAG] }),
      ...registered({ source, tags: [PROMPT_TAG] }),
    })),
    ...['file:///etc/', '/etc/passwd', 's3://bucket/x', 'runs:/RUN/x', 'models:/MODEL'].map((source) => ({
      why: `a prompt has no files: ${source}`,
      ...create(source, { tags: [PROMPT_TAG], run_id: 'RUN', model_id: 'MODEL' }),
      ...refused('Invalid prompt source', 'Prompt sources must use an MLflow placeholder'),
    })),
    {
      why: 'a prompt by the last of two tags',
      ...create('/etc/passwd', { tags: [{ ...PROMPT_TAG, value: 'false' }, PROMPT_TAG] }),
      ...refused('Invalid prompt source'),
    },
    {
      why: 'no prompt by the last of two tags',
      ...create('/etc/passwd', { tags: [PROMPT_TAG, { ...PROMPT_TAG, value: 'false' }] }),
      ...local,
    },
    { why: 'an artifact: no path', ...artifact('name=REGISTERED&version=1'), ...refused("'path'") },
    { why: 'an artifact: no version', ...artifact('name=REGISTERED&path=x'), ...refused("'version'") },
    {
      why: 'an artifact of an unknown version',
      ...artifact('name=REGISTERED&version=9&path=x'),
      ...absent('version=9'),
    },
    {
      why: 'an artifact of another place',
      ...artifact('name=REGISTERED&version=1&path=x'),
      ...absent('get-download-uri'),
    },
    { why: 'an artifact of a prompt', ...artifact('name=PROMPT&version=1&path=x'), ...absent() },
    ...['../x', '..%2Fx', '%252e%252e%252fx', '/etc/passwd', 'file:///etc/passwd', 'C:%5Cx', 'a/../../b'].map(
      (path) => ({
        why: `an artifact: a path out: ${path}`,
        ...artifact(`name=REGISTERED&version=1&path=${path}`),
        ...refused('Invalid path'),
      }),
    ),
    {
      why: 'an artifact, with a doubled slash',
      ...get('//model-versions/get-artifact?name=REGISTERED&version=9&path=x'),
      ...absent('version=9'),
    },
  ],
}
