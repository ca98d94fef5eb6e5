import type { Table } from './row.ts'
import { absent, answers, exists, get, missing, patch, post, refused, remove, wrong } from './row.ts'

const create = (fields: object) => post('registered-models/create', { name: 'UNIQUE', ...fields })
const noModel = absent('Registered Model with name=nobody not found')
const noVersion = (version: string, name = 'REGISTERED') =>
  absent(`Model Version (name=${name}, version=${version}) not found`)
const alias = (fields: object) =>
  post('registered-models/alias', { name: 'NEW_REGISTERED', alias: 'a', version: '1', ...fields })
const PROMPT_TAG = { key: 'mlflow.prompt.is_prompt', value: 'true' }
const thenRegistered = (shape: object, name = 'NEW_REGISTERED') => ({
  after: { path: `/api/2.0/mlflow/registered-models/get?name=${name}`, shape: { registered_model: shape } },
})
const search = (filter: string, rest = '') =>
  get(`registered-models/search?filter=${encodeURIComponent(filter)}${rest}`)
const seeded = { registered_models: [{ name: 'REGISTERED' }] }
const onlySeeded = (filter: string) => ({
  why: `search: ${filter}`,
  ...search(filter, '&max_results=1'),
  ...answers(seeded),
})
const longName = 'n'.repeat(257)

/** Every endpoint that names a model, with its name put in. */
const named = [
  ['get', (name: string) => get(`registered-models/get?name=${encodeURIComponent(name)}`)],
  ['rename', (name: string) => post('registered-models/rename', { name, new_name: 'UNIQUE' })],
  ['update', (name: string) => patch('registered-models/update', { name, description: 'd' })],
  ['delete', (name: string) => remove('registered-models/delete', { name })],
  ['latest versions', (name: string) => post('registered-models/get-latest-versions', { name })],
  ['set-tag', (name: string) => post('registered-models/set-tag', { name, key: 'k', value: 'v' })],
  ['delete-tag', (name: string) => remove('registered-models/delete-tag', { name, key: 'k' })],
  ['delete alias', (name: string) => remove('registered-models/alias', { name, alias: 'champion' })],
  ['get alias', (name: string) => get(`registered-models/alias?name=${encodeURIComponent(name)}&alias=champion`)],
] as const

export const registeredModels: Table = {
  about: 'registered models',
  rows: [
    ...named.flatMap(([what, ask]) => [
      { why: `${what}: no name`, ...ask(''), ...missing('name') },
      { why: `${what}: a blank name`, ...ask('  '), ...missing('name') },
      { why: `${what}: an unknown name`, ...ask('nobody'), ...noModel },
      { why: `${what}: a slash in the name`, ...ask('a/b'), ...refused("Invalid model name 'a/b'") },
      { why: `${what}: a name that looks like SQL`, ...ask("x' or '1'='1"), ...absent('not found') },
    ]),
    {
      why: 'create',
      ...create({ description: 'd', tags: [{ key: 'a', value: '1' }, { key: 'b' }] }),
      ...answers({
        registered_model: {
          name: 'UNIQUE',
          description: 'd',
          tags: [
            { key: 'a', value: '1' },
            { key: 'b', value: '' },
          ],
        },
      }),
      without: ['registered_model.latest_versions.0', 'registered_model.user_id'],
    },
    {
      why: 'create: the last of two tags with one key',
      ...create({
        tags: [
          { key: 'a', value: '1' },
          { key: 'a', value: '2' },
        ],
      }),
      ...answers({ registered_model: { tags: [{ key: 'a', value: '2' }] } }),
    },
    { why: 'create: no name', ...post('registered-models/create', {}), ...missing('name') },
    { why: 'create: null for a name', ...create({ name: null }), ...missing('name') },
    { why: 'create: a blank name', ...create({ name: ' ' }), ...missing('name') },
    { why: 'create: a number for a name', ...create({ name: 5 }), ...wrong('name', '5') },
    { why: 'create: a slash', ...create({ name: 'a/b' }), ...refused("Names cannot contain '/' or ':'") },
    { why: 'create: a colon', ...create({ name: 'a:b' }), ...refused("Names cannot contain '/' or ':'") },
    { why: 'create: the folder above', ...create({ name: '..' }), ...wrong('name', '".."') },
    { why: 'create: the folder itself', ...create({ name: '.' }), ...wrong('name', '"."') },
    { why: 'create: a name of 257 characters', ...create({ name: longName }), ...refused("'name'", '256') },
    { why: 'create: NUL in a name', ...create({ name: 'a\0b' }), ...refused("'name'", 'NUL') },
    {
      why: 'create: blanks, umlauts and a percent sign',
      ...create({ name: 'größe 50% UNIQUE' }),
      ...answers({ registered_model: { name: 'größe 50% UNIQUE' } }),
    },
    { why: 'create: an object for tags', ...create({ tags: { a: 'b' } }), ...wrong('tags', '{"a":"b"}') },
    { why: 'create: a tag without a key', ...create({ tags: [{ value: 'b' }] }), ...refused('key') },
    {
      why: 'create: a tag of 100,000 characters',
      ...create({ tags: [{ key: 'long', value: 'x'.repeat(100_000) }] }),
      ...answers(),
    },
    {
      why: 'create: a tag of 100,001 characters',
      ...create({ tags: [{ key: 'long', value: 'x'.repeat(100_001) }] }),
      ...refused('value', '100000'),
    },
    {
      why: 'create: a key of 251 characters',
      ...create({ tags: [{ key: 'k'.repeat(251), value: '' }] }),
      ...refused('250'),
    },
    {
      why: 'create: a name that is taken',
      ...create({ name: 'REGISTERED' }),
      ...exists('Registered Model (name=REGISTERED) already exists'),
    },
    {
      why: 'create: a prompt by a name that a model has',
      ...create({ name: 'REGISTERED', tags: [PROMPT_TAG] }),
      ...exists('Tried to create a prompt', 'already taken by a registered model'),
    },
    {
      why: 'create: a model by a name that a prompt has',
      ...create({ name: 'PROMPT' }),
      ...exists('Tried to create a registered model', 'already taken by a prompt'),
    },
    {
      why: 'create: a prompt that there is',
      ...create({ name: 'PROMPT', tags: [PROMPT_TAG] }),
      ...exists('Prompt (name=PROMPT) already exists'),
    },
    {
      why: 'get',
      ...get('registered-models/get?name=REGISTERED'),
      ...answers({
        registered_model: {
          name: 'REGISTERED',
          description: 'known',
          tags: [{ key: 'team', value: 'blue' }],
          aliases: [{ alias: 'champion', version: '2' }],
        },
      }),
    },
    { why: 'get: names are told apart by case', ...get('registered-models/get?name=SEEDED%20MODEL'), ...absent() },
    {
      why: 'rename takes versions, tags and aliases along',
      ...post('registered-models/rename', { name: 'NEW_REGISTERED', new_name: 'UNIQUE' }),
      ...answers({ registered_model: { name: 'UNIQUE', latest_versions: [{ name: 'UNIQUE', version: '1' }] } }),
    },
    {
      why: 'rename to a name that is taken',
      ...post('registered-models/rename', { name: 'REGISTERED', new_name: 'PROMPT' }),
      ...exists('(name=PROMPT) already exists'),
    },
    {
      why: 'rename to the same name',
      ...post('registered-models/rename', { name: 'NEW_REGISTERED', new_name: 'NEW_REGISTERED' }),
      ...answers({ registered_model: { name: 'NEW_REGISTERED' } }),
    },
    {
      why: 'rename: no new name',
      ...post('registered-models/rename', { name: 'REGISTERED' }),
      ...missing('new_name'),
    },
    {
      why: 'rename: a new name with a slash',
      ...post('registered-models/rename', { name: 'REGISTERED', new_name: 'a/b' }),
      ...refused('Names cannot contain'),
    },
    {
      why: 'update',
      ...patch('registered-models/update', { name: 'NEW_REGISTERED', description: 'new' }),
      ...answers({ registered_model: { description: 'new' } }),
    },
    {
      why: 'update without a description clears it',
      ...patch('registered-models/update', { name: 'NEW_REGISTERED' }),
      ...answers(),
      ...thenRegistered({ name: 'NEW_REGISTERED' }),
    },
    {
      why: 'update without a content type',
      ...patch('registered-models/update', { name: 'NEW_REGISTERED', description: 'new' }),
      type: null,
      ...answers({ registered_model: { description: 'new' } }),
    },
    {
      why: 'delete takes all versions along',
      ...remove('registered-models/delete', { name: 'NEW_REGISTERED' }),
      ...answers(),
    },
    {
      why: 'latest versions of all stages',
      ...post('registered-models/get-latest-versions', { name: 'REGISTERED' }),
      ...answers({
        model_versions: [{}, {}],
      }),
    },
    {
      why: 'latest version of a stage, in any case',
      ...post('registered-models/get-latest-versions', { name: 'REGISTERED', stages: ['pRODUCTION'] }),
      ...answers({ model_versions: [{ version: '2', current_stage: 'Production', aliases: ['champion'] }] }),
    },
    {
      why: 'latest versions by GET, with the stage repeated',
      ...get('registered-models/get-latest-versions?name=REGISTERED&stages=Production&stages=Staging'),
      ...answers({ model_versions: [{ version: '2' }] }),
    },
    {
      why: 'latest version of an empty stage',
      ...post('registered-models/get-latest-versions', { name: 'REGISTERED', stages: ['Staging'] }),
      ...answers(),
      without: ['model_versions.0'],
    },
    {
      why: 'latest version of an unknown stage',
      ...post('registered-models/get-latest-versions', { name: 'REGISTERED', stages: ['live'] }),
      ...refused('Invalid Model Version stage: live', 'None, Staging, Production, Archived'),
    },
    {
      why: 'set-tag without a value',
      ...post('registered-models/set-tag', { name: 'NEW_REGISTERED', key: 'k' }),
      ...answers(),
      ...thenRegistered({ tags: [{ key: 'k', value: '' }] }),
    },
    {
      why: 'set-tag: no key',
      ...post('registered-models/set-tag', { name: 'REGISTERED', value: 'v' }),
      ...missing('key'),
    },
    {
      why: 'set-tag: a key out of its folder',
      ...post('registered-models/set-tag', { name: 'REGISTERED', key: '../k', value: 'v' }),
      ...refused("'key'"),
    },
    {
      why: 'delete-tag of a tag that is not there',
      ...remove('registered-models/delete-tag', { name: 'NEW_REGISTERED', key: 'none' }),
      ...answers(),
    },
    {
      why: 'an alias is set',
      ...alias({ alias: 'Größe_1-a' }),
      ...answers(),
      ...thenRegistered({ aliases: [{ alias: 'Größe_1-a', version: '1' }] }),
    },
    { why: 'an alias: a leading zero in the version', ...alias({ version: '01' }), ...answers() },
    ...['v1', 'V23'].map((name) => ({
      why: `an alias that is reserved: ${name}`,
      ...alias({ alias: name }),
      ...refused(`Version alias name '${name}' is reserved`),
    })),
    ...['latest', 'LATEST'].map((name) => ({
      why: `an alias that is reserved: ${name}`,
      ...alias({ alias: name }),
      ...refused("'latest' alias name (case insensitive) is reserved"),
    })),
    ...['a b', 'a/b', 'a.b', 'a@b', 'a\n'].map((name) => ({
      why: `an alias with other characters: ${JSON.stringify(name)}`,
      ...alias({ alias: name }),
      ...refused('Names may only contain alphanumerics, underscores (_), and dashes (-)'),
    })),
    { why: 'an alias of 255 characters', ...alias({ alias: 'a'.repeat(255) }), ...answers() },
    { why: 'an alias of 256 characters', ...alias({ alias: 'a'.repeat(256) }), ...refused('255') },
    { why: 'an alias: no alias', ...alias({ alias: '' }), ...missing('alias') },
    { why: 'an alias: no version', ...alias({ version: '' }), ...missing('version') },
    {
      why: 'an alias: a version that is no number',
      ...alias({ version: 'one' }),
      ...refused("Parameter 'version' must be an integer, got 'one'."),
    },
    { why: 'an alias: an unknown version', ...alias({ version: '9', name: 'REGISTERED' }), ...noVersion('9') },
    { why: 'an alias: a deleted version', ...alias({ version: '3', name: 'REGISTERED' }), ...noVersion('3') },
    { why: 'an alias: an unknown model', ...alias({ name: 'nobody' }), ...noVersion('1', 'nobody') },
    {
      why: 'the version of an alias',
      ...get('registered-models/alias?name=REGISTERED&alias=champion'),
      ...answers({ model_version: { version: '2', aliases: ['champion'] } }),
    },
    {
      why: 'the version of an alias that is not there: not a 404',
      ...get('registered-models/alias?name=REGISTERED&alias=none'),
      ...refused('Registered model alias none not found.'),
    },
    {
      why: 'the version of the alias latest',
      ...get('registered-models/alias?name=REGISTERED&alias=Latest'),
      ...answers({ model_version: { version: '2' } }),
    },
    {
      why: 'an alias that is not there is deleted',
      ...remove('registered-models/alias', { name: 'NEW_REGISTERED', alias: 'none' }),
      ...answers(),
    },
    ...[
      "name = 'REGISTERED'",
      "name LIKE 'seeded m%'",
      "name ILIKE 'SEEDED M%'",
      "name IN ('REGISTERED', 'nobody')",
      "attribute.name = 'REGISTERED'",
      "tags.team = 'blue'",
      "tag.`team` = 'blue' and name != 'x'",
      "tags.`mlflow.prompt.is_prompt` != 'true' AND tags.team = 'blue'",
      "tags.`mlflow.prompt.is_prompt` = 'false' AND tags.team = 'blue'",
    ].map(onlySeeded),
    {
      why: 'search: prompts, where the filter asks for them',
      ...search("name LIKE 'seeded%' AND tags.`mlflow.prompt.is_prompt` = 'true'"),
      ...answers({ registered_models: [{ name: 'PROMPT' }] }),
    },
    {
      why: 'search: prompts by what they are not',
      ...search("tags.`mlflow.prompt.is_prompt` != 'false'"),
      ...answers({ registered_models: [{ name: 'PROMPT' }] }),
    },
    {
      why: 'search: no prompts where nothing is said',
      ...search("name LIKE 'seeded%'"),
      ...answers(seeded),
      without: ['registered_models.1'],
    },
    {
      why: 'search by POST, as R asks',
      ...post('registered-models/search', { filter: "name = 'REGISTERED'", max_results: '100' }),
      ...answers(seeded),
      without: ['next_page_token'],
    },
    ...['name', 'name ASC', 'timestamp DESC', 'last_updated_timestamp'].map((order) => ({
      why: `search: order by ${order}`,
      ...search("name = 'REGISTERED'", `&order_by=${encodeURIComponent(order)}`),
      ...answers(seeded),
    })),
    {
      why: 'search: nothing matches',
      ...search("name = 'nobody'"),
      ...answers(),
      without: ['registered_models.0', 'next_page_token'],
    },
    { why: 'search: order by the same twice', ...search('', '&order_by=name&order_by=name%20DESC'), ...refused() },
    {
      why: 'search: order by the time of change by both its names',
      ...search('', '&order_by=timestamp&order_by=last_updated_timestamp'),
      ...refused(),
    },
    { why: 'search: order by a tag', ...search('', '&order_by=tags.team'), ...refused() },
    ...[
      'name = seeded',
      "description = 'x'",
      "run_id = 'x'",
      "params.a = 'x'",
      "name > 'a'",
      'name =',
      'tags.a = 1',
    ].map((filter) => ({ why: `search: filter: ${filter}`, ...search(filter), ...refused() })),
    ...['0', '-1', '1001', 'many'].map((max) => ({
      why: `search: ${max} models`,
      ...get(`registered-models/search?max_results=${max}`),
      ...refused('max_results'),
    })),
    {
      why: 'search: a page token that the server did not give',
      ...get('registered-models/search?page_token=bm90aGluZw'),
      ...refused('page_token'),
    },
  ],
}
