import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from '../config.ts'
import { parseSection } from './basic-auth-ini.ts'

const folder = mkdtempSync(join(tmpdir(), 'assay-ini-'))
let files = 0
function ini(text: string): string {
  const path = join(folder, `${++files}.ini`)
  writeFileSync(path, text)
  return path
}

const whole = `[mlflow]
default_permission = READ
database_uri = sqlite:///basic_auth.db
admin_username = boss
; the first start needs it
admin_password = of the boss #12;
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
# auth_cache_ttl_seconds = 0
`

const problems = (env: Record<string, string>) => {
  try {
    readConfig([], env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test("MLflow's basic_auth.ini says the default permission and the first administrator; what else is in it is named", () => {
  const path = ini(whole)
  const { auth, warnings } = readConfig([], { MLFLOW_AUTH_CONFIG_PATH: path })
  expect(auth).toMatchObject({
    defaultPermission: 'READ',
    firstAdmin: { username: 'boss', password: 'of the boss #12;' },
  })
  expect(warnings).toEqual([
    `${path}: of its [mlflow], default_permission, admin_username, admin_password are used; not used: database_uri, authorization_function`,
  ])
})

test('ours go before its variables, and those before its file', () => {
  const file = { MLFLOW_AUTH_CONFIG_PATH: ini(whole) }
  const variables = {
    ...file,
    MLFLOW_AUTH_DEFAULT_PERMISSION: 'EDIT',
    MLFLOW_AUTH_ADMIN_USERNAME: 'chief',
    MLFLOW_AUTH_ADMIN_PASSWORD: 'of the chief 12',
  }
  expect(readConfig([], variables).auth).toMatchObject({
    defaultPermission: 'EDIT',
    firstAdmin: { username: 'chief', password: 'of the chief 12' },
  })
  const ours = {
    ...variables,
    ASSAY_DEFAULT_PERMISSION: 'USE',
    ASSAY_ADMIN_USERNAME: 'head',
    ASSAY_ADMIN_PASSWORD: 'of the head 1234',
  }
  expect(readConfig([], ours).auth).toMatchObject({
    defaultPermission: 'USE',
    firstAdmin: { username: 'head', password: 'of the head 1234' },
  })
  expect(readConfig(['--default-permission=MANAGE'], ours).auth.defaultPermission).toBe('MANAGE')
})

test('without a password there is no administrator to make, as in the file that MLflow ships', () => {
  const { auth } = readConfig([], {
    MLFLOW_AUTH_CONFIG_PATH: ini('[mlflow]\nadmin_username = admin\nadmin_password =\n'),
  })
  expect(auth.firstAdmin).toBeUndefined()
})

describe('refused', () => {
  test.each([
    {
      why: "MLflow's old default password",
      env: () => ({ MLFLOW_AUTH_CONFIG_PATH: ini('[mlflow]\nadmin_username=admin\nadmin_password=password1234\n') }),
      says: /^admin_password of .*\.ini: is the password that MLflow once shipped/,
    },
    {
      why: 'a permission that there is not',
      env: () => ({ MLFLOW_AUTH_CONFIG_PATH: ini('[mlflow]\ndefault_permission = WRITE\n') }),
      says: /^default_permission of .*\.ini=WRITE: must be NO_PERMISSIONS, READ, USE, EDIT or MANAGE/,
    },
    {
      why: 'a file that is not there',
      env: () => ({ MLFLOW_AUTH_CONFIG_PATH: '/nowhere/basic_auth.ini' }),
      says: /^MLFLOW_AUTH_CONFIG_PATH=\/nowhere\/basic_auth.ini: cannot be read \(ENOENT\)/,
    },
  ])('$why', ({ env, says }) => {
    expect(problems(env())).toEqual([expect.stringMatching(says)])
  })
})

test.each([
  { why: 'a colon, and blanks around', text: '[mlflow]\nKey : a: b ', value: 'a: b' },
  { why: 'an escaped percent sign', text: '[mlflow]\nkey=100%%', value: '100%' },
  { why: 'another section', text: '[other]\nkey=1\n[mlflow]\n', value: undefined },
  { why: 'the last of two', text: '\uFEFF[mlflow]\r\nkey=1\r\nkey=2\r\n', value: '2' },
])('ini: $why', ({ text, value }) => {
  expect(parseSection(text, 'mlflow').get('key')).toBe(value)
})
