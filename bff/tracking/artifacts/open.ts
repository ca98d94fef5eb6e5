import { openLocalStore } from './local.ts'
import type { ArtifactStore } from './store.ts'

export type StoreConfig =
  | { kind: 'folder'; folder: string }
  | {
      kind: 's3'
      bucket: string
      prefix: string
      endpoint?: string | undefined
      region?: string | undefined
      pathStyle: boolean
    }

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
