import { expect, test } from 'vitest'
import { lineOf } from './changes.ts'
import type { Texts } from './folder.ts'
import { planAccess } from './plan.ts'
import { readWanted } from './read.ts'
import type { State } from './state.ts'

const EMPTY: State = { users: [], groups: [], members: [], grants: [], files: [], experiments: [] }

const user = (user_id: number, username: string, email: string | null = username.includes('@') ? username : null) => ({
  user_id,
  username,
  username_key: username,
  email,
})
const experiment = (id: number, name: string, more: object = {}) => ({
  experiment_id: String(id),
  name,
  artifact_location: `mlflow-artifacts:/${id}`,
  description: undefined,
  deleted: false,
  ...more,
})
type Grant = State['grants'][number]
const grant = (
  holder: Partial<Grant>,
  resource_id: string,
  permission: Grant['permission'],
  access_file: string | null,
): Grant => ({
  grant_id: 1,
  user_id: null,
  group_id: null,
  resource_type: /^\d+$/.test(resource_id) ? 'experiment' : 'registered_model',
  resource_id,
  permission,
  access_file,
  ...holder,
})
const file = (path: string, experiment_id: number, experiment: string, models: string[] = []) => ({
  path,
  digest: 'old',
  experiment_id,
  experiment,
  models,
})

const plan = (state: Partial<State>, texts: Texts) => {
  const { changes, takesOver, ...rest } = planAccess({ ...EMPTY, ...state }, readWanted(texts, { domains: [] }))
  return { ...rest, lines: changes.map(lineOf), takesOver: takesOver.map(lineOf) }
}

const MANAGED = {
  users: [user(1, 'a@example.org'), user(2, 'b@example.org')],
  experiments: [experiment(7, 'fraud')],
  files: [file('fraud.yaml', 7, 'fraud')],
}
const ab = [grant({ user_id: 1 }, '7', 'MANAGE', 'fraud.yaml'), grant({ user_id: 2 }, '7', 'READ', 'fraud.yaml')]
const fraud = (access: string, more = '') => ({ 'fraud.yaml': `experiment: fraud\n${more}access: ${access}\n` })

test.each<{ why: string; state: Partial<State>; texts: Texts; lines: string[]; takesOver?: string[] }>([
  {
    why: 'everything is new',
    state: {},
    texts: {
      ...fraud('{manage: [Lead@example.org], edit: ["group:team"]}', 'artifacts: s3://b/fraud\nmodels: [m]\n'),
      'groups.yaml': 'groups: {team: [a@example.org]}\n',
    },
    lines: [
      '+ user a@example.org, who is sent an invitation',
      '+ user lead@example.org, who is sent an invitation',
      '+ group team',
      '+ member of group team: a@example.org',
      '+ experiment fraud, artifacts in s3://b/fraud',
      '+ MANAGE of experiment fraud: lead@example.org',
      '+ EDIT of experiment fraud: group:team',
      '+ MANAGE of model m: lead@example.org',
      '+ EDIT of model m: group:team',
    ],
  },
  {
    why: 'all is as the file says',
    state: { ...MANAGED, grants: ab },
    texts: fraud('{manage: [a@example.org], read: [B@example.org]}'),
    lines: [],
  },
  {
    why: 'somebody gets less',
    state: { ...MANAGED, grants: ab },
    texts: fraud('{read: [a@example.org, b@example.org]}'),
    lines: ['+ READ of experiment fraud: a@example.org', '- MANAGE of experiment fraud: a@example.org'],
  },
  {
    why: 'what was given by hand is as the file says, or not in it',
    state: {
      ...MANAGED,
      files: [],
      grants: [grant({ user_id: 1 }, '7', 'MANAGE', null), grant({ user_id: 2 }, '7', 'READ', null)],
    },
    texts: fraud('{manage: [a@example.org]}'),
    lines: ['- READ of experiment fraud: b@example.org'],
    takesOver: ['= MANAGE of experiment fraud: a@example.org'],
  },
  {
    why: 'the file is gone',
    state: { ...MANAGED, grants: [...ab, grant({ user_id: 2 }, 'by-hand', 'READ', null)] },
    texts: {},
    lines: [
      '- MANAGE of experiment fraud: a@example.org',
      '- READ of experiment fraud: b@example.org',
      '- fraud.yaml is in charge of nothing any more',
    ],
  },
  {
    why: 'the file has another name',
    state: { ...MANAGED, grants: ab },
    texts: { 'teams/fraud.yaml': 'experiment: fraud\naccess: {manage: [a@example.org], read: [b@example.org]}\n' },
    lines: ['- fraud.yaml is in charge of nothing any more'],
    takesOver: ['= MANAGE of experiment fraud: a@example.org', '= READ of experiment fraud: b@example.org'],
  },
  {
    why: 'the experiment was renamed: it is still the one of its file',
    state: { ...MANAGED, experiments: [experiment(7, 'fraud-2')], grants: ab },
    texts: fraud('{manage: [a@example.org], read: [b@example.org]}'),
    lines: [],
  },
  {
    why: 'a model is no longer in the file',
    state: { ...MANAGED, grants: [...ab, grant({ user_id: 1 }, 'm', 'MANAGE', 'fraud.yaml')] },
    texts: fraud('{manage: [a@example.org], read: [b@example.org]}'),
    lines: ['- MANAGE of model m: a@example.org'],
  },
  {
    why: 'an account is named by its mail address or by its name',
    state: { ...MANAGED, users: [user(1, 'admin', 'A@example.org'), user(2, 'pipeline')], grants: ab },
    texts: fraud('{manage: [a@example.org], read: ["user:pipeline"]}'),
    lines: [],
  },
  {
    why: 'somebody is named like the address of another',
    state: {
      ...MANAGED,
      users: [
        user(1, 'a@example.org'),
        user(2, 'boss', 'b@example.org'),
        { ...user(3, 'b\uff20example.org', null), username_key: 'b@example.org' },
      ],
      grants: ab,
    },
    texts: fraud('{manage: [a@example.org], read: [b@example.org]}'),
    lines: [],
  },
  {
    why: 'a group has members by file, by hand and by a provider',
    state: {
      users: ['a', 'b', 'c', 'd', 'e'].map((name, i) => user(i + 1, `${name}@example.org`)),
      groups: [
        { group_id: 1, name: 'team' },
        { group_id: 2, name: 'others' },
      ],
      members: [
        { group_id: 1, user_id: 1, source: 'files' },
        { group_id: 1, user_id: 2, source: 'hand' },
        { group_id: 1, user_id: 3, source: 'oidc' },
        { group_id: 1, user_id: 4, source: 'hand' },
        { group_id: 2, user_id: 1, source: 'files' },
        { group_id: 2, user_id: 2, source: 'hand' },
      ],
    },
    texts: { 'groups.yaml': 'groups: {team: [b@example.org, e@example.org]}\n' },
    lines: [
      '+ member of group team: e@example.org',
      '- member of group team: a@example.org',
      '- member of group team: d@example.org',
      '- member of group others: a@example.org',
    ],
    takesOver: ['= member of group team: b@example.org'],
  },
  {
    why: 'a description is another',
    state: { ...MANAGED, experiments: [experiment(7, 'fraud', { description: 'old' })], grants: ab },
    texts: fraud('{manage: [a@example.org], read: [b@example.org]}', 'description: new\n'),
    lines: ['~ description of experiment fraud'],
  },
])('planned: $why', ({ state, texts, lines, takesOver = [] }) => {
  expect(plan(state, texts)).toMatchObject({ problems: [], lines, takesOver })
})

test.each<{ why: string; state: Partial<State>; texts: Texts; says: string }>([
  {
    why: 'a group that nobody knows',
    state: {},
    texts: fraud('{read: ["group:nobody"]}'),
    says: 'fraud.yaml:2:17: There is no group:nobody: add it to groups.yaml, as [] where an identity provider names its members',
  },
  {
    why: 'an account that nobody knows',
    state: {},
    texts: fraud('{read: ["user:nobody"]}'),
    says: 'fraud.yaml:2:17: There is no account nobody: an administrator has to add it first',
  },
  {
    why: 'an account that looks like the one that is named',
    state: { users: [user(1, 'pipeline')] },
    texts: fraud('{read: ["user:Pipeline"]}'),
    says: 'fraud.yaml:2:17: Pipeline looks like the account pipeline, and is not it: write user:pipeline',
  },
  {
    why: 'an address that the name of an account looks like',
    state: { users: [{ ...user(1, 'boss\uff20example.org', null), username_key: 'boss@example.org' }] },
    texts: fraud('{read: [boss@example.org]}'),
    says: 'fraud.yaml:2:17: boss@example.org looks like the account boss\uff20example.org, and is not it: write user:boss\uff20example.org',
  },
  {
    why: 'an address of two accounts',
    state: { users: [user(1, 'a', 'x@example.org'), user(2, 'b', 'x@example.org')] },
    texts: fraud('{read: [x@example.org]}'),
    says: 'fraud.yaml:2:17: x@example.org is the address of a and b: write user:NAME',
  },
  {
    why: 'one account by two names',
    state: { users: [user(1, 'a', 'x@example.org')] },
    texts: fraud('{read: [x@example.org, "user:a"]}'),
    says: 'fraud.yaml:2:32: user:a is who fraud.yaml:2:17 names already',
  },
  {
    why: 'an experiment that looks like another',
    state: { experiments: [experiment(1, 'Fraud')] },
    texts: fraud('{}'),
    says: 'fraud.yaml:1:1: experiment fraud looks like Fraud, which exists',
  },
  {
    why: 'a group that looks like another',
    state: { groups: [{ group_id: 1, name: 'Team' }] },
    texts: { 'groups.yaml': 'groups: {team: []}\n' },
    says: 'groups.yaml:1:10: group team looks like Team, which exists',
  },
  {
    why: 'artifacts that would move',
    state: { experiments: [experiment(1, 'fraud')] },
    texts: fraud('{}', 'artifacts: s3://b/f\n'),
    says: 'fraud.yaml:1:1: the artifacts of experiment fraud are in mlflow-artifacts:/1 and cannot move: change or remove the line artifacts',
  },
  {
    why: 'artifacts around those of another',
    state: { experiments: [experiment(1, 'old', { artifact_location: 's3://b/f/old' })] },
    texts: fraud('{}', 'artifacts: s3://b/f\n'),
    says: 'fraud.yaml:1:1: s3://b/f holds artifacts of experiment old: choose a place of its own',
  },
  {
    why: 'two files that mean one experiment',
    state: { ...MANAGED, experiments: [experiment(7, 'fraud-2')] },
    texts: { ...fraud('{}'), 'other.yaml': 'experiment: fraud-2\naccess: {}\n' },
    says: 'other.yaml:1:1: experiment fraud-2 is the one of fraud.yaml:1:1, which was renamed',
  },
])('a problem: $why', ({ state, texts, says }) => {
  expect(plan(state, texts).problems).toEqual([says])
})

const people = Array.from({ length: 10 }, (_, i) => `p${i}@example.org`)
const ten: Partial<State> = {
  users: people.map((name, i) => user(i, name)),
  experiments: [experiment(7, 'fraud')],
  files: [file('fraud.yaml', 7, 'fraud')],
  grants: people.map((_, user_id) => grant({ user_id }, '7', 'EDIT', 'fraud.yaml')),
}
const readers = (count: number) => `{read: [${people.slice(0, count).join(', ')}]}`
const asGroup: Partial<State> = {
  ...ten,
  groups: [{ group_id: 1, name: 'team' }],
  members: people.map((_, user_id) => ({ group_id: 1, user_id, source: 'files' as const })),
  grants: [grant({ group_id: 1 }, '7', 'EDIT', 'fraud.yaml')],
}
const grouped = (count: number) => ({
  ...fraud('{edit: ["group:team"]}'),
  'groups.yaml': `groups: {team: [${people.slice(0, count).join(', ')}]}\n`,
})
const five: Partial<State> = {
  experiments: [1, 2, 3, 4, 5].map((n) => experiment(n, `e${n}`)),
  files: [1, 2, 3, 4, 5].map((n) => file(`${n}.yaml`, n, `e${n}`)),
}
const left = (count: number) =>
  Object.fromEntries([1, 2, 3, 4, 5].slice(0, count).map((n) => [`${n}.yaml`, `experiment: e${n}\naccess: {}\n`]))

test.each<{ why: string; state: Partial<State>; texts: Texts; says: string[] }>([
  { why: 'a fifth loses all', state: ten, texts: fraud(readers(8)), says: [] },
  {
    why: 'more than a fifth loses all',
    state: ten,
    texts: fraud(readers(7)),
    says: ['3 of 10 rights of a person on an experiment or model would go (30 %)'],
  },
  { why: 'everybody gets less, and nobody nothing', state: ten, texts: fraud(readers(10)), says: [] },
  { why: 'a group loses a fifth', state: asGroup, texts: grouped(8), says: [] },
  {
    why: 'a group loses more',
    state: asGroup,
    texts: grouped(7),
    says: ['3 of 10 rights of a person on an experiment or model would go (30 %)'],
  },
  {
    why: 'some are denied',
    state: ten,
    texts: fraud(`${readers(7).slice(0, -1)}, deny: [${people.slice(7).join(', ')}]}`),
    says: ['3 of 10 rights of a person on an experiment or model would go (30 %)'],
  },
  { why: 'a fifth of the files is gone', state: five, texts: left(4), says: [] },
  {
    why: 'more of the files are gone',
    state: five,
    texts: left(3),
    says: ['2 of 5 experiments and models in the files would go (40 %)'],
  },
  {
    why: 'a folder is empty',
    state: { ...ten },
    texts: {},
    says: [
      '10 of 10 rights of a person on an experiment or model would go (100 %)',
      '1 of 1 experiments and models in the files would go (100 %)',
    ],
  },
])('to be confirmed: $why', ({ state, texts, says }) => {
  expect(plan(state, texts).toConfirm).toEqual(says)
})
