import { readFile } from 'node:fs/promises'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { ApiError } from '#contract'
import type { S3Config, S3Place, S3Store } from './places.ts'
import type { S3Level } from './policy.ts'
import { policyFor } from './policy.ts'

const SECONDS = 3600

/** Credentials for an hour, which can do with a place what the level allows and nothing else, whatever the role could. */
export async function assumeFor(config: S3Config, place: S3Place, level: S3Level, username: string) {
  const { sts, main } = config
  if (!sts)
    throw new ApiError(
      'NOT_IMPLEMENTED',
      'This server gives no S3 credentials: start it with --s3-sts-role=ARN of a role that may use the buckets, and --s3-sts-endpoint where that is not AWS.',
    )
  if (main && place.store.endpoint !== main.endpoint)
    throw new ApiError('NOT_IMPLEMENTED', `The bucket ${place.bucket} is on another S3 server than the role`)
  const client = new STSClient({
    region: place.store.region ?? 'us-east-1',
    ...(sts.endpoint !== undefined && { endpoint: sts.endpoint }),
    ...(await keysOf(place.store)),
    maxAttempts: 3,
  })
  try {
    const { Credentials } = await client.send(
      new AssumeRoleCommand({
        RoleArn: sts.role,
        RoleSessionName: sessionName(username),
        Policy: JSON.stringify(policyFor(place, level)),
        DurationSeconds: SECONDS,
      }),
    )
    return {
      access_key_id: Credentials?.AccessKeyId ?? '',
      secret_access_key: Credentials?.SecretAccessKey ?? '',
      session_token: Credentials?.SessionToken ?? '',
      expires_at: Credentials?.Expiration?.getTime() ?? 0,
    }
  } catch (cause) {
    throw new ApiError('IO_ERROR', 'The STS service refuses to give credentials: the log of this server says why.', {
      cause,
    })
  } finally {
    client.destroy()
  }
}

/** What AWS takes for a name, in which an audit trail there says who it was. */
const sessionName = (username: string) => `assay-${username.replace(/[^\w+=,.@-]/g, '_')}`.slice(0, 64)

async function keysOf({ credentials }: S3Store) {
  if (!credentials) return {}
  if ('profile' in credentials) return { profile: credentials.profile }
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  return {
    credentials: {
      accessKeyId: await textOf(accessKeyId),
      secretAccessKey: await textOf(secretAccessKey),
      ...(sessionToken && { sessionToken: await textOf(sessionToken) }),
    },
  }
}

const textOf = async (source: string | { file: string }) =>
  typeof source === 'string' ? source : (await readFile(source.file, 'utf8')).trim()
