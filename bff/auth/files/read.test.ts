import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Texts } from './folder.ts'
import { digestOf, readFolder } from './folder.ts'
import { readWanted } from './read.ts'

const read = (texts: Texts, domains: string[] = []) => readWanted(texts, { domains })
const problems = (texts: Texts, domains: string[] = []): string[] => {
  try {
    read(texts, domains)
    return []
  } catch (error) {
    return (error as Error).message.split('\n')
  }
}

const FRAUD = `experiment: fraud-detection
description: |
  Fraud model for benefits
artifacts: s3://team-models/fraud
access:
  manage:  [Lead@Example.org]
  edit:    [group:fraud-team]
  read:
    - analyst@example.org
  approve: [group:model-assurance, "user:pipeline"]
models: [fraud-classifier]
`

test('a file says who may do what, each with its place', () => {
  const [file] = read({ 'fraud.yaml': FRAUD }).files
  expect(file).toMatchObject({
    path: 'fraud.yaml',
    experiment: {
      name: 'fraud-detection',
      at: 'fraud.yaml:1:1',
      description: 'Fraud model for benefits',
      artifacts: 's3://team-models/fraud',
    },
    models: [{ name: 'fraud-classifier', at: 'fraud.yaml:11:10' }],
    access: [
      { holder: 'lead@example.org', permission: 'MANAGE', at: 'fraud.yaml:6:13' },
      { holder: 'group:fraud-team', permission: 'EDIT', at: 'fraud.yaml:7:13' },
      { holder: 'analyst@example.org', permission: 'READ', at: 'fraud.yaml:9:7' },
      { holder: 'group:model-assurance', permission: 'APPROVE', at: 'fraud.yaml:10:13' },
      { holder: 'user:pipeline', permission: 'APPROVE', at: 'fraud.yaml:10:36' },
    ],
  })
})

test('groups.yaml lists members', () => {
  const text = 'groups:\n  fraud-team: [a@example.org, b@example.org]\n  from-oidc: []\n'
  expect(read({ 'groups.yaml': text }).groups).toEqual([
    {
      name: 'fraud-team',
      at: 'groups.yaml:2:3',
      members: [
        { holder: 'a@example.org', at: 'groups.yaml:2:16' },
        { holder: 'b@example.org', at: 'groups.yaml:2:31' },
      ],
    },
    { name: 'from-oidc', at: 'groups.yaml:3:3', members: [] },
  ])
})

const x = (text: string) => ({ 'x.yaml': text })
const rest = 'access: {}\n'

test.each<{ why: string; texts: Texts; says: string | RegExp; domains?: string[] }>([
  { why: 'no YAML', texts: x('experiment: [a\n'), says: /^x\.yaml:2:1: / },
  { why: 'two documents', texts: x(`experiment: a\n${rest}---\nb: 1\n`), says: /^x\.yaml:3:1: .*multiple documents/ },
  { why: 'a tag of its own', texts: x(`experiment: !!js/function a\n${rest}`), says: /^x\.yaml:1:13: Unresolved tag/ },
  {
    why: 'a key twice',
    texts: x(`experiment: a\nexperiment: b\n${rest}`),
    says: /^x\.yaml:2:1: Map keys must be unique/,
  },
  { why: 'an unknown key', texts: x(`experiment: a\nacces: {}\n${rest}`), says: 'x.yaml:2:1: acces is not a setting' },
  {
    why: 'an unknown level',
    texts: x('experiment: a\naccess:\n  own: []\n'),
    says: 'x.yaml:3:3: access.own is not a setting',
  },
  {
    why: 'a prototype',
    texts: x(`experiment: a\n__proto__: {a: 1}\n${rest}`),
    says: 'x.yaml:2:1: __proto__ is not a setting',
  },
  { why: 'no access', texts: x('experiment: a\n'), says: 'x.yaml:1:1: access is missing' },
  { why: 'nothing to give', texts: x(rest), says: 'x.yaml:1:1: must name an experiment, or models' },
  { why: 'an empty file', texts: x(''), says: 'x.yaml:1:1: must be settings, such as experiment: NAME' },
  {
    why: 'a number for a name',
    texts: x(`experiment: 12\n${rest}`),
    says: 'x.yaml:1:1: experiment must be text; write it in quotes',
  },
  {
    why: 'a control character',
    texts: x(`experiment: "a\\eb"\n${rest}`),
    says: /^x\.yaml:1:1: experiment must be a name without/,
  },
  {
    why: 'a mark of direction',
    texts: x(`experiment: "a\\u202Eb"\n${rest}`),
    says: /^x\.yaml:1:1: experiment must be a name without/,
  },
  {
    why: 'a blank at the end',
    texts: x(`experiment: "a "\n${rest}`),
    says: /^x\.yaml:1:1: experiment must be a name without/,
  },
  {
    why: 'no mail address',
    texts: x('experiment: a\naccess:\n  read: [lead]\n'),
    says: /^x\.yaml:3:10: access\.read\[0\] must be a mail address/,
  },
  {
    why: 'a mail address with foreign letters',
    texts: x('experiment: a\naccess:\n  read: [le\u0430d@example.org]\n'),
    says: /must be a mail address \(in ASCII\)/,
  },
  {
    why: 'a mail address with a line break',
    texts: x('experiment: a\naccess:\n  read: ["a@example.org\\nBcc: b@example.org"]\n'),
    says: /must have no control characters/,
  },
  {
    why: 'somebody twice in a list',
    texts: x('experiment: a\naccess:\n  read: [a@example.org, A@example.org]\n'),
    says: 'x.yaml:3:3: access.read names somebody twice',
  },
  {
    why: 'somebody on two levels',
    texts: x('experiment: a\naccess:\n  edit: [a@example.org]\n  read: [a@example.org]\n'),
    says: 'x.yaml:4:10: a@example.org is in x.yaml:3:10 already: name them once',
  },
  {
    why: 'somebody given and denied',
    texts: x('experiment: a\naccess:\n  review: [a@example.org]\n  deny: [a@example.org]\n'),
    says: 'x.yaml:4:10: a@example.org is in x.yaml:3:12 already: name them once',
  },
  {
    why: 'another mail domain',
    texts: x('experiment: a\naccess:\n  read: [a@evil.org]\n'),
    domains: ['example.org'],
    says: 'x.yaml:3:10: a@evil.org is outside of the allowed mail domains (example.org)',
  },
  {
    why: 'an experiment in two files',
    texts: { 'a.yaml': `experiment: f\n${rest}`, 'b.yaml': `experiment: f\n${rest}` },
    says: 'b.yaml:1:1: experiment f is in a.yaml:1:1 already',
  },
  {
    why: 'an experiment that looks alike',
    texts: { 'a.yaml': `experiment: Fraud\n${rest}`, 'b.yaml': `experiment: fraud\n${rest}` },
    says: 'b.yaml:1:1: experiment fraud looks like Fraud in a.yaml:1:1',
  },
  {
    why: 'an experiment in another Unicode form',
    texts: { 'a.yaml': `experiment: "caf\\xe9"\n${rest}`, 'b.yaml': `experiment: "cafe\\u0301"\n${rest}` },
    says: /^b\.yaml:1:1: experiment .* looks like/,
  },
  {
    why: 'a model in two files',
    texts: { 'a.yaml': `experiment: f\nmodels: [m]\n${rest}`, 'b.yaml': `models: [m]\n${rest}` },
    says: 'b.yaml:1:10: model m is in a.yaml:2:10 already',
  },
  { why: 'all models', texts: x(`models: ['*']\n${rest}`), says: 'x.yaml:1:10: models[0] must name one model' },
  {
    why: 'artifacts within those of another',
    texts: {
      'a.yaml': `experiment: f\nartifacts: s3://b/f/\n${rest}`,
      'b.yaml': `experiment: g\nartifacts: s3://b/f/g\n${rest}`,
    },
    says: 'b.yaml:1:1: its artifacts would be within those of a.yaml:1:1',
  },
  {
    why: 'the default experiment',
    texts: x(`experiment: Default\n${rest}`),
    says: /^x\.yaml:1:1: Default has no access of its own/,
  },
  {
    why: 'groups in a file of another spelling',
    texts: { 'Groups.yaml': 'models: [a]\naccess: {}\n' },
    says: /^Groups\.yaml: is named like the file of groups/,
  },
  {
    why: 'a group in a group',
    texts: { 'groups.yaml': 'groups:\n  a: [group:b]\n' },
    says: /^groups\.yaml:2:7: groups\.a\[0\] must be a person/,
  },
  {
    why: 'a path that leads out',
    texts: { '../x.yaml': `experiment: a\n${rest}` },
    says: '"../x.yaml": is no path of an access file',
  },
  { why: 'another kind of file', texts: { 'x.txt': `experiment: a\n${rest}` }, says: 'x.txt: must end in .yaml' },
  { why: 'more than 1 MiB', texts: x(`#${' '.repeat(1024 * 1024)}\n`), says: 'x.yaml: is larger than 1 MiB' },
  {
    why: 'more than 10,000 entries',
    texts: {
      'groups.yaml': `groups:\n  a:\n${Array.from({ length: 10_001 }, (_, i) => `    - a${i}@example.org\n`).join('')}`,
    },
    says: 'More than 10000 entries in all files',
  },
])('refused: $why', ({ texts, domains, says }) => {
  const [first = ''] = problems(texts, domains)
  if (typeof says === 'string') expect(first).toBe(says)
  else expect(first).toMatch(says)
})

test('an artifact place that begins like another is a place of its own', () => {
  const texts = {
    'a.yaml': `experiment: f\nartifacts: s3://b/f\n${rest}`,
    'b.yaml': `experiment: g\nartifacts: s3://b/f-2\n${rest}`,
  }
  expect(problems(texts)).toEqual([])
})

test('aliases are expanded fifty times, and no more', () => {
  const lists = (count: number) =>
    `experiment: a\naccess:\n  read: &r [a@example.org]\nmodels: &m [x]\n` +
    `description: d\n${Array.from({ length: count }, (_, i) => `k${i}: *r\n`).join('')}`
  expect(problems(x(lists(40)))[0]).toBe('x.yaml:6:1: k0 is not a setting')
  const bomb = `a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b]\n`
  expect(problems(x(bomb))).toEqual(['x.yaml:1:1: More than 50 aliases'])
})

test('all problems of all files are told at once', () => {
  expect(problems({ 'a.yaml': 'experiment: 1\nfoo: 1\naccess: {}\n', 'b.yaml': 'experiment: b\n' })).toEqual([
    'a.yaml:1:1: experiment must be text; write it in quotes',
    'a.yaml:2:1: foo is not a setting',
    'b.yaml:1:1: access is missing',
  ])
})

test('a folder is read with its folders; hidden files, links to folders and other files are left out', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-access-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await mkdir(join(folder, 'teams/.git'), { recursive: true })
  await mkdir(join(folder, '..data'))
  await writeFile(join(folder, '..data/linked.yaml'), 'models: [m]\naccess: {}\n')
  await symlink('..data/linked.yaml', join(folder, 'linked.yaml'))
  await symlink('..', join(folder, 'loop'))
  await writeFile(join(folder, 'teams/fraud.yml'), FRAUD)
  await writeFile(join(folder, 'teams/.git/x.yaml'), 'no')
  await writeFile(join(folder, 'README.md'), 'no')
  const texts = await readFolder(folder)
  expect(texts).toEqual({ 'linked.yaml': 'models: [m]\naccess: {}\n', 'teams/fraud.yml': FRAUD })
  await writeFile(join(folder, 'latin.yaml'), Buffer.from([0xe9]))
  await expect(readFolder(folder)).rejects.toThrow('latin.yaml: is not UTF-8')
  await expect(readFolder(join(folder, 'none'))).rejects.toThrow(/cannot be read \(ENOENT\)/)
})

test('the digest is of paths and texts, in any order', () => {
  const digest = digestOf({ a: '1', b: '2' })
  expect(digestOf({ b: '2', a: '1' })).toBe(digest)
  for (const other of [{ a: '12', b: '' }, { a: '1' }, { a: '1', c: '2' }])
    expect(digestOf(other as unknown as Texts)).not.toBe(digest)
})
