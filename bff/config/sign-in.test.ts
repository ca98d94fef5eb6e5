import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ConfigError, readConfig } from '../config.ts'
import { masked } from './mask.ts'
import type { Env } from './sources.ts'

const folder = mkdtempSync(join(tmpdir(), 'assay-sign-in-'))
const file = join(folder, 'oidc.yaml')
const secret = join(folder, 'secret')
writeFileSync(secret, 'geheim\n')

const PUBLIC = '--public-url=https://assay.example.org'
const MAIL = ['--smtp-url=smtp://assay@mail.example.org', '--mail-from=assay@example.org', PUBLIC]
const env = { ASSAY_SMTP_PASSWORD: 'geheim' }

function problems(argv: readonly string[], env: Env = {}): readonly string[] {
  try {
    readConfig(argv, env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test.each([
  {
    why: 'STARTTLS on the port for submission',
    url: 'smtp://assay@mail.example.org',
    mail: { host: 'mail.example.org', port: 587, tls: 'starttls' },
  },
  {
    why: 'TLS from the first byte',
    url: 'smtps://a%40b.c@mail.example.org',
    mail: { port: 465, tls: 'always', login: { user: 'a@b.c', password: 'geheim' } },
  },
  { why: 'this machine', url: 'smtp://assay@[::1]:25', mail: { host: '::1', port: 25, tls: 'offered' } },
])('a mail server is found by its address: $why', ({ url, mail }) => {
  const { auth } = readConfig([...MAIL, `--smtp-url=${url}`, '--organisation=Ministry'], env)
  expect(auth.mail).toMatchObject({ from: 'assay@example.org', ...mail })
  expect(auth.organisation).toBe('Ministry')
})

test('plain text to another machine needs --smtp-insecure', () => {
  expect(readConfig([...MAIL, '--smtp-insecure'], env).auth.mail).toMatchObject({ tls: 'offered' })
})

test('without a mail server there is no mail', () => {
  expect(readConfig([], {}).auth.mail).toBeUndefined()
})

test.each([
  { why: 'mail without a public address', argv: MAIL.slice(0, 2), env, says: /--public-url/ },
  { why: 'mail from nobody', argv: [MAIL[0]!, PUBLIC], env, says: /--mail-from/ },
  { why: 'a user without a password', argv: MAIL, env: {}, says: /ASSAY_SMTP_PASSWORD too, the password of assay/ },
  { why: 'a password without a user', argv: [...MAIL, '--smtp-url=smtp://m'], env, says: /whose it is/ },
  {
    why: 'a password in the address',
    argv: [...MAIL, '--smtp-url=smtp://a:geheim@m'],
    env: {},
    says: /must not have a password/,
  },
  { why: 'another protocol', argv: [...MAIL, '--smtp-url=https://m'], env: {}, says: /must be smtp:/ },
  {
    why: 'an address that begins a header',
    argv: ['--mail-from=a@b\nBcc: c@d'],
    env: {},
    says: /must be a mail address/,
  },
  { why: 'authorities that are not there', argv: [...MAIL, '--smtp-ca-file=/none'], env, says: /cannot be read/ },
  { why: 'the password as a flag', argv: [...MAIL, '--smtp-password=x'], env, says: /not a flag, since others/ },
  {
    why: 'an administrator without a password',
    argv: ['--admin-username=root'],
    env: {},
    says: /set both, or neither/,
  },
  { why: 'a password of nobody', argv: [], env: { ASSAY_ADMIN_PASSWORD: 'x' }, says: /set both, or neither/ },
])('refuses $why', ({ argv, env, says }) => {
  const found = problems(argv, env)
  expect(found).toEqual([expect.stringMatching(says)])
  expect(found.join()).not.toContain('geheim')
})

test('no password is printed', () => {
  const config = readConfig([...MAIL, '--admin-username=root'], { ...env, ASSAY_ADMIN_PASSWORD: 'auch geheim' })
  expect(config.auth.firstAdmin).toEqual({ username: 'root', password: 'auch geheim' })
  expect(JSON.stringify(masked(config))).not.toContain('geheim')
})

function providers(text: string, argv: string[] = [PUBLIC]) {
  writeFileSync(file, text)
  return readConfig(['--oidc', file, ...argv], { OIDC_SECRET: 'geheim' }).auth.providers
}

test('providers are read with what they leave out', () => {
  const text = `
providers:
  - id: keycloak
    name: Ministry
    issuer: https://id.example.org/realms/ml
    client_id: assay
    client_secret: {variable: OIDC_SECRET}
    scopes: [openid, email, groups]
    claims: {groups: realm_access.roles}
    allowed_groups: [ml]
    admin_groups: [ml-admins]
    trust_email: true
    link_by_email: any
  - id: other
    issuer: http://localhost:8080
    client_id: assay
    client_secret: {file: ${secret}}
`
  expect(providers(text)).toEqual([
    {
      id: 'keycloak',
      name: 'Ministry',
      issuer: 'https://id.example.org/realms/ml',
      clientId: 'assay',
      clientSecret: 'geheim',
      scopes: ['openid', 'email', 'groups'],
      claims: { username: 'preferred_username', email: 'email', display_name: 'name', groups: 'realm_access.roles' },
      trustEmail: true,
      linkByEmail: 'any',
      allowedGroups: ['ml'],
      adminGroups: ['ml-admins'],
    },
    {
      id: 'other',
      name: 'other',
      issuer: 'http://localhost:8080',
      clientId: 'assay',
      clientSecret: { file: secret },
      scopes: ['openid', 'profile', 'email'],
      claims: { username: 'preferred_username', email: 'email', display_name: 'name', groups: 'groups' },
      trustEmail: false,
      linkByEmail: 'invited',
      allowedGroups: undefined,
      adminGroups: undefined,
    },
  ])
  expect(JSON.stringify(masked(providers(text)))).not.toContain('geheim')
})

const one = 'providers:\n  - id: a\n    issuer: https://a.example\n    client_id: b\n'

test.each([
  { why: 'no public address', text: one, argv: [], says: /^--oidc: .*--public-url/ },
  {
    why: 'an issuer by http',
    text: one.replace('https', 'http'),
    says: /oidc.yaml:3: providers\[0\].issuer must be an https/,
  },
  {
    why: 'an id that is no word',
    text: one.replace('id: a', 'id: a/b'),
    says: /:2: providers\[0\].id must be of small letters/,
  },
  { why: 'a secret in the file', text: `${one}    client_secret: geheim\n`, says: /:5: .*must say where it is/ },
  {
    why: 'a variable that is not set',
    text: `${one}    client_secret: {variable: NONE}\n`,
    says: /NONE, which is not set/,
  },
  {
    why: 'a misspelt setting',
    text: `${one}    scope: [openid]\n`,
    says: /:5: .*scope is not a setting; there are id, name/,
  },
  { why: 'a misspelt claim', text: `${one}    claims: {group: x}\n`, says: /claims.group is not a setting; .* groups/ },
  { why: 'no openid', text: `${one}    scopes: [email]\n`, says: /must have openid/ },
  { why: 'one id twice', text: one + one.slice(one.indexOf('  -')), says: /:5: providers\[1\].id is a a second time/ },
  { why: 'no YAML', text: 'providers: [', says: /oidc.yaml:\d+: / },
])('refuses providers with $why', ({ text, argv, says }) => {
  writeFileSync(file, text)
  const found = problems(['--oidc', file, ...(argv ?? [PUBLIC])])
  expect(found).toEqual([expect.stringMatching(says)])
  expect(found.join()).not.toContain('geheim')
})
