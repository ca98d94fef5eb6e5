import { ApiError } from '#contract'

/** A secret's text, or the file that has it. */
type SecretSource = string | { file: string }

/** Where an S3 store of this server is, and by whose keys it is reached. */
export type S3Store = {
  bucket: string
  /** without slashes at its ends; empty for the whole bucket */
  prefix: string
  endpoint?: string | undefined
  /** by which clients reach it */
  publicEndpoint?: string | undefined
  region?: string | undefined
  credentials?:
    | { profile: string }
    | { accessKeyId: SecretSource; secretAccessKey: SecretSource; sessionToken?: SecretSource | undefined }
    | undefined
}

export type S3Config = {
  /** where artifacts are unless their experiment says otherwise; undefined where that is no S3 store, or another server's */
  main: S3Store | undefined
  /** those that experiments may choose */
  buckets: readonly S3Store[]
  /** the role that is assumed for callers, at AWS or at a server that speaks its protocol */
  sts: { role: string; endpoint: string | undefined } | undefined
}

/** The place of one experiment: all that is below `prefix`, which ends in a slash, is its own. */
export type S3Place = { store: S3Store; bucket: string; prefix: string }

const PROXIED = 'mlflow-artifacts:'

/** Throws NOT_IMPLEMENTED where its artifacts are not in an S3 store that this server knows. */
export function placeOf({ main, buckets }: S3Config, location: string): S3Place {
  const uri =
    location.startsWith(PROXIED) && main ? `${uriOf(main)}/${trimmed(location.slice(PROXIED.length))}` : location
  const stores = [...(main ? [main] : []), ...buckets]
  const store = stores
    .filter((each) => `${uri}/`.startsWith(`${uriOf(each)}/`))
    .sort((a, b) => b.prefix.length - a.prefix.length)[0]
  if (!store)
    throw new ApiError(
      'NOT_IMPLEMENTED',
      'The artifacts of this experiment are in no S3 store that this server knows: use them through the server.',
    )
  return { store, bucket: store.bucket, prefix: `${trimmed(uri.slice(`s3://${store.bucket}`.length))}/` }
}

const uriOf = ({ bucket, prefix }: S3Store) => `s3://${[bucket, prefix].filter(Boolean).join('/')}`
const trimmed = (path: string) => path.replace(/^\/+|\/+$/g, '')
