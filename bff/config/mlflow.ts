import { parseArgs } from 'node:util'

/**
 * MLflow's server settings that mean something else here, or nothing; flags where they have no variable. Its client variables (MLFLOW_TRACKING_URI and so on)
 * are not listed and not looked at: a client's environment must not disturb the server beside it.
 */
const otherwise: Record<string, string> = {
  MLFLOW_DEFAULT_ARTIFACT_ROOT:
    'new experiments are served through this server; use --artifacts, with --no-serve-artifacts for direct access',
  MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH: 'an artifact location has at most 1,024 bytes, as S3 has it',
  MLFLOW_REGISTRY_STORE_URI: 'runs and models share one database',
  MLFLOW_READ_REPLICA_BACKEND_STORE_URI: 'read replicas are not used',
  MLFLOW_EXPOSE_PROMETHEUS: 'metrics are at /metrics without it, and the folder is not used',
  MLFLOW_SERVER_CORS_ALLOWED_ORIGINS: 'pages of other origins may not call this server',
  MLFLOW_SERVER_X_FRAME_OPTIONS: 'the page never shows in a frame',
  MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE: 'host and origin checks stay on; use --allowed-hosts',
  MLFLOW_GUNICORN_OPTS: 'there is no gunicorn',
  MLFLOW_UVICORN_OPTS: 'there is no uvicorn',
  MLFLOW_ENABLE_WORKSPACES: 'there are no workspaces',
  MLFLOW_WORKSPACE_STORE_URI: 'there are no workspaces',
  MLFLOW_TRACE_ARCHIVAL_CONFIG: 'traces are not archived',
  MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW: 'the pool does not overflow; use --database-pool',
  MLFLOW_SQLALCHEMYSTORE_POOL_RECYCLE: 'connections are not recycled by age',
  MLFLOW_SQLALCHEMYSTORE_POOLCLASS: 'there is one kind of pool; use --database-pool',
  MLFLOW_SQLALCHEMYSTORE_ECHO: 'use --log-level=debug',
  MLFLOW_S3_UPLOAD_EXTRA_ARGS: 'set encryption and the like on the bucket',
  MLFLOW_S3_IGNORE_TLS: 'certificates are always checked; NODE_EXTRA_CA_CERTS names a file with your own',
  MLFLOW_DEPLOYMENTS_TARGET: 'deployments are not served',
  MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'there are no jobs',
  MLFLOW_FLASK_SERVER_SECRET_KEY: 'there is no Flask',
  MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX: 'the sources of model versions are checked without it',
  MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES: 'artifacts are in the places that the operator names',
  MLFLOW_PRESIGNED_DOWNLOAD_URL_TTL_SECONDS: 'the server sets how long an address is good for',
  MLFLOW_ENABLE_AI_GATEWAY: 'the gateway is not in this version',
  MLFLOW_GATEWAY_ROUTE_TIMEOUT_SECONDS: 'the gateway is not in this version',
  MLFLOW_GATEWAY_API_BASE_ALLOWED_SCHEMES: 'the gateway is not in this version',
  MLFLOW_SERVER_ENABLE_CUSTOM_SCORERS: 'code of callers is not run',
  MLFLOW_SERVER_JOB_ENABLE_PERIODIC_TASKS: 'there are no jobs',
  MLFLOW_SERVER_JOB_HUEY_REDIS_URL: 'there are no jobs',
  MLFLOW_SERVER_JOB_DEFAULT_TIMEOUT: 'there are no jobs',
  MLFLOW_SQL_TRACE_ROLLUPS_ENABLED: 'there are no rollups of traces',
  MLFLOW_ICON_URL_ALLOWED_SCHEMES: 'there is no registry of MCP servers',
  MLFLOW_ICON_URL_ALLOWED_DOMAINS: 'there is no registry of MCP servers',
  MLFLOW_ICON_URL_ALLOW_PRIVATE_IPS: 'there is no registry of MCP servers',
  MLFLOW_ENABLE_REMOTE_ASSISTANT: 'there is no assistant',
  '--waitress-opts': 'there is no waitress',
  '--secrets-cache-ttl': 'the gateway is not in this version',
  '--secrets-cache-max-size': 'the gateway is not in this version',
  '--dev': '`npm run dev` reloads',
}

/** Values that ask for what is so anyway. */
const soAnyway: Record<string, RegExp> = {
  MLFLOW_DEFAULT_ARTIFACT_ROOT: /^mlflow-artifacts:/,
  MLFLOW_SERVER_X_FRAME_OPTIONS: /^deny$/i,
}

type Flag = { kind: 'text' | 'switch'; means: string }
const text = (means: string): Flag => ({ kind: 'text', means })
const toggle = (means: string): Flag => ({ kind: 'switch', means })

/** Which app signs people in: `basic-auth` is what --auth=on is here. */
const APP = '--app-name'

/** Flags of `mlflow server` that are no flags of ours. Each means what its variable means. */
const flags: Record<string, Flag> = {
  'backend-store-uri': text('MLFLOW_BACKEND_STORE_URI'),
  'registry-store-uri': text('MLFLOW_REGISTRY_STORE_URI'),
  'read-replica-backend-store-uri': text('MLFLOW_READ_REPLICA_BACKEND_STORE_URI'),
  'default-artifact-root': text('MLFLOW_DEFAULT_ARTIFACT_ROOT'),
  'artifacts-destination': text('MLFLOW_ARTIFACTS_DESTINATION'),
  'expose-prometheus': text('MLFLOW_EXPOSE_PROMETHEUS'),
  'cors-allowed-origins': text('MLFLOW_SERVER_CORS_ALLOWED_ORIGINS'),
  'x-frame-options': text('MLFLOW_SERVER_X_FRAME_OPTIONS'),
  'disable-security-middleware': toggle('MLFLOW_SERVER_DISABLE_SECURITY_MIDDLEWARE'),
  'gunicorn-opts': text('MLFLOW_GUNICORN_OPTS'),
  'uvicorn-opts': text('MLFLOW_UVICORN_OPTS'),
  'waitress-opts': text('--waitress-opts'),
  'enable-workspaces': toggle('MLFLOW_ENABLE_WORKSPACES'),
  'workspace-store-uri': text('MLFLOW_WORKSPACE_STORE_URI'),
  'trace-archival-config': text('MLFLOW_TRACE_ARCHIVAL_CONFIG'),
  'secrets-cache-ttl': text('--secrets-cache-ttl'),
  'secrets-cache-max-size': text('--secrets-cache-max-size'),
  dev: toggle('--dev'),
  'app-name': text(APP),
}

/** What MLflow's flags said, by the variable that means the same: it goes before all variables. */
export type MlflowFlags = ReadonlyMap<string, { text: string; from: string }>

/** Takes MLflow's flags out of a command line; what is left is for ours. */
export function takeMlflowFlags(argv: readonly string[]): { rest: string[]; said: MlflowFlags } {
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: Object.fromEntries(
      Object.entries(flags).map(
        ([name, { kind }]) => [name, { type: kind === 'text' ? 'string' : 'boolean' }] as const,
      ),
    ),
  })
  const said = new Map<string, { text: string; from: string }>()
  const taken = new Set<number>()
  for (const token of tokens) {
    const flag = token.kind === 'option' && Object.hasOwn(flags, token.name) ? flags[token.name] : undefined
    // without its value it is left for the one who complains
    if (token.kind !== 'option' || !flag || (flag.kind === 'text' && !token.value)) continue
    if (flag.means === APP && token.value !== 'basic-auth') continue
    said.set(flag.means, { text: token.value ?? 'true', from: token.rawName })
    taken.add(token.index)
    if (token.value !== undefined && !token.inlineValue) taken.add(token.index + 1)
  }
  const rest = argv.filter((_, index) => !taken.has(index))
  return { rest: said.has(APP) ? [...rest, '--auth=on'] : rest, said }
}

/** What to write instead of a flag of `mlflow server` that is not let pass: who gives it counts on what it does. */
export function mlflowFlagHint(name: string): string | undefined {
  if (name === 'app-name') return 'only basic-auth is understood, which is --auth=on'
  if (name === 'env-file') return 'put the variables into the environment'
  return Object.hasOwn(flags, name) ? 'it needs a value' : undefined
}

/** What to say about MLflow's settings that are given and not honoured. Those that ask for what is so anyway are passed over. */
export function mlflowWarnings(
  env: Record<string, string | undefined>,
  said: MlflowFlags = new Map(),
  used: ReadonlySet<string | undefined> = new Set(),
): string[] {
  const idle = new Set(['', 'false', '0'])
  const value = (name: string) => (said.get(name)?.text ?? env[name] ?? '').trim()
  return Object.entries(otherwise).flatMap(([name, why]) => {
    const from = said.get(name)?.from ?? name
    if (idle.has(value(name).toLowerCase()) || soAnyway[name]?.test(value(name)) || used.has(from)) return []
    if (name === 'MLFLOW_REGISTRY_STORE_URI' && value(name) === value('MLFLOW_BACKEND_STORE_URI')) return []
    return [`${from} is not used: ${why}`]
  })
}
