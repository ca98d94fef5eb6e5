import { join, resolve } from 'node:path'
import * as z from 'zod'
import type { OidcProvider } from './auth/oidc/config.ts'
import { readBasicAuthIni } from './config/basic-auth-ini.ts'
import type { Bucket, S3Server } from './config/buckets.ts'
import { Addressing, Encryption, encryptionOf, readBuckets, s3Server } from './config/buckets.ts'
import type { ArtifactPlace as Place } from './config/fields.ts'
import {
  AdminPassword,
  ArtifactPlace,
  Bytes,
  DatabaseUrl,
  DefaultPermission,
  HostPatterns,
  isLoopback,
  Level,
  Login,
  listenAddress,
  MailAddress,
  MailDomains,
  Proxies,
  PublicUrl,
  Secret,
  ServerUrl,
  SmtpUrl,
  StaticPrefix,
  Switch,
  whole,
} from './config/fields.ts'
import { folderProblem } from './config/folder.ts'
import { checkMail, mailOf } from './config/mail.ts'
import { maskUrl } from './config/mask.ts'
import { mlflowWarnings, takeMlflowFlags } from './config/mlflow.ts'
import { readProviders } from './config/oidc.ts'
import { options } from './config/options.ts'
import { fileProblem } from './config/secrets.ts'
import type { Env, Sources } from './config/sources.ts'
import { gather } from './config/sources.ts'

export type { Env } from './config/sources.ts'

/** Each setting on its own; what they mean together is `check` and `assemble`. */
const Settings = z.object({
  host: listenAddress,
  port: whole(0, 65_535),
  data: z.string(),
  'database-url': DatabaseUrl.optional(),
  'database-pool': whole(1, 200),
  migrate: Switch,
  artifacts: ArtifactPlace.optional(),
  'artifacts-only': Switch,
  'serve-artifacts': Switch,
  'max-artifact-size': Bytes.optional(),
  'artifact-buckets': z.string().optional(),
  's3-endpoint': PublicUrl.optional(),
  's3-public-endpoint': PublicUrl.optional(),
  's3-region': z.string().optional(),
  's3-addressing': Addressing,
  's3-ca-file': z.string().optional(),
  's3-encryption': Encryption,
  's3-kms-key': z.string().optional(),
  'tracking-url': ServerUrl.optional(),
  'tracking-ca-file': z.string().optional(),
  'tracking-timeout': whole(1, 3600),
  'tracking-login': Login.optional(),
  'tracking-token': z.string().optional(),
  'core-secret': Secret.optional(),
  'core-socket': z.string().optional(),
  workers: whole(1, 64),
  auth: z.enum(['on', 'off'], 'must be on or off'),
  'default-permission': DefaultPermission,
  'experiment-creation': z.enum(['anyone', 'admins', 'files']),
  'hide-forbidden': Switch,
  'audit-reads': Switch,
  'admin-username': z.string().optional(),
  'admin-password': AdminPassword.optional(),
  organisation: z.string(),
  'smtp-url': SmtpUrl.optional(),
  'smtp-password': z.string().optional(),
  'smtp-ca-file': z.string().optional(),
  'smtp-insecure': Switch,
  'mail-from': MailAddress.optional(),
  oidc: z.string().optional(),
  'access-watch': z.string().optional(),
  'access-watch-interval': whole(1, 3600),
  'access-mail-domains': MailDomains.optional(),
  's3-sts-role': z
    .string()
    .regex(/^arn:[\w-]+:iam::\d*:role\/\S+$/, 'must be an ARN such as arn:aws:iam::123456789012:role/assay')
    .optional(),
  's3-sts-endpoint': PublicUrl.optional(),
  'insecure-host': Switch,
  'allowed-hosts': HostPatterns.optional(),
  'public-url': PublicUrl.optional(),
  'trusted-proxies': Proxies.optional(),
  'static-prefix': StaticPrefix.optional(),
  'stop-delay': whole(0, 600),
  'stop-timeout': whole(1, 3600),
  'truncate-long-values': Switch,
  'unique-run-names': Switch,
  'log-level': Level,
  'print-config': Switch,
})
type Settings = z.output<typeof Settings>

export type Config = ReturnType<typeof readConfig>

/** What is started: the server for clients and browsers, or the tracking core alone for such servers. */
export type Role = 'server' | 'core'

/** Everything that is wrong with the settings, one line each with the way out. */
export class ConfigError extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export function readConfig(argv: readonly string[], env: Env = process.env, role: Role = 'server') {
  const problems: string[] = []
  const { rest, said } = takeMlflowFlags(argv)
  const iniWarnings: string[] = []
  const ini = readBasicAuthIni(env.MLFLOW_AUTH_CONFIG_PATH?.trim(), problems, iniWarnings)
  const sources = gather(rest, said, env, ini, problems)
  const texts = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, source.text]))
  const parsed = Settings.safeParse(texts)
  // A setting that cannot be read falls back on its default, so that the rules between settings are checked all the same.
  if (!parsed.success) for (const issue of parsed.error.issues) problems.push(fallBack(sources, texts, issue))
  const settings = parsed.success ? parsed.data : Settings.parse(texts)
  // what keeps nothing keeps no users
  if (settings['artifacts-only'] && sources.auth?.from === undefined) settings.auth = 'off'
  const warnings = [
    ...mlflowWarnings(env, said, new Set(Object.values(sources).map(({ from }) => from))),
    ...iniWarnings,
  ]
  problems.push(
    ...(role === 'core' ? checkCore(settings) : checkOpenAddress(settings, warnings)),
    ...check(settings, sources, warnings),
    ...checkRelay(settings, sources),
    ...checkMail(settings),
    ...checkSignIn(settings, sources),
  )
  const server = mainServer(settings)
  const file = settings['artifact-buckets']
  const buckets = file === undefined ? [] : readBuckets(file, env, server, problems)
  const providers = settings.oidc === undefined ? [] : readProviders(settings.oidc, env, problems)
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    ...assemble(settings, server, { buckets, providers, warnings }),
    core: role === 'core' ? coreOf(settings) : undefined,
  }
}

function fallBack(sources: Sources, texts: Record<string, string>, issue: z.core.$ZodIssue): string {
  const option = options.find((o) => o.name === issue.path[0])
  if (!option) return issue.message
  const source = sources[option.name]
  if (option.default === undefined) delete texts[option.name]
  else texts[option.name] = option.default
  // What is secret as a whole is not shown at all, and of an address not what is secret in it.
  const text = source?.text.includes('@') ? maskUrl(source.text) : source?.text
  const shown = option.only === 'env' ? source?.from : `${source?.from}=${text}`
  return `${shown}: ${issue.message}`
}

function check(s: Settings, sources: Sources, warnings: string[]): string[] {
  const problems: string[] = []
  const fail = (bad: boolean, message: string) => bad && problems.push(message)
  const everyHost = s['allowed-hosts']?.includes('*') ?? false

  fail(
    s.auth === 'on' && s['artifacts-only'],
    '--artifacts-only keeps nothing, and so no users: add --auth=off, and let nobody reach it but those who may.',
  )
  fail(
    everyHost && !s['insecure-host'],
    '--allowed-hosts=*: any web page could then reach the server through its visitors (DNS rebinding). Name the hosts, or add --insecure-host.',
  )
  fail(
    s['artifacts-only'] && !s['serve-artifacts'],
    '--artifacts-only and --no-serve-artifacts: together they leave nothing to serve. Choose one.',
  )
  fail(
    s['artifacts-only'] && s['database-url'] !== undefined,
    `--artifacts-only needs no database: unset ${sources['database-url']?.from}, or leave --artifacts-only out.`,
  )
  if (s.workers > 1 && isEmbedded(s)) {
    // MLflow's own default is 4, so its variable is no sign that someone counts on several processes.
    if (sources.workers?.from?.startsWith('MLFLOW_'))
      warnings.push(`${sources.workers.from} is not used: the embedded database serves one process`)
    else
      problems.push(
        `--workers=${s.workers}: the embedded database serves one process. Set ASSAY_DATABASE_URL=postgresql://…, or use --workers=1.`,
      )
  }
  fail(
    s['s3-kms-key'] !== undefined && s['s3-encryption'] !== 'aws:kms',
    `--s3-kms-key=${s['s3-kms-key']}: it is used with --s3-encryption=aws:kms only.`,
  )
  fail(
    s['artifact-buckets'] !== undefined && s['artifacts-only'],
    '--artifact-buckets: only experiments choose such places, and --artifacts-only knows none. Leave one of them out.',
  )
  for (const name of ['s3-ca-file', 'tracking-ca-file'] as const) {
    const unreadable = s[name] && fileProblem(s[name])
    if (unreadable) problems.push(`--${name}: it ${unreadable}.`)
  }
  const folders = { '--data': s.data, '--artifacts': s.artifacts?.kind === 'folder' ? s.artifacts.folder : undefined }
  for (const [flag, folder] of Object.entries(folders)) {
    const problem = folder && folderProblem(folder)
    if (problem) problems.push(`${flag}=${folder}: ${problem}`)
  }
  return problems
}

const mainServer = (s: Settings): S3Server =>
  s3Server({
    endpoint: s['s3-endpoint'],
    publicEndpoint: s['s3-public-endpoint'],
    region: s['s3-region'],
    addressing: s['s3-addressing'],
    caFile: s['s3-ca-file'],
  })

/** Whether the embedded database is used, which serves one process. */
const isEmbedded = (s: Settings) =>
  s['database-url'] === undefined && !s['artifacts-only'] && (s['tracking-url'] === undefined || s.auth === 'on')

/** Without sign-in, whoever reaches the server may do everything. */
function checkOpenAddress(s: Settings, warnings: string[]): string[] {
  if (isLoopback(s.host)) return []
  if (s.auth === 'on') return checkPlainHttp(s, warnings)
  if (!s['insecure-host'])
    return [
      `--host=${s.host}: without sign-in, only this machine may reach the server. Use 127.0.0.1, or add --insecure-host if the network is closed to others (in a container, say).`,
    ]
  warnings.push(`anyone who can reach ${s.host}:${s.port} can read and change everything, since there is no sign-in`)
  return []
}

/** Without TLS, whoever is on the way reads passwords and sessions. */
function checkPlainHttp(s: Settings, warnings: string[]): string[] {
  if (s['public-url']?.startsWith('https:')) return []
  if (!s['insecure-host'])
    return [
      `--host=${s.host}: passwords and tokens would cross the network unprotected. Put a proxy with TLS in front and name it by --public-url=https://…, or add --insecure-host if the network is closed to others.`,
    ]
  warnings.push(`whoever is on the way to ${s.host}:${s.port} can read passwords and tokens, since there is no TLS`)
  return []
}

function checkRelay(s: Settings, sources: Sources): string[] {
  const url = s['tracking-url']
  if (!url) return []
  const from = sources['tracking-url']?.from
  // who may do what is kept here, whoever keeps the runs
  const keeps = s.auth === 'on' ? [] : (['database-url'] as const)
  const own = ([...keeps, 'artifacts', 'artifacts-only'] as const).find((name) => sources[name]?.from)
  const says = [
    own &&
      `${sources[own]?.from}: database and artifacts are those of the server at ${from}. Leave one of the two out.`,
    url.socketPath &&
      !s['core-secret'] &&
      `${from}: what listens on a Unix socket is a core. Set its ASSAY_CORE_SECRET too.`,
    s['tracking-login'] && s['tracking-token'] && 'ASSAY_TRACKING_LOGIN and ASSAY_TRACKING_TOKEN: choose one.',
    s['core-secret'] &&
      (s['tracking-login'] || s['tracking-token']) &&
      'ASSAY_CORE_SECRET is for a core, ASSAY_TRACKING_LOGIN and _TOKEN are for an MLflow server: choose one.',
  ]
  return says.filter((problem) => typeof problem === 'string')
}

const checkCore = (s: Settings): string[] => [
  ...(s['core-secret'] ? [] : ['assay core: set ASSAY_CORE_SECRET, which the server in front of it must have too.']),
  ...(s['tracking-url'] ? ['assay core: it is the tracking server itself. Leave --tracking-url out.'] : []),
]

/** How people come in. */
function checkSignIn(s: Settings, sources: Sources): string[] {
  // MLflow's file comes with a name alone
  const named = ['--admin-username', 'ASSAY_ADMIN_USERNAME'].includes(sources['admin-username']?.from ?? '')
  const says = [
    s.oidc !== undefined &&
      !s['public-url'] &&
      '--oidc: the provider sends browsers back. Set --public-url too, the address that they use.',
    (s['admin-password'] === undefined ? named : s['admin-username'] === undefined) &&
      '--admin-username and ASSAY_ADMIN_PASSWORD: set both, or neither.',
  ]
  return says.filter((problem) => typeof problem === 'string')
}

type FromFiles = { buckets: readonly Bucket[]; providers: readonly OidcProvider[]; warnings: readonly string[] }

function assemble(s: Settings, server: S3Server, { buckets, providers, warnings }: FromFiles) {
  const data = resolve(s.data)
  const artifacts = s.artifacts ?? { kind: 'folder' as const, folder: join(data, 'artifacts') }
  const database = s['database-url']
    ? { url: s['database-url'], pool: { writes: s['database-pool'], reads: s['database-pool'] } }
    : { folder: join(data, 'database') }
  const mode = s['artifacts-only']
    ? ('artifacts-only' as const)
    : s['serve-artifacts']
      ? ('full' as const)
      : ('tracking-only' as const)
  return {
    server: {
      host: s.host,
      port: s.port,
      workers: isEmbedded(s) ? 1 : s.workers,
      staticPrefix: s['static-prefix'] ?? '',
      allowedHosts: s['allowed-hosts'] ?? [],
      publicUrl: s['public-url'],
      trustedProxies: s['trusted-proxies'] ?? [],
      stopDelayMs: s['stop-delay'] * 1000,
      stopTimeoutMs: s['stop-timeout'] * 1000,
    },
    auth: {
      mode: s.auth,
      defaultPermission: s['default-permission'],
      experimentCreation: s['experiment-creation'],
      hideForbidden: s['hide-forbidden'],
      auditReads: s['audit-reads'],
      publicUrl: s['public-url'],
      staticPrefix: s['static-prefix'] ?? '',
      /** made at start, where there is no administrator */
      firstAdmin: firstAdminOf(s),
      organisation: s.organisation,
      mail: mailOf(s),
      providers,
      files: accessFilesOf(s),
      s3: s3RightsOf(s, server, artifacts, buckets),
    },
    log: { level: s['log-level'] },
    /** where Assay keeps what it knows, unless another server keeps it all; brought up to date at start, or refused where it is behind */
    dataFolder: data,
    database,
    migrate: s.migrate,
    tracking: {
      mode,
      artifacts: {
        store:
          artifacts.kind === 'folder'
            ? { kind: 'folder' as const, folder: resolve(artifacts.folder) }
            : { ...artifacts, ...server, encryption: encryptionOf(s['s3-encryption'], s['s3-kms-key']) },
        buckets,
        maxBytes: s['max-artifact-size'],
      },
      truncateLongValues: s['truncate-long-values'],
      uniqueRunNames: s['unique-run-names'],
    },
    relay: relayOf(s),
    printConfig: s['print-config'],
    warnings,
  }
}

const coreOf = (s: Settings) => ({ secret: s['core-secret'] ?? '', socket: s['core-socket'] })

/** A server with which a secret is shared is a core, another one is MLflow's. */
function relayOf(s: Settings) {
  if (!s['tracking-url']) return undefined
  const target = { ...s['tracking-url'], caFile: s['tracking-ca-file'] }
  const answerMs = s['tracking-timeout'] * 1000
  const secret = s['core-secret']
  if (secret !== undefined) return { kind: 'core' as const, target, answerMs, secret }
  const token = s['tracking-token']
  return {
    kind: 'mlflow' as const,
    target,
    answerMs,
    credentials: token === undefined ? s['tracking-login'] : { token },
  }
}

/** The folder need not be there yet: what others put there is applied when it comes. */
const accessFilesOf = (s: Settings) => ({
  domains: s['access-mail-domains'] ?? [],
  watch:
    s['access-watch'] === undefined
      ? undefined
      : { folder: resolve(s['access-watch']), everyMs: s['access-watch-interval'] * 1000 },
})

/** What callers may be given credentials for. Behind a relay the stores are those of the other server. */
function s3RightsOf(s: Settings, server: S3Server, artifacts: Place, buckets: readonly Bucket[]) {
  const role = s['s3-sts-role']
  const own = s['tracking-url'] === undefined
  return {
    main: own && artifacts.kind === 's3' ? { ...artifacts, ...server } : undefined,
    buckets: own ? buckets : [],
    sts: role === undefined ? undefined : { role, endpoint: s['s3-sts-endpoint'] },
  }
}

function firstAdminOf(s: Settings) {
  const username = s['admin-username']
  const password = s['admin-password']
  return username === undefined || password === undefined ? undefined : { username, password }
}
