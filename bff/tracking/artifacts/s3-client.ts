import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { getCACertificates } from 'node:tls'
import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { S3Client } from '@aws-sdk/client-s3'

/** A secret's text, or the file that has it. */
type SecretSource = string | { file: string }

export type S3Place = {
  bucket: string
  /** Without slashes at its ends; empty for the whole bucket. */
  prefix: string
  /** A server other than AWS. */
  endpoint?: string | undefined
  /** Where clients reach the same server; absent where they cannot. */
  publicEndpoint?: string | undefined
  region?: string | undefined
  /** The bucket in the path, not in the host name. */
  pathStyle?: boolean | undefined
  /** PEM file of authorities beside the known ones. */
  caFile?: string | undefined
  /** What is asked for with each new object; where nothing is said, the bucket decides. */
  encryption?: { algorithm: 'AES256' } | { algorithm: 'aws:kms'; keyId: string | undefined } | undefined
  /** Those of the standard AWS chain where nothing is said. */
  credentials?:
    | { profile: string }
    | { accessKeyId: SecretSource; secretAccessKey: SecretSource; sessionToken?: SecretSource | undefined }
    | undefined
}

/** Milliseconds: until there is a connection, and until something moves on it. */
export type Patience = { connect: number; idle: number }
const PATIENCE: Patience = { connect: 5_000, idle: 60_000 }

export async function openS3Client(at: S3Place, patience = PATIENCE): Promise<S3Client> {
  const { endpoint, region, pathStyle = false, caFile } = at
  const ca = caFile && [...getCACertificates('default'), await readFile(caFile, 'utf8')]
  const client = new S3Client({
    region: region ?? (await configuredRegion(at)) ?? 'us-east-1',
    ...(endpoint && { endpoint }),
    ...credentialsOf(at),
    forcePathStyle: pathStyle,
    followRegionRedirects: true,
    maxAttempts: 4,
    retryMode: 'standard',
    // Checksums in trailers are refused by older servers of this kind.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: patience.connect,
      socketTimeout: patience.idle,
      httpsAgent: { keepAlive: true, maxSockets: CONNECTIONS, ...(ca && { ca }) },
      httpAgent: { keepAlive: true, maxSockets: CONNECTIONS },
    },
  })
  digestBodies(client)
  return client
}

const CONNECTIONS = 64

/** What AWS's variables and files say, if anything. */
async function configuredRegion(at: S3Place): Promise<string | undefined> {
  const client = new S3Client(credentialsOf(at))
  return client.config
    .region()
    .catch(() => undefined)
    .finally(() => client.destroy())
}

/** Files of secrets are read again after this long: they are replaced while the server runs. */
const REREAD_MS = 300_000

function credentialsOf({ credentials }: S3Place): Pick<S3ClientConfig, 'profile' | 'credentials'> {
  if (!credentials) return {}
  if ('profile' in credentials) return { profile: credentials.profile }
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  return {
    credentials: async () => ({
      accessKeyId: await textOf(accessKeyId),
      secretAccessKey: await textOf(secretAccessKey),
      ...(sessionToken && { sessionToken: await textOf(sessionToken) }),
      expiration: new Date(Date.now() + REREAD_MS),
    }),
  }
}

const textOf = async (source: SecretSource) =>
  typeof source === 'string' ? source : (await readFile(source.file, 'utf8')).trim()

/**
 * Every body that is sent whole carries its MD5, so that the server stores what was sent or nothing. It is the one checksum that
 * all S3 servers know, and which some want for DeleteObjects; those in newer headers are left out beside it.
 */
function digestBodies(client: S3Client) {
  client.middlewareStack.add(
    (next) => async (args) => {
      const { body, headers } = args.request as { body?: unknown; headers: Record<string, string> }
      if (typeof body === 'string' || body instanceof Uint8Array) {
        for (const name of Object.keys(headers)) if (OTHER_CHECKSUM.test(name)) delete headers[name]
        headers['content-md5'] = createHash('md5').update(body).digest('base64')
      }
      return next(args)
    },
    { step: 'build', priority: 'low' },
  )
}

const OTHER_CHECKSUM = /^x-amz-(sdk-)?checksum-/i
