import type { Table } from './row.ts'
import { absent, answers, get, missing, patch, post, refused, remove, wrong } from './row.ts'

const create = (fields: object) =>
  post('model-versions/create', { name: 'NEW_REGISTERED', source: 's3://bucket/x', ...fields })
const search = (filter: string, rest = '') => get(`model-versions/search?filter=${encodeURIComponent(filter)}${rest}`)
const transition = (fields: object) =>
  post('model-versions/transition-stage', { name: 'NEW_REGISTERED', version: '1', stage: 'Staging', ...fields })
const noVersion = (version: string, name = 'REGISTERED') =>
  absent(`Model Version (name=${name}, version=${version}) not found`)
const of = (name: string, version: string) => `name=${encodeURIComponent(name)}&version=${encodeURIComponent(version)}`

/** Every endpoint that names a version, with name and number put in. */
const named = [
  ['get', (name: string, version: string) => get(`model-versions/get?${of(name, version)}`)],
  ['download', (name: string, version: string) => get(`model-versions/get-download-uri?${of(name, version)}`)],
  ['update', (name: string, version: string) => patch('model-versions/update', { name, version, description: 'd' })],
  ['transition', (name: string, version: string) => transition({ name, version })],
  ['delete', (name: string, version: string) => remove('model-versions/delete', { name, version })],
  ['set-tag', (name: string, version: string) => post('model-versions/set-tag', { name, version, key: 'k' })],
  ['delete-tag', (name: string, version: string) => remove('model-versions/delete-tag', { name, version, key: 'k' })],
] as const

export const modelVersions: Table = {
  about: 'model versions',
  rows: [
    ...named.flatMap(([what, ask]) => [
      { why: `${what}: no name`, ...ask('', '1'), ...missing('name') },
      { why: `${what}: no version`, ...ask('REGISTERED', ''), ...missing('version') },
      {
        why: `${what}: a version that is no number`,
        ...ask('REGISTERED', 'x'),
        ...refused("Parameter 'version' must be an integer, got 'x'."),
      },
      {
        why: `${what}: a version with a fraction`,
        ...ask('REGISTERED', '1.5'),
        ...refused("Parameter 'version' must be an integer, got '1.5'."),
      },
      { why: `${what}: an unknown version`, ...ask('REGISTERED', '9'), ...noVersion('9') },
      { why: `${what}: a deleted version`, ...ask('REGISTERED', '3'), ...noVersion('3') },
      { why: `${what}: a version below zero`, ...ask('REGISTERED', '-1'), ...noVersion('-1') },
      { why: `${what}: a version beyond 64 bits`, ...ask('REGISTERED', '9'.repeat(20)), ...noVersion('9'.repeat(20)) },
      { why: `${what}: an unknown model`, ...ask('nobody', '1'), ...noVersion('1', 'nobody') },
    ]),
    {
      why: 'create: the next number',
      ...create({ description: 'd', run_link: 'l', tags: [{ key: 'k', value: 'v' }] }),
      ...answers({
        model_version: {
          name: 'NEW_REGISTERED',
          version: '2',
          current_stage: 'None',
          description: 'd',
          source: 's3://bucket/x',
          run_id: '',
          run_link: 'l',
          status: 'READY',
          tags: [{ key: 'k', value: 'v' }],
        },
      }),
    },
    { why: 'create: no name', ...post('model-versions/create', { source: 's3://bucket/x' }), ...missing('name') },
    { why: 'create: no source', ...create({ source: '' }), ...missing('source') },
    { why: 'create: a number for a source', ...create({ source: 5 }), ...wrong('source', '5') },
    {
      why: 'create: an unknown model',
      ...create({ name: 'nobody' }),
      ...absent('Registered Model with name=nobody not found'),
    },
    {
      why: 'create: a tag of 100,001 characters',
      ...create({ name: 'REGISTERED', tags: [{ key: 'k', value: 'x'.repeat(100_001) }] }),
      ...refused('100000'),
    },
    {
      why: 'get',
      ...get('model-versions/get?name=REGISTERED&version=2'),
      ...answers({
        model_version: {
          name: 'REGISTERED',
          version: '2',
          current_stage: 'Production',
          description: 'second',
          source: 's3://bucket/two',
          status: 'READY',
          tags: [{ key: 'kind', value: 'forest' }],
          aliases: ['champion'],
        },
      }),
      without: ['model_version.user_id', 'model_version.status_message'],
    },
    {
      why: 'get: a number for a version',
      ...patch('model-versions/update', { name: 'REGISTERED', version: 2 }),
      ...wrong('version', '2'),
    },
    {
      why: 'download',
      ...get('model-versions/get-download-uri?name=REGISTERED&version=1'),
      ...answers({ artifact_uri: 's3://bucket/one' }),
    },
    {
      why: 'update',
      ...patch('model-versions/update', { name: 'NEW_REGISTERED', version: '1', description: 'new' }),
      ...answers({ model_version: { description: 'new' } }),
    },
    ...['Staging', 'production', 'ARCHIVED', 'none'].map((stage) => ({
      why: `transition to ${stage}`,
      ...transition({ stage }),
      ...answers({
        model_version: { current_stage: stage.charAt(0).toUpperCase() + stage.slice(1).toLowerCase() },
      }),
    })),
    {
      why: 'transition to an unknown stage',
      ...transition({ stage: 'live' }),
      ...refused('Invalid Model Version stage: live. Value must be one of None, Staging, Production, Archived.'),
    },
    { why: 'transition to the stage of the deleted', ...transition({ stage: 'Deleted_Internal' }), ...refused() },
    { why: 'transition: no stage', ...transition({ stage: '' }), ...missing('stage') },
    ...[true, false, 'TRUE', 'FALSE', 'true', null].map((archive_existing_versions) => ({
      why: `transition: archive_existing_versions ${JSON.stringify(archive_existing_versions)}, as clients send it`,
      ...transition({ archive_existing_versions }),
      ...answers({ model_version: { current_stage: 'Staging' } }),
    })),
    ...[2, 'yes', []].map((archive_existing_versions) => ({
      why: `transition: archive_existing_versions ${JSON.stringify(archive_existing_versions)}`,
      ...transition({ archive_existing_versions }),
      ...wrong('archive_existing_versions', JSON.stringify(archive_existing_versions)),
    })),
    ...['Archived', 'None'].map((stage) => ({
      why: `transition to ${stage} with the others`,
      ...transition({ name: 'REGISTERED', stage, archive_existing_versions: true }),
      ...refused('cannot archive existing model versions', 'Staging', 'Production'),
    })),
    {
      why: 'delete',
      ...remove('model-versions/delete', { name: 'NEW_REGISTERED', version: '1' }),
      ...answers(),
    },
    {
      why: 'set-tag',
      ...post('model-versions/set-tag', { name: 'NEW_REGISTERED', version: '1', key: 'k', value: 'v\nw' }),
      ...answers(),
      after: {
        path: '/api/2.0/mlflow/model-versions/get?name=NEW_REGISTERED&version=1',
        shape: { model_version: { tags: [{ key: 'k', value: 'v\nw' }] } },
      },
    },
    {
      why: 'delete-tag of a tag that is not there',
      ...remove('model-versions/delete-tag', { name: 'NEW_REGISTERED', version: '1', key: 'none' }),
      ...answers(),
    },
    ...[
      "name = 'REGISTERED'",
      "name='REGISTERED' and version_number > 1",
      "name = 'REGISTERED' AND version_number = '2'",
      "name IN ('REGISTERED') AND version_number != 1",
      "name NOT IN ('nobody') AND source_path = 's3://bucket/two'",
      "source_path LIKE '%bucket/two'",
      "name = 'REGISTERED' AND run_id NOT IN ('x') AND version_number >= 2",
      "name = 'REGISTERED' AND tags.kind = 'forest' AND tags.`kind` ILIKE 'FOR%'",
    ].map((filter) => ({
      why: `search: ${filter}`,
      ...search(filter, '&order_by=version_number%20DESC&max_results=1'),
      ...answers({ model_versions: [{ name: 'REGISTERED', version: '2' }] }),
    })),
    {
      why: 'search: deleted versions are not found',
      ...search("name = 'REGISTERED'"),
      ...answers({ model_versions: [{}, {}] }),
      without: ['model_versions.2', 'next_page_token'],
    },
    {
      why: 'search: versions of prompts, where the filter asks for them',
      ...search("tags.`mlflow.prompt.is_prompt` = 'true'"),
      ...answers({ model_versions: [{ name: 'PROMPT' }] }),
    },
    {
      why: 'search: no versions of prompts where nothing is said',
      ...search("name = 'PROMPT'"),
      ...answers(),
      without: ['model_versions.0'],
    },
    ...['name', 'version_number DESC', 'creation_timestamp', 'last_updated_timestamp DESC'].map((order) => ({
      why: `search: order by ${order}`,
      ...search("source_path = 's3://bucket/two'", `&order_by=${encodeURIComponent(order)}`),
      ...answers({ model_versions: [{ version: '2' }] }),
    })),
    ...[
      "stage = 'x'",
      'run_id = x',
      'version_number = 1.5',
      "version_number = 'one'",
      "version_number LIKE '1'",
      "params.a = 'x'",
      'name IN ()',
    ].map((filter) => ({ why: `search: filter: ${filter}`, ...search(filter), ...refused() })),
    { why: 'search: order by the same twice', ...search('', '&order_by=name&order_by=name%20DESC'), ...refused() },
    ...['0', '-1', '200001'].map((max) => ({
      why: `search: ${max} versions`,
      ...get(`model-versions/search?max_results=${max}`),
      ...refused('max_results'),
    })),
    {
      why: 'search: a page token that the server did not give',
      ...get('model-versions/search?page_token=bm90aGluZw'),
      ...refused('page_token'),
    },
  ],
}
