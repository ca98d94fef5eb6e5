import { openLocalStore } from './local.ts'
import type { S3Place } from './s3-client.ts'
import type { ArtifactStore } from './store.ts'

export type BucketConfig = S3Place & { kind: 's3' }
export type StoreConfig = { kind: 'folder'; folder: string } | BucketConfig

/** The artifact store that the configuration names. The S3 client is large, and loaded only where it is used. */
export async function openStore(config: StoreConfig): Promise<ArtifactStore> {
  if (config.kind === 'folder') return openLocalStore(config.folder)
  const { openS3Store } = await import('./s3.ts')
  return openS3Store(config)
}

/** The store's own address, as clients use it that go there themselves. */
export const storeUri = (config: StoreConfig): string =>
  config.kind === 'folder'
    ? `file://${config.folder}`
    : `s3://${[config.bucket, config.prefix].filter(Boolean).join('/')}`
