import { openLocalStore } from './local.ts'
import type { S3Place } from './s3.ts'
import type { ArtifactStore } from './store.ts'

export type ArtifactPlace = { kind: 'folder'; folder: string } | ({ kind: 's3' } & S3Place)

export async function openArtifactStore(place: ArtifactPlace): Promise<ArtifactStore> {
  if (place.kind === 'folder') return openLocalStore(place.folder)
  // The S3 client is large: a server that keeps artifacts in a folder starts without it.
  const { openS3Store } = await import('./s3.ts')
  return openS3Store(place)
}
