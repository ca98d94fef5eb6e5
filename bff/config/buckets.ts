import * as z from 'zod'
import { PublicUrl, S3Prefix } from './fields.ts'
import type { SecretSource } from './secrets.ts'
import { fileProblem, SecretPlace, secretProblem, secretSource } from './secrets.ts'
import type { Env } from './sources.ts'
import type { Problem } from './yaml-file.ts'
import { readYamlFile } from './yaml-file.ts'

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
  access_key_id: SecretPlace.optional(),
  secret_access_key: SecretPlace.optional(),
  session_token: SecretPlace.optional(),
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

/** The buckets that experiments may name, from a YAML file. An entry without an endpoint is on the server `main`. */
export function readBuckets(file: string, env: Env, main: S3Server, problems: string[]): Bucket[] {
  const read = readYamlFile(
    { flag: '--artifact-buckets', file, schema: Buckets, fieldsAt, check: (data) => checkAll(data.buckets, env) },
    problems,
  )
  return read?.buckets.map((entry) => bucketOf(entry, env, main)) ?? []
}

const fieldsAt = (path: readonly PropertyKey[]) => Object.keys(path.length ? Entry.shape : Buckets.shape)

const checkAll = (buckets: readonly Entry[], env: Env): Problem[] =>
  buckets.flatMap((entry, i) => [
    ...check(entry, env).map(({ path, message }) => ({ path: ['buckets', i, ...path], message })),
    ...(buckets.findIndex((other) => uriOf(other) === uriOf(entry)) < i
      ? [{ path: ['buckets', i, 'prefix'], message: `names ${uriOf(entry)} a second time` }]
      : []),
  ])

const uriOf = ({ prefix }: Entry) => [`s3://${prefix.bucket}`, prefix.prefix].filter(Boolean).join('/')

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
  return {
    accessKeyId: secretSource(access_key_id, env),
    secretAccessKey: secretSource(secret_access_key, env),
    sessionToken: session_token && secretSource(session_token, env),
  }
}
