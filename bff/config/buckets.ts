import { readFileSync } from 'node:fs'
import { isCollection, isNode, LineCounter, parseDocument } from 'yaml'
import * as z from 'zod'
import { PublicUrl, S3Prefix } from './fields.ts'
import type { Env } from './sources.ts'

/** A secret where it really is: never in the file itself, which may be shown and kept with other code. */
const Secret = z.union([z.strictObject({ variable: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })], {
  error: 'must say where it is: {variable: NAME} or {file: PATH}',
})
type Secret = z.output<typeof Secret>

export const Addressing = z.enum(['auto', 'path', 'virtual'], 'must be auto, path or virtual')
export const Encryption = z.enum(['none', 'AES256', 'aws:kms'], 'must be none, AES256 or aws:kms')

const Entry = z.strictObject({
  prefix: S3Prefix,
  endpoint: PublicUrl.optional(),
  public_endpoint: PublicUrl.optional(),
  region: z.string().min(1).optional(),
  addressing: Addressing.default('auto'),
  ca_file: z.string().min(1).optional(),
  encryption: Encryption.default('none'),
  kms_key: z.string().min(1).optional(),
  profile: z.string().min(1).optional(),
  access_key_id: Secret.optional(),
  secret_access_key: Secret.optional(),
  session_token: Secret.optional(),
})
type Entry = z.output<typeof Entry>

const Buckets = z.strictObject({ buckets: z.array(Entry, 'must be a list').min(1, 'must name at least one') })

/** Where an S3 server is, and how it is spoken to. */
export type S3Server = {
  endpoint: string | undefined
  publicEndpoint: string | undefined
  region: string | undefined
  pathStyle: boolean
  caFile: string | undefined
}

export const s3Server = (s: Omit<S3Server, 'pathStyle'> & { addressing: z.output<typeof Addressing> }): S3Server => {
  const { addressing, ...rest } = s
  return { ...rest, pathStyle: addressing === 'path' || (addressing === 'auto' && s.endpoint !== undefined) }
}

export type Encryption = { algorithm: 'AES256' } | { algorithm: 'aws:kms'; keyId: string | undefined }

export const encryptionOf = (
  algorithm: z.output<typeof Encryption>,
  keyId: string | undefined,
): Encryption | undefined =>
  algorithm === 'none' ? undefined : algorithm === 'aws:kms' ? { algorithm, keyId } : { algorithm }

/** A secret's text, or the file that has it: files are read again and again, since they are replaced while the server runs. */
type SecretSource = string | { file: string }
type Credentials =
  | { profile: string }
  | { accessKeyId: SecretSource; secretAccessKey: SecretSource; sessionToken: SecretSource | undefined }

export type Bucket = S3Server & {
  kind: 's3'
  bucket: string
  prefix: string
  encryption: Encryption | undefined
  /** those of the standard AWS chain where nothing is said */
  credentials: Credentials | undefined
}

/** What is wrong with an entry, and which of its fields that is. */
type Problem = { path: PropertyKey[]; message: string }

/**
 * The buckets that experiments may name, from a YAML file. An entry without an endpoint is on the server `main`.
 * Every problem goes to `problems` with the file, its line and the field.
 */
export function readBuckets(file: string, env: Env, main: S3Server, problems: string[]): Bucket[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    problems.push(`--artifact-buckets=${file}: cannot be read (${(error as NodeJS.ErrnoException).code}).`)
    return []
  }
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}`
  if (document.errors.length) {
    problems.push(...document.errors.map(({ pos, message }) => `${at(pos[0])}: ${message.split('\n')[0]}`))
    return []
  }
  const lineOf = (path: readonly PropertyKey[]): string => {
    const node = path.length ? document.getIn(path as unknown[], true) : document.contents
    if (isNode(node) && node.range) return at(node.range[0])
    return path.length ? lineOf(path.slice(0, -1)) : `${file}:1`
  }
  const tell = ({ path, message }: Problem) =>
    problems.push(`${lineOf(path)}: ${path.length ? `${spelled(path)} ` : ''}${message}.`)

  const read = Buckets.safeParse(isCollection(document.contents) ? document.toJS() : {})
  if (!read.success) {
    for (const issue of read.error.issues) tell(problemOf(issue, document.hasIn(issue.path as unknown[])))
    return []
  }
  const { buckets } = read.data
  const wrong = buckets.flatMap((entry, i) => [
    ...check(entry, env).map(({ path, message }) => ({ path: ['buckets', i, ...path], message })),
    ...(buckets.findIndex((other) => uriOf(other) === uriOf(entry)) < i
      ? [{ path: ['buckets', i, 'prefix'], message: `names ${uriOf(entry)} a second time` }]
      : []),
  ])
  wrong.forEach(tell)
  return wrong.length ? [] : buckets.map((entry) => bucketOf(entry, env, main))
}

const uriOf = ({ prefix }: Entry) => [`s3://${prefix.bucket}`, prefix.prefix].filter(Boolean).join('/')

const spelled = (path: readonly PropertyKey[]) =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i ? '.' : ''}${String(part)}`)).join('')

function problemOf(issue: z.core.$ZodIssue, isThere: boolean): Problem {
  if (issue.code === 'unrecognized_keys')
    return {
      path: [...issue.path, issue.keys[0] ?? ''],
      message: `is not a setting; there are ${fieldsAt(issue.path)}`,
    }
  return { path: issue.path, message: isThere ? issue.message.replace(/^Invalid input: /, '') : 'is missing' }
}

const fieldsAt = (path: readonly PropertyKey[]) => Object.keys(path.length ? Entry.shape : Buckets.shape).join(', ')

/** What is wrong with the fields of an entry taken together. */
function check(entry: Entry, env: Env): Problem[] {
  const { profile, access_key_id, secret_access_key, session_token } = entry
  const keys = { access_key_id, secret_access_key, session_token }
  const problems: Problem[] = []
  const fail = (bad: boolean, field: string, message: string) => bad && problems.push({ path: [field], message })
  fail(profile !== undefined && !!access_key_id, 'profile', 'and access_key_id are two ways; choose one')
  fail(!!access_key_id && !secret_access_key, 'access_key_id', 'needs secret_access_key beside it')
  fail(!access_key_id && !!secret_access_key, 'secret_access_key', 'needs access_key_id beside it')
  fail(!access_key_id && !!session_token, 'session_token', 'needs access_key_id beside it')
  fail(entry.kms_key !== undefined && entry.encryption !== 'aws:kms', 'kms_key', 'needs encryption: aws:kms')
  for (const [field, secret] of Object.entries(keys)) {
    const problem = secret && secretProblem(secret, env)
    if (problem) problems.push({ path: [field], message: problem })
  }
  const file = entry.ca_file && fileProblem(entry.ca_file)
  if (file) problems.push({ path: ['ca_file'], message: file })
  return problems
}

const secretProblem = (secret: Secret, env: Env) =>
  'file' in secret
    ? fileProblem(secret.file)
    : env[secret.variable]?.trim()
      ? undefined
      : `names the variable ${secret.variable}, which is not set`

/** Why a file that is named is of no use. */
export function fileProblem(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() ? undefined : `names ${file}, which is empty`
  } catch (error) {
    return `names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code})`
  }
}

function bucketOf(entry: Entry, env: Env, main: S3Server): Bucket {
  const { endpoint, public_endpoint: publicEndpoint, region, addressing, ca_file: caFile } = entry
  const own = s3Server({ endpoint, publicEndpoint, region, addressing, caFile })
  const ofMain = {
    ...main,
    ...(publicEndpoint && { publicEndpoint }),
    ...(region && { region }),
    ...(addressing !== 'auto' && { pathStyle: own.pathStyle }),
    ...(caFile && { caFile }),
  }
  return {
    ...entry.prefix,
    ...(endpoint ? own : ofMain),
    encryption: encryptionOf(entry.encryption, entry.kms_key),
    credentials: credentialsOf(entry, env),
  }
}

function credentialsOf(entry: Entry, env: Env): Credentials | undefined {
  const { profile, access_key_id, secret_access_key, session_token } = entry
  if (profile) return { profile }
  if (!access_key_id || !secret_access_key) return undefined
  const source = (secret: Secret): SecretSource =>
    'file' in secret ? { file: secret.file } : (env[secret.variable]?.trim() ?? '')
  return {
    accessKeyId: source(access_key_id),
    secretAccessKey: source(secret_access_key),
    sessionToken: session_token && source(session_token),
  }
}
