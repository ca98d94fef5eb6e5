/**
 * MLflow's server settings that mean something else here, or nothing. Its client variables (MLFLOW_TRACKING_URI and so on)
 * are not listed and not looked at: a client's environment must not disturb the server beside it.
 */
const otherwise: Record<string, string> = {
  MLFLOW_DEFAULT_ARTIFACT_ROOT:
    'new experiments are served through this server; use --artifacts, with --no-serve-artifacts for direct access',
  MLFLOW_ARTIFACT_LOCATION_MAX_LENGTH: 'experiments do not choose an artifact location of their own yet',
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
  MLFLOW_AUTH_CONFIG_PATH: 'sign-in is not in this version yet',
  MLFLOW_FLASK_SERVER_SECRET_KEY: 'there is no Flask',
}

/** Flags of `mlflow server` that people will type, and what to write instead. */
const flags: Record<string, string> = {
  'backend-store-uri': 'set ASSAY_DATABASE_URL=postgresql://… in the environment',
  'registry-store-uri': 'runs and models share one database: leave it out',
  'default-artifact-root': 'use --artifacts',
  'artifacts-destination': 'use --artifacts',
  'expose-prometheus': 'metrics are always at /metrics: leave it out',
  'app-name': 'use --auth=on once this version has sign-in',
  'cors-allowed-origins': 'pages of other origins may not call this server: leave it out',
  'x-frame-options': 'the page never shows in a frame: leave it out',
  'disable-security-middleware': 'use --allowed-hosts',
  'gunicorn-opts': 'leave it out',
  'uvicorn-opts': 'leave it out',
  'waitress-opts': 'leave it out',
  'enable-workspaces': 'there are no workspaces: leave it out',
  dev: 'use `npm run dev`',
}

export const mlflowFlagHint = (flag: string): string | undefined =>
  Object.hasOwn(flags, flag) ? flags[flag] : undefined

/** What to say about MLflow variables that are set and not honoured. Those that ask for what is so anyway are passed over. */
export function mlflowWarnings(env: Record<string, string | undefined>): string[] {
  const idle = new Set(['', 'false', '0'])
  return Object.entries(otherwise).flatMap(([name, why]) => {
    const value = env[name]?.trim() ?? ''
    if (
      idle.has(value.toLowerCase()) ||
      (name === 'MLFLOW_DEFAULT_ARTIFACT_ROOT' && value.startsWith('mlflow-artifacts:'))
    )
      return []
    if (name === 'MLFLOW_REGISTRY_STORE_URI' && value === env.MLFLOW_BACKEND_STORE_URI) return []
    return [`${name} is not used: ${why}`]
  })
}
