/**
 * Every setting, as data: flags, variables, `--help` and the table in the README are made from these rows.
 * `name` is the flag (`--port`) and, in capitals, the variable (`ASSAY_PORT`). Defaults are written as a user would write them.
 */
export type Option = {
  name: string
  kind: 'text' | 'switch'
  help: string
  value?: string
  short?: string
  default?: string
  /** MLflow's server variable that means the same. */
  mlflow?: string
  /** Variables of the AWS tools that mean the same; the first that is set counts. */
  aws?: readonly string[]
  /**
   * `env`: no flag, because a secret on the command line is seen by everyone on the machine; ASSAY_…_FILE names a file that
   * has it. `flag`: no variable.
   */
  only?: 'env' | 'flag'
}

const rows = [
  {
    name: 'host',
    kind: 'text',
    value: 'ADDRESS',
    short: 'h',
    default: '127.0.0.1',
    mlflow: 'MLFLOW_HOST',
    help: 'address to listen on',
  },
  {
    name: 'port',
    kind: 'text',
    value: 'N',
    short: 'p',
    default: '5000',
    mlflow: 'MLFLOW_PORT',
    help: 'port to listen on; 0 picks a free one',
  },
  {
    name: 'data',
    kind: 'text',
    value: 'DIR',
    default: './data',
    help: 'folder of the embedded database, and of artifacts unless --artifacts names another place',
  },
  {
    name: 'database-url',
    kind: 'text',
    value: 'URL',
    only: 'env',
    mlflow: 'MLFLOW_BACKEND_STORE_URI',
    help: 'postgresql://user:password@host/database; without it, an embedded database below --data',
  },
  {
    name: 'database-pool',
    kind: 'text',
    value: 'N',
    default: '8',
    mlflow: 'MLFLOW_SQLALCHEMYSTORE_POOL_SIZE',
    help: 'connections to Postgres for writing, and as many for reading, each worker',
  },
  {
    name: 'migrate',
    kind: 'switch',
    default: 'on',
    help: 'bring the database up to date at start; when off, `assay db upgrade` does it',
  },
  {
    name: 'artifacts',
    kind: 'text',
    value: 'DIR|s3://BUCKET/PREFIX',
    mlflow: 'MLFLOW_ARTIFACTS_DESTINATION',
    help: 'where artifacts are kept (default: `artifacts` below --data)',
  },
  {
    name: 'artifacts-only',
    kind: 'switch',
    default: 'off',
    mlflow: 'MLFLOW_ARTIFACTS_ONLY',
    help: 'serve artifacts only, no tracking',
  },
  {
    name: 'serve-artifacts',
    kind: 'switch',
    default: 'on',
    mlflow: 'MLFLOW_SERVE_ARTIFACTS',
    help: 'when off, tracking only: clients reach the place named by --artifacts themselves',
  },
  {
    name: 'max-artifact-size',
    kind: 'text',
    value: 'SIZE',
    help: 'largest artifact accepted, such as 500M or 5G (default: no limit)',
  },
  {
    name: 'artifact-buckets',
    kind: 'text',
    value: 'FILE',
    help: 'YAML file that names the buckets and prefixes which an experiment may choose as its artifact_location',
  },
  {
    name: 's3-endpoint',
    kind: 'text',
    value: 'URL',
    mlflow: 'MLFLOW_S3_ENDPOINT_URL',
    aws: ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
    help: 'address of an S3 server other than AWS (MinIO, Ceph)',
  },
  {
    name: 's3-public-endpoint',
    kind: 'text',
    value: 'URL',
    help: 'address by which clients reach the S3 server; large files then go there in parts, past this server',
  },
  {
    name: 's3-region',
    kind: 'text',
    value: 'NAME',
    help: 'region of the bucket (default: as the AWS variables and files say, or us-east-1)',
  },
  {
    name: 's3-addressing',
    kind: 'text',
    value: 'auto|path|virtual',
    default: 'auto',
    mlflow: 'MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE',
    help: 'bucket in the path or in the host name; auto: in the path when --s3-endpoint is given',
  },
  {
    name: 's3-ca-file',
    kind: 'text',
    value: 'FILE',
    aws: ['AWS_CA_BUNDLE'],
    help: 'PEM file of authorities that the certificate of the S3 server may be from, beside the known ones',
  },
  {
    name: 's3-encryption',
    kind: 'text',
    value: 'none|AES256|aws:kms',
    default: 'none',
    help: 'server-side encryption that is asked for; none leaves it to the bucket',
  },
  {
    name: 's3-kms-key',
    kind: 'text',
    value: 'ID',
    help: 'key of --s3-encryption=aws:kms (default: that of the account)',
  },
  {
    name: 'tracking-url',
    kind: 'text',
    value: 'URL',
    help: 'relay to another server: unix:/PATH or http(s)://HOST of `assay core` (with ASSAY_CORE_SECRET), or an MLflow server',
  },
  {
    name: 'tracking-ca-file',
    kind: 'text',
    value: 'FILE',
    help: 'PEM file of authorities that the certificate of the server at --tracking-url may be from, beside the known ones',
  },
  {
    name: 'tracking-timeout',
    kind: 'text',
    value: 'SECONDS',
    default: '120',
    help: 'how long the server at --tracking-url may take to begin an answer',
  },
  {
    name: 'tracking-login',
    kind: 'text',
    value: 'USER:PASSWORD',
    only: 'env',
    help: 'what this server says to an MLflow server at --tracking-url that asks who it is',
  },
  {
    name: 'tracking-token',
    kind: 'text',
    value: 'TOKEN',
    only: 'env',
    help: 'the same as a bearer token',
  },
  {
    name: 'core-secret',
    kind: 'text',
    value: 'TEXT',
    only: 'env',
    help: 'what `assay core` and the server in front of it share, of 32 characters and more',
  },
  {
    name: 'core-socket',
    kind: 'text',
    value: 'PATH',
    help: 'Unix socket that `assay core` listens on, in place of --host and --port',
  },
  {
    name: 'workers',
    kind: 'text',
    value: 'N',
    short: 'w',
    default: '1',
    mlflow: 'MLFLOW_WORKERS',
    help: 'server processes on this machine; more than one needs Postgres',
  },
  {
    name: 'auth',
    kind: 'text',
    value: 'on|off',
    default: 'on',
    help: 'sign-in and permissions; off only where nobody else reaches the server',
  },
  {
    name: 'default-permission',
    kind: 'text',
    value: 'PERMISSION',
    default: 'NO_PERMISSIONS',
    mlflow: 'MLFLOW_AUTH_DEFAULT_PERMISSION',
    help: 'what everyone who is signed in may do with what was not granted to them: NO_PERMISSIONS, READ, USE, EDIT or MANAGE',
  },
  {
    name: 'experiment-creation',
    kind: 'text',
    value: 'WHO',
    default: 'anyone',
    help: 'who creates experiments: anyone, admins, or files (the access files alone)',
  },
  {
    name: 'hide-forbidden',
    kind: 'switch',
    default: 'off',
    help: 'answer 404 for what may not be seen, as for what is not there',
  },
  {
    name: 'audit-reads',
    kind: 'switch',
    default: 'off',
    help: 'record in the audit who downloads artifacts',
  },
  {
    name: 'admin-username',
    kind: 'text',
    value: 'NAME',
    mlflow: 'MLFLOW_AUTH_ADMIN_USERNAME',
    help: 'makes the first administrator at start, with ASSAY_ADMIN_PASSWORD, in place of the set-up link',
  },
  {
    name: 'admin-password',
    kind: 'text',
    value: 'TEXT',
    only: 'env',
    mlflow: 'MLFLOW_AUTH_ADMIN_PASSWORD',
    help: 'password of --admin-username; used while there is no administrator, and never after',
  },
  {
    name: 'organisation',
    kind: 'text',
    value: 'NAME',
    default: 'Assay',
    help: 'in whose name mails are sent and people invited',
  },
  {
    name: 'smtp-url',
    kind: 'text',
    value: 'smtp://USER@HOST:PORT',
    help: 'mail server: smtp:// with STARTTLS, or smtps://; without one, administrators hand out the links',
  },
  {
    name: 'smtp-password',
    kind: 'text',
    value: 'TEXT',
    only: 'env',
    help: 'password of the user in --smtp-url',
  },
  {
    name: 'smtp-ca-file',
    kind: 'text',
    value: 'FILE',
    help: 'PEM file of authorities that the certificate of the mail server may be from, beside the known ones',
  },
  {
    name: 'smtp-insecure',
    kind: 'switch',
    default: 'off',
    help: 'allow smtp:// without TLS to another machine, which reads every link on the way',
  },
  {
    name: 'mail-from',
    kind: 'text',
    value: 'ADDRESS',
    help: 'address that mails come from; the name beside it is --organisation',
  },
  {
    name: 'oidc',
    kind: 'text',
    value: 'FILE',
    help: 'YAML file that names the OpenID Connect providers by which people sign in',
  },
  {
    name: 'access-watch',
    kind: 'text',
    value: 'DIR',
    help: 'folder of access files that others update, such as a git checkout; it is applied when it has changed',
  },
  {
    name: 'access-watch-interval',
    kind: 'text',
    value: 'SECONDS',
    default: '15',
    help: 'how often the folder at --access-watch is looked at',
  },
  {
    name: 'access-mail-domains',
    kind: 'text',
    value: 'NAME,…',
    help: 'domains of the mail addresses that access files may name (default: all)',
  },
  {
    name: 's3-sts-role',
    kind: 'text',
    value: 'ARN',
    help: 'role that is assumed for callers who ask for S3 credentials of an experiment',
  },
  {
    name: 's3-sts-endpoint',
    kind: 'text',
    value: 'URL',
    help: 'address of the STS service of an S3 server other than AWS',
  },
  {
    name: 'insecure-host',
    kind: 'switch',
    default: 'off',
    help: 'allow --auth=off, or plain http, on an address that others can reach, and --allowed-hosts=*',
  },
  {
    name: 'allowed-hosts',
    kind: 'text',
    value: 'NAME,…',
    mlflow: 'MLFLOW_SERVER_ALLOWED_HOSTS',
    help: 'host names by which the server is reached, beside localhost and private addresses; *.example.com is understood',
  },
  {
    name: 'public-url',
    kind: 'text',
    value: 'URL',
    help: 'address that browsers use, where a proxy stands in front; links in mails begin with it',
  },
  {
    name: 'trusted-proxies',
    kind: 'text',
    value: 'ADDRESS,…',
    help: 'proxies whose X-Forwarded-For says where a client is, by address or network such as 10.0.0.0/8',
  },
  {
    name: 'static-prefix',
    kind: 'text',
    value: '/PATH',
    mlflow: 'MLFLOW_STATIC_PREFIX',
    help: 'serve everything below this path',
  },
  {
    name: 'stop-delay',
    kind: 'text',
    value: 'SECONDS',
    default: '0',
    help: 'when asked to stop, how long to go on serving while /ready already says no, so that a load balancer turns away',
  },
  {
    name: 'stop-timeout',
    kind: 'text',
    value: 'SECONDS',
    default: '30',
    help: 'when asked to stop, how long requests may take to finish before they are cut',
  },
  {
    name: 'truncate-long-values',
    kind: 'switch',
    default: 'on',
    mlflow: 'MLFLOW_TRUNCATE_LONG_VALUES',
    help: 'cut param values over 6,000 characters instead of refusing them',
  },
  {
    name: 'unique-run-names',
    kind: 'switch',
    default: 'off',
    help: 'refuse a run name that another active run of the experiment has',
  },
  {
    name: 'log-level',
    kind: 'text',
    value: 'LEVEL',
    default: 'info',
    mlflow: 'MLFLOW_LOGGING_LEVEL',
    help: 'trace, debug, info, warn, error or silent',
  },
  {
    name: 'print-config',
    kind: 'switch',
    default: 'off',
    only: 'flag',
    help: 'print the settings with secrets masked, and stop',
  },
] as const satisfies readonly Option[]

export type OptionName = (typeof rows)[number]['name']
export const options: readonly (Option & { name: OptionName })[] = rows

export const variableOf = (name: string): string => `ASSAY_${name.toUpperCase().replaceAll('-', '_')}`
/** Names a file that has what would be a secret in the environment. */
export const fileVariableOf = (name: string): string => `${variableOf(name)}_FILE`
