import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createExperiment, createToken, getAccessFilesStatus, giveAccess } from '#contract'
import { testDatabase } from './test/database.ts'
import { peopleOf } from './test/people.ts'
import { startAssay } from './test/process.ts'
import { startServer } from './test/server.ts'

/** Each command opens the embedded database anew. */
const MINUTES = 180_000

async function newFolder(files: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'assay-access-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

async function run(argv: string[], env: Record<string, string> = {}) {
  const assay = startAssay(['access', ...argv], env)
  const code = await assay.exited
  return { code, printed: assay.printed(), said: assay.said() }
}

/** What the commands of one test share: a database of its own. */
async function newPlace() {
  const given = await testDatabase()
  const data = await newFolder()
  return 'url' in given
    ? { env: { ASSAY_DATABASE_URL: given.url }, flags: ['--data', data], database: given }
    : { env: {}, flags: ['--data', data], database: { ...given, folder: join(data, 'database') } }
}

const FILES = {
  'fraud.yaml':
    'experiment: fraud\naccess:\n  manage: [lead@example.org]\n  edit: ["group:team"]\nmodels: [fraud-model]\n',
  'teams/pricing.yaml': 'experiment: pricing\naccess: {read: [a@example.org]}\n',
  'groups.yaml': 'groups:\n  team: [a@example.org, b@example.org]\n',
}

const PLAN = `+ user a@example.org, who is sent an invitation
+ user b@example.org, who is sent an invitation
+ user lead@example.org, who is sent an invitation
+ group team
+ member of group team: a@example.org
+ member of group team: b@example.org
fraud.yaml:
  + experiment fraud
teams/pricing.yaml:
  + experiment pricing
fraud.yaml:
  + MANAGE of experiment fraud: lead@example.org
  + EDIT of experiment fraud: group:team
  + MANAGE of model fraud-model: lead@example.org
  + EDIT of model fraud-model: group:team
teams/pricing.yaml:
  + READ of experiment pricing: a@example.org`

test(
  'plan leaves with 2 where there is something to do, apply does it, and what is exported differs in nothing',
  async () => {
    const { env, flags } = await newPlace()
    const folder = await newFolder(FILES)
    expect(await run(['plan', folder, ...flags], env)).toEqual({ code: 2, printed: PLAN, said: '13 changes.' })
    expect(await run(['apply', folder, ...flags], env)).toEqual({ code: 0, printed: PLAN, said: '13 changes.' })
    const same = { code: 0, printed: '', said: 'Access is as the files say.' }
    expect(await run(['plan', folder, ...flags], env)).toEqual(same)

    const exported = join(await newFolder(), 'new')
    expect(await run(['export', exported, ...flags], env)).toMatchObject({
      code: 0,
      said: `3 files written to ${exported}.`,
    })
    expect((await readdir(exported, { recursive: true })).sort()).toEqual([
      'fraud.yaml',
      'groups.yaml',
      'teams',
      'teams/pricing.yaml',
    ])
    expect(await run(['plan', exported, ...flags], env)).toEqual(same)
    expect(await run(['export', exported, ...flags], env)).toMatchObject({
      code: 1,
      said: expect.stringContaining('has access files already'),
    })

    await rm(join(folder, 'teams'), { recursive: true })
    const less = await run(['plan', folder, '--json', ...flags], env)
    expect(less.code).toBe(2)
    expect(JSON.parse(less.printed)).toMatchObject({
      changes: [
        { action: 'take', line: '- READ of experiment pricing: a@example.org', path: 'teams/pricing.yaml' },
        { action: 'release', path: 'teams/pricing.yaml' },
      ],
      to_confirm: ['1 of 3 experiments and models in the files would go (33 %)'],
    })
    expect(await run(['apply', folder, ...flags], env)).toMatchObject({
      code: 1,
      printed: '',
      said: expect.stringContaining('--confirm'),
    })
    expect(await run(['apply', folder, '--confirm', ...flags], env)).toMatchObject({ code: 0 })
    expect(await run(['plan', folder, ...flags], env)).toEqual(same)
  },
  MINUTES,
)

test.each([
  {
    why: 'wrong files',
    files: { 'a.yaml': 'experiment: a\n', 'b.yaml': 'experiment: b\naccess: {}\nfoo: 1\n' },
    argv: [],
    says: 'a.yaml:1:1: access is missing\nb.yaml:3:1: foo is not a setting',
  },
  {
    why: 'a setting that is none',
    files: {},
    argv: ['--prot=1'],
    says: '--prot is not a flag. Did you mean --port? `assay help` lists them all.',
  },
  {
    why: 'a server without a token',
    files: {},
    argv: ['--server', 'https://127.0.0.1:1'],
    says: '--server: set ASSAY_TOKEN to a token of an administrator with the scope access-files.',
  },
  {
    why: 'a server that has its own settings',
    files: {},
    argv: ['--server', 'https://127.0.0.1:1', '--data=x'],
    says: '--data=x: the server at --server has its own settings. Leave it out.',
  },
])('plan leaves with 1: $why', async ({ files, argv, says }) => {
  expect(await run(['plan', await newFolder(files as unknown as Record<string, string>), ...argv])).toEqual({
    code: 1,
    printed: '',
    said: says,
  })
})

test('a folder that is not there, or not named, is no empty one', async () => {
  expect(await run(['plan', '/no/such/folder'])).toEqual({
    code: 1,
    printed: '',
    said: 'The folder /no/such/folder cannot be read (ENOENT)',
  })
  expect(await run(['apply'])).toMatchObject({ code: 1, said: expect.stringContaining('Name the folder') })
})

test('a folder is applied at a server elsewhere, with a token for that alone, and the commit is recorded', async () => {
  const server = await startServer({ auth: {} })
  onTestFinished(() => server.close())
  const people = peopleOf(server)
  const admin = await people.add('root', { is_admin: true })
  const { token } = await admin.ask(createToken, { name: 'ci', scopes: ['access-files'] })
  const at = ['--server', server.base]
  const folder = await newFolder(FILES)
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
      encoding: 'utf8',
    }).trim()
  git('init', '-q')
  git('add', '.')
  git('commit', '-qm', 'access')
  expect(await run(['plan', folder, ...at], { ASSAY_TOKEN: token })).toMatchObject({ code: 2, printed: PLAN })
  expect(await run(['apply', folder, ...at], { ASSAY_TOKEN: token })).toMatchObject({ code: 0, printed: PLAN })
  expect(await run(['plan', folder, ...at], { ASSAY_TOKEN: token })).toMatchObject({ code: 0 })
  const commit = async () => (await admin.ask(getAccessFilesStatus, {})).last_apply?.commit_id
  expect(await commit()).toBe(git('rev-parse', 'HEAD'))
  await writeFile(join(folder, 'fraud.yaml'), `# changed\n${FILES['fraud.yaml']}`)
  expect(await run(['apply', folder, ...at], { ASSAY_TOKEN: token })).toMatchObject({ code: 0 })
  expect(await commit()).toBe(`${git('rev-parse', 'HEAD')}-dirty`)
  const commit_id = 'c'.repeat(40)
  await writeFile(join(folder, 'fraud.yaml'), `# again\n${FILES['fraud.yaml']}`)
  expect(await run(['apply', folder, '--commit', commit_id, ...at], { ASSAY_TOKEN: token })).toMatchObject({ code: 0 })
  expect(await commit()).toBe(commit_id)
  const wrong = await run(['plan', folder, ...at], { ASSAY_TOKEN: `${token.slice(0, -6)}aaaaaa` })
  expect(wrong).toMatchObject({
    code: 1,
    printed: '',
    said: expect.stringMatching(/not authenticated|no administrator/i),
  })
})

test(
  'what was granted by hand is exported as files that change nobody’s access',
  async () => {
    const { env, flags, database } = await newPlace()
    const server = await startServer({ auth: {}, database })
    const admin = await peopleOf(server).add('root', { is_admin: true })
    const ann = await peopleOf(server).add('ann', { email: 'ann@example.org' })
    const bot = await peopleOf(server).add('bot', { kind: 'service' })
    const { experiment_id } = await ann.ask(createExperiment, { name: 'Été: 2026' })
    const hold = (
      resource_type: 'experiment' | 'registered_model',
      resource_id: string,
      username: string,
      permission: 'EDIT' | 'NO_PERMISSIONS',
    ) => admin.ask(giveAccess, { resource_type, resource_id, username, permission })
    await hold('experiment', experiment_id, bot.username, 'EDIT')
    await hold('registered_model', 'by hand', bot.username, 'NO_PERMISSIONS')
    await server.close()

    const folder = join(await newFolder(), 'new')
    expect(await run(['export', folder, ...flags], env)).toMatchObject({ code: 0 })
    expect(await readFile(join(folder, 'experiments/e-te-2026.yaml'), 'utf8')).toBe(
      'experiment: "Été: 2026"\naccess:\n  manage:\n    - ann@example.org\n  edit:\n    - user:bot\n',
    )
    expect(await readFile(join(folder, 'models/by-hand.yaml'), 'utf8')).toBe(
      'access:\n  deny:\n    - user:bot\nmodels:\n  - by hand\n',
    )
    const plan = await run(['plan', folder, ...flags], env)
    expect(plan).toMatchObject({
      code: 0,
      said: "Access is as the files say. 3 grants given by hand are the files' from then on.",
    })
    expect(await run(['apply', folder, ...flags], env)).toMatchObject({ code: 0 })
    expect(await run(['plan', folder, ...flags], env)).toEqual({
      code: 0,
      printed: '',
      said: 'Access is as the files say.',
    })
  },
  MINUTES,
)

test(
  'a server that is told to watch a folder applies it',
  async () => {
    const { env, flags } = await newPlace()
    const watch = ['--access-watch', await newFolder(FILES), '--access-watch-interval=1']
    const server = startAssay(['serve', '--port=0', '--auth=on', ...flags, ...watch], env)
    await server.url()
    expect(await server.logs({ msg: 'access files applied' })).toMatchObject({ changes: 13 })
  },
  MINUTES,
)

test('the schema says what editors should know', async () => {
  const { code, printed } = await run(['schema'])
  expect(code).toBe(0)
  expect(JSON.parse(printed)).toMatchObject({
    anyOf: [
      {
        required: ['access'],
        additionalProperties: false,
        properties: { experiment: { type: 'string' }, models: { type: 'array' } },
      },
      { required: ['groups'], additionalProperties: false },
    ],
  })
})
