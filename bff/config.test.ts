import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { masked } from './config/mask.ts'
import { mlflowWarnings } from './config/mlflow.ts'
import type { Env } from './config.ts'
import { ConfigError, readConfig } from './config.ts'

const folder = mkdtempSync(join(tmpdir(), 'assay-config-'))
const open = mkdtempSync(join(tmpdir(), 'assay-open-'))
chmodSync(open, 0o777)
const file = join(folder, 'file')
writeFileSync(file, '')

const buckets = join(folder, 'buckets.yaml')
writeFileSync(buckets, 'buckets: [{prefix: "s3://team/a"}]')
const secretFile = join(folder, 'secret')
writeFileSync(secretFile, `${'s'.repeat(32)}\n`)

const postgres = { ASSAY_DATABASE_URL: 'postgresql://me:geheim@db/assay' }

function problems(argv: string[], env: Env = {}): readonly string[] {
  try {
    readConfig(argv, env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

test('without any setting, it serves this machine only, from an embedded database', () => {
  expect(readConfig([], {})).toMatchObject({
    server: { host: '127.0.0.1', port: 5000, workers: 1, staticPrefix: '', allowedHosts: [], publicUrl: undefined },
    auth: { mode: 'on', defaultPermission: 'NO_PERMISSIONS', experimentCreation: 'anyone', hideForbidden: false },
    log: { level: 'info' },
    database: { folder: join(process.cwd(), 'data/database') },
    migrate: true,
    tracking: {
      mode: 'full',
      artifacts: { store: { kind: 'folder', folder: join(process.cwd(), 'data/artifacts') }, maxBytes: undefined },
      truncateLongValues: true,
      uniqueRunNames: false,
    },
    printConfig: false,
    warnings: [],
  })
})

describe('reads', () => {
  test.each<{ why: string; argv?: string[]; env?: Env; gives: object }>([
    { why: 'a flag with =', argv: ['--port=81'], gives: { server: { port: 81 } } },
    { why: 'a flag and its value apart', argv: ['--port', '81'], gives: { server: { port: 81 } } },
    {
      why: 'a folder of access files to watch',
      argv: ['--access-watch=/access', '--access-watch-interval=3', '--access-mail-domains=Example.org, @example.com'],
      gives: {
        auth: { files: { domains: ['example.org', 'example.com'], watch: { folder: '/access', everyMs: 3000 } } },
      },
    },
    {
      why: 'a role for S3 credentials, and the stores that they are for',
      argv: ['--artifacts=s3://lake/root', '--s3-sts-role=arn:aws:iam::123456789012:role/assay'],
      gives: {
        auth: {
          s3: {
            main: { bucket: 'lake', prefix: 'root' },
            buckets: [],
            sts: { role: 'arn:aws:iam::123456789012:role/assay', endpoint: undefined },
          },
        },
      },
    },
    {
      why: 'no stores of its own behind a relay',
      argv: ['--tracking-url=http://mlflow:5000', '--s3-sts-role=arn:aws:iam::123456789012:role/assay'],
      gives: { auth: { s3: { main: undefined, buckets: [] } } },
    },
    { why: 'a short flag', argv: ['-p', '81'], gives: { server: { port: 81 } } },
    { why: 'the last of two equal flags', argv: ['--port=1', '--port=2'], gives: { server: { port: 2 } } },
    { why: 'a variable', env: { ASSAY_PORT: '82' }, gives: { server: { port: 82 } } },
    { why: "MLflow's variable", env: { MLFLOW_PORT: '83' }, gives: { server: { port: 83 } } },
    { why: 'a flag before a variable', argv: ['--port=1'], env: { ASSAY_PORT: '2' }, gives: { server: { port: 1 } } },
    { why: "ours before MLflow's", env: { ASSAY_PORT: '2', MLFLOW_PORT: '3' }, gives: { server: { port: 2 } } },
    { why: 'an empty variable as not set', env: { ASSAY_PORT: ' ' }, gives: { server: { port: 5000 } } },
    { why: 'port 0', argv: ['--port=0'], gives: { server: { port: 0 } } },
    { why: 'an IPv6 address', argv: ['--host=[::1]'], gives: { server: { host: '::1' } } },
    { why: 'all of 127.0.0.0/8 as this machine', argv: ['--host=127.1.2.3'], gives: { server: { host: '127.1.2.3' } } },
    {
      why: 'proxies',
      argv: ['--trusted-proxies=10.0.0.7, fd00::/8'],
      gives: { server: { trustedProxies: ['10.0.0.7', 'fd00::/8'] } },
    },
    { why: 'a switch', argv: ['--artifacts-only'], gives: { tracking: { mode: 'artifacts-only' } } },
    {
      why: 'a switch as variable',
      env: { ASSAY_ARTIFACTS_ONLY: 'true' },
      gives: { tracking: { mode: 'artifacts-only' } },
    },
    { why: 'a negated switch', argv: ['--no-serve-artifacts'], gives: { tracking: { mode: 'tracking-only' } } },
    { why: 'a switch with a value', argv: ['--migrate=off'], gives: { migrate: false } },
    {
      why: 'a switch turned off by variable',
      env: { MLFLOW_SERVE_ARTIFACTS: 'false' },
      gives: { tracking: { mode: 'tracking-only' } },
    },
    {
      why: 'a database',
      env: postgres,
      gives: { database: { url: postgres.ASSAY_DATABASE_URL, pool: { writes: 8, reads: 8 } } },
    },
    {
      why: 'postgres://',
      env: { ASSAY_DATABASE_URL: 'postgres://h/d' },
      gives: { database: { url: 'postgresql://h/d' } },
    },
    {
      why: 'postgresql+psycopg2://',
      env: { MLFLOW_BACKEND_STORE_URI: 'postgresql+psycopg2://u:p%40@h:1/d' },
      gives: { database: { url: 'postgresql://u:p%40@h:1/d' } },
    },
    {
      why: 'postgresql+psycopg://',
      env: { MLFLOW_BACKEND_STORE_URI: 'postgresql+psycopg://h/d?sslmode=require' },
      gives: { database: { url: 'postgresql://h/d?sslmode=require' } },
    },
    {
      why: 'a socket folder',
      env: { ASSAY_DATABASE_URL: 'postgresql:///assay?host=/run/postgresql' },
      gives: { database: { url: 'postgresql:///assay?host=/run/postgresql' } },
    },
    { why: 'workers on Postgres', argv: ['-w', '4'], env: postgres, gives: { server: { workers: 4 } } },
    {
      why: 'a core behind a socket, several workers in front of it',
      argv: ['--auth=off', '--tracking-url=unix:/run/assay/core.sock', '-w', '4'],
      env: { ASSAY_CORE_SECRET_FILE: secretFile },
      gives: {
        relay: {
          kind: 'core',
          secret: 's'.repeat(32),
          target: { socketPath: '/run/assay/core.sock' },
          answerMs: 120_000,
        },
        server: { workers: 4 },
      },
    },
    {
      why: 'an MLflow server below a path',
      env: { ASSAY_TRACKING_URL: 'https://mlflow.test/ml/', ASSAY_TRACKING_TOKEN: 't', ASSAY_TRACKING_TIMEOUT: '5' },
      gives: {
        relay: {
          kind: 'mlflow',
          target: { origin: 'https://mlflow.test', prefix: '/ml' },
          credentials: { token: 't' },
          answerMs: 5000,
        },
      },
    },
    {
      why: 'another data folder',
      argv: ['--data', folder],
      gives: {
        database: { folder: join(folder, 'database') },
        tracking: { artifacts: { store: { folder: join(folder, 'artifacts') } } },
      },
    },
    {
      why: 'an artifact folder',
      argv: ['--artifacts=/srv/a'],
      gives: { tracking: { artifacts: { store: { kind: 'folder', folder: '/srv/a' } } } },
    },
    {
      why: 'an artifact folder as file address',
      env: { MLFLOW_ARTIFACTS_DESTINATION: 'file:///srv/a%20b' },
      gives: { tracking: { artifacts: { store: { kind: 'folder', folder: '/srv/a b' } } } },
    },
    {
      why: 'a bucket',
      argv: ['--artifacts=s3://b-1/x/y/'],
      gives: {
        tracking: {
          artifacts: { store: { kind: 's3', bucket: 'b-1', prefix: 'x/y', endpoint: undefined, pathStyle: false } },
        },
      },
    },
    {
      why: 'a bucket on another server',
      argv: ['--artifacts=s3://bbb'],
      env: { MLFLOW_S3_ENDPOINT_URL: 'http://minio:9000/' },
      gives: { tracking: { artifacts: { store: { prefix: '', endpoint: 'http://minio:9000', pathStyle: true } } } },
    },
    {
      why: 'virtual addressing',
      argv: ['--artifacts=s3://bbb', '--s3-endpoint=http://s:1', '--s3-addressing=virtual'],
      gives: { tracking: { artifacts: { store: { pathStyle: false } } } },
    },
    {
      why: "AWS's own variables for the server",
      argv: ['--artifacts=s3://bbb'],
      env: { AWS_ENDPOINT_URL: 'http://all:1', AWS_ENDPOINT_URL_S3: 'http://s3:1' },
      gives: { tracking: { artifacts: { store: { endpoint: 'http://s3:1', pathStyle: true } } } },
    },
    {
      why: 'encryption by a key',
      argv: ['--artifacts=s3://bbb', '--s3-encryption=aws:kms', '--s3-kms-key=alias/a'],
      gives: { tracking: { artifacts: { store: { encryption: { algorithm: 'aws:kms', keyId: 'alias/a' } } } } },
    },
    {
      why: 'the address by which clients reach the server',
      argv: ['--artifacts=s3://bbb', '--s3-public-endpoint=https://s3.example.com'],
      gives: { tracking: { artifacts: { store: { publicEndpoint: 'https://s3.example.com', endpoint: undefined } } } },
    },
    { why: 'a size', argv: ['--max-artifact-size=5G'], gives: { tracking: { artifacts: { maxBytes: 5 * 2 ** 30 } } } },
    {
      why: 'a size in MiB',
      env: { ASSAY_MAX_ARTIFACT_SIZE: '3 MiB' },
      gives: { tracking: { artifacts: { maxBytes: 3 * 2 ** 20 } } },
    },
    {
      why: 'host patterns',
      argv: ['--allowed-hosts=A.example.com, *.lab.test:8080,[fe80::1]'],
      gives: { server: { allowedHosts: ['a.example.com', '*.lab.test:8080', '[fe80::1]'] } },
    },
    {
      why: 'a public address',
      argv: ['--public-url=https://assay.example.com/'],
      gives: { server: { publicUrl: 'https://assay.example.com' } },
    },
    { why: 'a prefix', env: { MLFLOW_STATIC_PREFIX: '/a/b' }, gives: { server: { staticPrefix: '/a/b' } } },
    { why: "MLflow's level names", env: { MLFLOW_LOGGING_LEVEL: 'WARNING' }, gives: { log: { level: 'warn' } } },
    {
      why: 'truncation off',
      env: { MLFLOW_TRUNCATE_LONG_VALUES: 'False' },
      gives: { tracking: { truncateLongValues: false } },
    },
    { why: 'unique run names', argv: ['--unique-run-names'], gives: { tracking: { uniqueRunNames: true } } },
    {
      why: 'variables that Kubernetes makes for a service called assay',
      env: {
        ASSAY_PORT: 'tcp://10.0.0.1:5000',
        ASSAY_SERVICE_HOST: '10.0.0.1',
        ASSAY_SERVICE_PORT: '5000',
        ASSAY_SERVICE_PORT_HTTP: '5000',
        ASSAY_PORT_5000_TCP: 'tcp://10.0.0.1:5000',
        ASSAY_PORT_5000_TCP_PROTO: 'tcp',
        ASSAY_PORT_5000_TCP_PORT: '5000',
        ASSAY_PORT_5000_TCP_ADDR: '10.0.0.1',
      },
      gives: { server: { port: 5000 } },
    },
    {
      why: 'variables that Kubernetes makes for a service called assay-db',
      env: {
        ASSAY_DB_SERVICE_HOST: '10.0.0.2',
        ASSAY_DB_PORT: 'tcp://10.0.0.2:5432',
        ASSAY_DB_PORT_5432_TCP: 'tcp://10.0.0.2:5432',
      },
      gives: { server: { port: 5000 } },
    },
    {
      why: "a client's environment as none of its business",
      env: { MLFLOW_TRACKING_URI: 'http://x', MLFLOW_TRACKING_TOKEN: 't', MLFLOW_EXPERIMENT_NAME: 'e' },
      gives: { warnings: [] },
    },
  ])('$why', ({ argv = [], env = {}, gives }) => expect(readConfig(argv, env)).toMatchObject(gives))
})

describe('refuses', () => {
  test.each<{ why: string; argv?: string[]; env?: Env; says: RegExp }>([
    {
      why: 'an unknown flag, with the nearest',
      argv: ['--prot=1'],
      says: /^--prot is not a flag\. Did you mean --port\?/,
    },
    ...['everyone', '0.0.0.0/0', '::/0', '10.0.0.0/33', 'loopback', 'true', '1'].map((proxies) => ({
      why: `${proxies} as a proxy`,
      argv: [`--trusted-proxies=10.0.0.7,${proxies}`],
      says: /is no address and no network/,
    })),
    { why: 'an unknown flag near none', argv: ['--xylophone'], says: /^--xylophone is not a flag\. `assay help`/ },
    { why: 'a negated text', argv: ['--no-port'], says: /^--no-port is not a flag/ },
    {
      why: 'a secret on the command line',
      argv: ['--database-url=postgresql://h/d'],
      says: /set ASSAY_DATABASE_URL in the environment/,
    },
    {
      why: "SQLite by MLflow's flag",
      argv: ['--backend-store-uri', 'sqlite:///x?geheim'],
      says: /^--backend-store-uri: SQLite is not used here/,
    },
    {
      why: "MLflow's flag without its value",
      argv: ['--gunicorn-opts'],
      says: /flag of mlflow server: it needs a value/,
    },
    { why: 'an app of one’s own', argv: ['--app-name=mine'], says: /flag of mlflow server: only basic-auth is/ },
    { why: 'a file of variables', argv: ['--env-file=.env'], says: /put the variables into the environment/ },
    { why: 'a word', argv: ['here'], says: /^"here" is not understood/ },
    { why: 'a flag without its value', argv: ['--port'], says: /^--port needs a value: --port=N/ },
    { why: 'a flag in the place of a value', argv: ['--host', '--port=1'], says: /^--host needs a value/ },
    { why: 'a value for a negated switch', argv: ['--no-migrate=on'], says: /takes no value/ },
    {
      why: 'an unknown variable, with the nearest',
      env: { ASSAY_DATABSE_URL: 'x' },
      says: /^ASSAY_DATABSE_URL is not a setting\. Did you mean ASSAY_DATABASE_URL\?/,
    },
    {
      why: 'an unknown variable near none',
      env: { ASSAY_ZZZZZZZZZZ: '1' },
      says: /^ASSAY_ZZZZZZZZZZ is not a setting\. `assay help`/,
    },
    { why: 'a flag-only setting as a variable', env: { ASSAY_PRINT_CONFIG: '1' }, says: /not a setting/ },
    {
      why: 'a port that is no number',
      env: { ASSAY_PORT: 'x' },
      says: /^ASSAY_PORT=x: must be a whole number from 0 to 65535/,
    },
    { why: 'a port too high', argv: ['--port=65536'], says: /^--port=65536: must be/ },
    { why: 'a port with a sign', argv: ['--port=+1'], says: /^--port=\+1: must be/ },
    {
      why: 'a host with a port',
      argv: ['--host=localhost:80'],
      says: /^--host=localhost:80: must be an IP address or a host name/,
    },
    { why: 'an address that is none', argv: ['--host=1.2.3'], says: /must be an IP address/ },
    {
      why: 'a switch that is neither',
      env: { ASSAY_MIGRATE: 'maybe' },
      says: /^ASSAY_MIGRATE=maybe: must be on or off/,
    },
    {
      why: 'sqlite',
      env: { MLFLOW_BACKEND_STORE_URI: 'sqlite:///mlflow.db' },
      says: /^MLFLOW_BACKEND_STORE_URI: SQLite is not used here.*Set ASSAY_DATABASE_URL/,
    },
    {
      why: 'mysql',
      env: { ASSAY_DATABASE_URL: 'mysql+pymysql://u:geheim@h/d' },
      says: /^ASSAY_DATABASE_URL: Only Postgres.*not mysql/,
    },
    { why: 'mssql', env: { MLFLOW_BACKEND_STORE_URI: 'mssql+pyodbc://h/d' }, says: /not mssql/ },
    { why: 'a folder', env: { MLFLOW_BACKEND_STORE_URI: './mlruns' }, says: /folder of runs/ },
    { why: 'a file address', env: { MLFLOW_BACKEND_STORE_URI: 'file:///mlruns' }, says: /folder of runs/ },
    {
      why: 'another server',
      env: { MLFLOW_BACKEND_STORE_URI: 'http://mlflow:5000' },
      says: /MLflow server is not a database/,
    },
    { why: 'an unknown database', env: { ASSAY_DATABASE_URL: 'redis://h' }, says: /not "redis"/ },
    { why: 'an unknown driver', env: { ASSAY_DATABASE_URL: 'postgresql+odd://h/d' }, says: /driver "odd"/ },
    {
      why: 'an address that does not parse',
      env: { ASSAY_DATABASE_URL: 'postgresql://u:geheim@h:x/d' },
      says: /not a valid address/,
    },
    { why: 'postgres without slashes', env: { ASSAY_DATABASE_URL: 'postgresql:d' }, says: /not a valid address/ },
    {
      why: 'a core on a socket without its secret',
      argv: ['--tracking-url=unix:/run/core.sock'],
      says: /^--tracking-url: what listens on a Unix socket is a core\. Set its ASSAY_CORE_SECRET/,
    },
    {
      why: 'a secret that can be guessed',
      env: { ASSAY_CORE_SECRET: 'geheim' },
      says: /^ASSAY_CORE_SECRET: must have 32 characters and more/,
    },
    {
      why: 'a file that is not there',
      env: { ASSAY_CORE_SECRET_FILE: join(folder, 'none') },
      says: /^ASSAY_CORE_SECRET_FILE=.*cannot be read \(ENOENT\)/,
    },
    {
      why: 'a password in the address of a server',
      argv: ['--tracking-url=http://me:secret@mlflow:5000'],
      says: /set ASSAY_TRACKING_LOGIN=user:password/,
    },
    { why: 'no address', argv: ['--tracking-url=mlflow'], says: /^--tracking-url=mlflow: must be an address/ },
    {
      why: 'a login that is none',
      env: { ASSAY_TRACKING_LOGIN: 'geheim' },
      says: /^ASSAY_TRACKING_LOGIN: must be user:password/,
    },
    {
      why: 'a login and a token',
      argv: ['--tracking-url=http://mlflow'],
      env: { ASSAY_TRACKING_LOGIN: 'me:geheim', ASSAY_TRACKING_TOKEN: 'geheim' },
      says: /choose one/,
    },
    {
      why: 'a core that wants a login',
      argv: ['--tracking-url=http://core'],
      env: { ASSAY_TRACKING_LOGIN: 'me:geheim', ASSAY_CORE_SECRET: 'geheim'.repeat(6) },
      says: /ASSAY_CORE_SECRET is for a core/,
    },
    {
      why: 'a database beside a server that has one',
      argv: ['--tracking-url=http://mlflow', '--auth=off'],
      env: postgres,
      says: /^ASSAY_DATABASE_URL: database and artifacts are those of the server at --tracking-url/,
    },
    {
      why: 'sign-in without anything to keep users in',
      argv: ['--auth=on', '--artifacts-only'],
      says: /add --auth=off/,
    },
    { why: 'auth that is neither', argv: ['--auth=maybe'], says: /must be on or off/ },
    {
      why: 'an open address without sign-in',
      argv: ['--host=0.0.0.0', '--auth=off'],
      says: /^--host=0\.0\.0\.0: without sign-in.*--insecure-host/,
    },
    { why: 'an open IPv6 address', argv: ['--host=::', '--auth=off'], says: /without sign-in/ },
    { why: 'plain http for others', argv: ['--host=0.0.0.0'], says: /unprotected.*--public-url=https/ },
    { why: 'every host name', argv: ['--allowed-hosts=*'], says: /DNS rebinding/ },
    { why: 'a host pattern that is none', argv: ['--allowed-hosts=a b'], says: /"a b" is not a host name/ },
    { why: 'workers on the embedded database', argv: ['--workers=2'], says: /embedded database serves one process/ },
    { why: 'no workers', argv: ['--workers=0'], says: /from 1 to 64/ },
    { why: 'both modes at once', argv: ['--artifacts-only', '--no-serve-artifacts'], says: /nothing to serve/ },
    {
      why: 'artifacts only beside a database',
      argv: ['--artifacts-only'],
      env: postgres,
      says: /needs no database: unset ASSAY_DATABASE_URL/,
    },
    { why: 'another artifact store', argv: ['--artifacts=gs://b/p'], says: /only a folder or s3:/ },
    { why: 'a bucket that is none', argv: ['--artifacts=s3://'], says: /must be s3:\/\/bucket\/prefix/ },
    { why: 'a bucket with a folder that climbs', argv: ['--artifacts=s3://bbb/a/../c'], says: /must be s3:/ },
    { why: 'an encryption that is none', argv: ['--s3-encryption=rot13'], says: /must be none, AES256 or aws:kms/ },
    { why: 'a key without its encryption', argv: ['--s3-kms-key=k'], says: /--s3-encryption=aws:kms only/ },
    { why: 'authorities that are not there', argv: ['--s3-ca-file=/nowhere'], says: /cannot be read \(ENOENT\)/ },
    { why: 'buckets that are not there', argv: ['--artifact-buckets=/nowhere'], says: /cannot be read \(ENOENT\)/ },
    {
      why: 'buckets without experiments',
      argv: ['--artifact-buckets', buckets, '--artifacts-only'],
      says: /only experiments choose/,
    },
    { why: 'a size of nothing', argv: ['--max-artifact-size=0'], says: /must be a size/ },
    { why: 'a size in words', argv: ['--max-artifact-size=much'], says: /must be a size/ },
    { why: 'a prefix with / at its end', argv: ['--static-prefix=/a/'], says: /must begin with \// },
    { why: 'a prefix that climbs', argv: ['--static-prefix=/../a'], says: /must begin with \// },
    { why: 'a public address with a path', argv: ['--public-url=https://a/b'], says: /without a path/ },
    { why: 'a public address that is none', argv: ['--public-url=assay'], says: /must be an address/ },
    { why: 'an unknown level', argv: ['--log-level=loud'], says: /must be trace/ },
    { why: 'a data folder open to all', argv: ['--data', open], says: /chmod o-w/ },
    { why: 'an artifact folder open to all', argv: ['--artifacts', open], says: /chmod o-w/ },
    { why: 'a file as data folder', argv: ['--data', file], says: /is a file, not a folder/ },
  ])('$why', ({ argv = [], env = {}, says }) => {
    const found = problems(argv, env)
    expect(found).toEqual([expect.stringMatching(says)])
    expect(found.join()).not.toContain('geheim')
  })

  test('everything at once', () => {
    const env = { ASSAY_DATABASE_URL: 'sqlite:///x', ASSAY_PROT: '1', ASSAY_PORT: 'x' }
    const found = problems(['--host=0.0.0.0', '--wokers=2', '--allowed-hosts=*', '--log-level=x'], env)
    expect(found.map((p) => p.split(/[ =:]/)[0])).toEqual([
      '--wokers',
      'ASSAY_PROT',
      'ASSAY_PORT',
      'ASSAY_DATABASE_URL',
      '--log-level',
      '--host',
      '--allowed-hosts',
    ])
  })
})

describe('a core', () => {
  const env = { ASSAY_CORE_SECRET: 's'.repeat(32) }
  test('may listen where others reach it, since it asks for its secret', () => {
    const config = readConfig(['--host=0.0.0.0', '--core-socket=/run/core.sock'], env, 'core')
    expect(config).toMatchObject({ core: { secret: env.ASSAY_CORE_SECRET, socket: '/run/core.sock' }, warnings: [] })
    expect(masked(config)).toMatchObject({ core: { secret: '***' } })
  })
  test('relays to no other', () => {
    expect(() => readConfig(['--tracking-url=http://core'], env, 'core')).toThrow(/Leave --tracking-url out/)
  })
  test('is no server', () => expect(readConfig([], env).core).toBe(undefined))
})

describe('warns', () => {
  test('of an open address', () => {
    expect(readConfig(['--host=0.0.0.0', '--insecure-host', '--auth=off'], {}).warnings).toEqual([
      expect.stringMatching(/anyone who can reach 0\.0\.0\.0:5000/),
    ])
  })
  test("when MLflow's workers meet the embedded database", () => {
    const config = readConfig([], { MLFLOW_WORKERS: '4' })
    expect(config.server.workers).toBe(1)
    expect(config.warnings).toEqual([expect.stringMatching(/^MLFLOW_WORKERS is not used/)])
  })
  test.each<{ why: string; env: Env; count: number }>([
    { why: 'an MLflow server variable without meaning here', env: { MLFLOW_GUNICORN_OPTS: '--threads 4' }, count: 1 },
    { why: 'a security switch', env: { MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE: 'true' }, count: 1 },
    { why: 'the same switch, off', env: { MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE: 'false' }, count: 0 },
    { why: 'an artifact root elsewhere', env: { MLFLOW_DEFAULT_ARTIFACT_ROOT: 's3://b' }, count: 1 },
    {
      why: 'an artifact root that is the proxy',
      env: { MLFLOW_DEFAULT_ARTIFACT_ROOT: 'mlflow-artifacts:/' },
      count: 0,
    },
    { why: 'another registry', env: { MLFLOW_REGISTRY_STORE_URI: 'sqlite:///r' }, count: 1 },
    { why: 'the same registry', env: { MLFLOW_REGISTRY_STORE_URI: 'x', MLFLOW_BACKEND_STORE_URI: 'x' }, count: 0 },
    { why: 'client variables', env: { MLFLOW_TRACKING_URI: 'http://x', MLFLOW_HTTP_REQUEST_TIMEOUT: '5' }, count: 0 },
  ])('of $why: $count', ({ env, count }) => expect(mlflowWarnings(env)).toHaveLength(count))
})
