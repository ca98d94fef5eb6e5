import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Env } from '../config.ts'
import { readConfig } from '../config.ts'
import { takeMlflowFlags } from './mlflow.ts'

const database = 'postgresql://me:secret@db/mlflow'
const url = { database: { url: database } }

/** Every flag of `mlflow server` (3.17.2), and its variable: what it gives here, or the beginning of what is said about it. */
const rows: { argv: string[]; env?: Env; gives?: object; warns?: RegExp }[] = [
  { argv: ['--backend-store-uri', database], env: { MLFLOW_BACKEND_STORE_URI: database }, gives: url },
  {
    argv: ['--backend-store-uri', database, '--registry-store-uri', database],
    env: { MLFLOW_BACKEND_STORE_URI: database, MLFLOW_REGISTRY_STORE_URI: database },
    gives: url,
  },
  {
    argv: ['--registry-store-uri=postgresql://other/db'],
    env: { MLFLOW_REGISTRY_STORE_URI: 'postgresql://other/db' },
    warns: /runs and models share one database/,
  },
  {
    argv: ['--read-replica-backend-store-uri', database],
    env: { MLFLOW_READ_REPLICA_BACKEND_STORE_URI: database },
    warns: /read replicas are not used/,
  },
  {
    argv: ['--default-artifact-root', 'mlflow-artifacts:/'],
    env: { MLFLOW_DEFAULT_ARTIFACT_ROOT: 'mlflow-artifacts:/' },
    gives: { tracking: { mode: 'full' } },
  },
  {
    argv: ['--default-artifact-root', 's3://bucket/runs'],
    env: { MLFLOW_DEFAULT_ARTIFACT_ROOT: 's3://bucket/runs' },
    warns: /use --artifacts, with --no-serve-artifacts/,
  },
  {
    argv: ['--default-artifact-root', 's3://bucket/runs', '--no-serve-artifacts'],
    env: { MLFLOW_DEFAULT_ARTIFACT_ROOT: 's3://bucket/runs', MLFLOW_SERVE_ARTIFACTS: 'false' },
    gives: {
      tracking: { mode: 'tracking-only', artifacts: { store: { kind: 's3', bucket: 'bucket', prefix: 'runs' } } },
    },
  },
  {
    argv: ['--serve-artifacts'],
    env: { MLFLOW_SERVE_ARTIFACTS: 'true' },
    gives: { tracking: { mode: 'full' } },
  },
  {
    argv: ['--artifacts-destination', './mlartifacts'],
    env: { MLFLOW_ARTIFACTS_DESTINATION: './mlartifacts' },
    gives: { tracking: { artifacts: { store: { kind: 'folder', folder: resolve('mlartifacts') } } } },
  },
  {
    argv: ['--artifacts-only'],
    env: { MLFLOW_ARTIFACTS_ONLY: 'True' },
    gives: { tracking: { mode: 'artifacts-only' } },
  },
  { argv: ['--host', '127.0.0.2'], env: { MLFLOW_HOST: '127.0.0.2' }, gives: { server: { host: '127.0.0.2' } } },
  { argv: ['-h', '127.0.0.2'], gives: { server: { host: '127.0.0.2' } } },
  { argv: ['--port', '81'], env: { MLFLOW_PORT: '81' }, gives: { server: { port: 81 } } },
  { argv: ['-p', '81'], gives: { server: { port: 81 } } },
  {
    argv: ['--workers', '3', '--backend-store-uri', database],
    env: { MLFLOW_WORKERS: '3', MLFLOW_BACKEND_STORE_URI: database },
    gives: { server: { workers: 3 } },
  },
  { argv: ['-w', '3', '--backend-store-uri', database], gives: { server: { workers: 3 } } },
  { argv: ['--static-prefix', '/a'], env: { MLFLOW_STATIC_PREFIX: '/a' }, gives: { server: { staticPrefix: '/a' } } },
  {
    argv: ['--expose-prometheus', '/tmp/metrics'],
    env: { MLFLOW_EXPOSE_PROMETHEUS: '/tmp/metrics' },
    warns: /metrics are at \/metrics without it/,
  },
  {
    argv: ['--allowed-hosts', 'a.example.com'],
    env: { MLFLOW_SERVER_ALLOWED_HOSTS: 'a.example.com' },
    gives: { server: { allowedHosts: ['a.example.com'] } },
  },
  {
    argv: ['--cors-allowed-origins', 'https://a.example.com'],
    env: { MLFLOW_SERVER_CORS_ALLOWED_ORIGINS: 'https://a.example.com' },
    warns: /pages of other origins/,
  },
  { argv: ['--x-frame-options', 'DENY'], env: { MLFLOW_SERVER_X_FRAME_OPTIONS: 'DENY' }, gives: {} },
  {
    argv: ['--x-frame-options', 'NONE'],
    env: { MLFLOW_SERVER_X_FRAME_OPTIONS: 'NONE' },
    warns: /the page never shows in a frame/,
  },
  {
    argv: ['--disable-security-middleware'],
    env: { MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE: 'true' },
    warns: /host and origin checks stay on/,
  },
  { argv: ['--gunicorn-opts', '--threads 4'], env: { MLFLOW_GUNICORN_OPTS: '--threads 4' }, warns: /no gunicorn/ },
  { argv: ['--uvicorn-opts=--reload'], env: { MLFLOW_UVICORN_OPTS: '--reload' }, warns: /no uvicorn/ },
  { argv: ['--waitress-opts', '--threads=4'], warns: /no waitress/ },
  { argv: ['--dev'], warns: /npm run dev/ },
  { argv: ['--secrets-cache-ttl', '60'], warns: /gateway/ },
  { argv: ['--secrets-cache-max-size', '100'], warns: /gateway/ },
  { argv: ['--enable-workspaces'], env: { MLFLOW_ENABLE_WORKSPACES: 'true' }, warns: /no workspaces/ },
  {
    argv: ['--workspace-store-uri', database],
    env: { MLFLOW_WORKSPACE_STORE_URI: database },
    warns: /no workspaces/,
  },
  {
    argv: ['--trace-archival-config', 'archive.yaml'],
    env: { MLFLOW_TRACE_ARCHIVAL_CONFIG: 'archive.yaml' },
    warns: /traces are not archived/,
  },
]

describe.each(rows)('mlflow server $argv', ({ argv, env, gives, warns }) => {
  test.each([
    { how: 'as flags', given: () => readConfig(argv, {}), from: argv[0]?.split('=')[0] },
    ...(env ? [{ how: 'as variables', given: () => readConfig([], env), from: Object.keys(env)[0] }] : []),
  ])('$how', ({ given, from }) => {
    const config = given()
    if (gives) expect(config).toMatchObject({ ...gives, warnings: [] })
    else
      expect(config.warnings).toEqual([expect.stringMatching(new RegExp(`^${from} is not used: .*${warns?.source}`))])
  })
})

test.each([
  { argv: ['--app-name', 'basic-auth', '--port=1'], rest: ['--port=1', '--auth=on'] },
  { argv: ['--app-name=basic-auth'], rest: ['--auth=on'] },
])('mlflow server $argv asks for sign-in', ({ argv, rest }) => {
  expect(takeMlflowFlags(argv).rest).toEqual(rest)
})

test("MLflow's flag goes before our variable, and our flag before both", () => {
  const env = { ASSAY_ARTIFACTS: '/srv/b' }
  const folderOf = (argv: string[]) => readConfig(argv, env).tracking.artifacts.store
  expect(folderOf(['--artifacts-destination=/srv/a'])).toMatchObject({ folder: '/srv/a' })
  expect(folderOf(['--artifacts-destination=/srv/a', '--artifacts=/srv/c'])).toMatchObject({ folder: '/srv/c' })
})

test.each(['MLFLOW_S3_UPLOAD_EXTRA_ARGS', 'MLFLOW_ENABLE_AI_GATEWAY', 'MLFLOW_SERVER_ENABLE_JOB_EXECUTION'])(
  '%s is named, and not where it is false',
  (name) => {
    expect(readConfig([], { [name]: 'x' }).warnings).toEqual([expect.stringMatching(`^${name} is not used`)])
    expect(readConfig([], { [name]: 'false' }).warnings).toEqual([])
  },
)
