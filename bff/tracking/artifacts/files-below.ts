import type { ArtifactPath } from './address.ts'
import { artifactPath, below } from './address.ts'
import type { ArtifactStore, Written } from './store.ts'

export type ListedFile = { path: ArtifactPath } & Written

/** A name out of a listing, as a path. */
export const within = (folder: ArtifactPath, name: string) => below(folder, artifactPath(name))

/** All files below a folder, folder by folder. */
export async function* filesBelow(store: ArtifactStore, folder: ArtifactPath): AsyncGenerator<ListedFile> {
  for (const entry of await store.list(folder)) {
    const path = within(folder, entry.name)
    if (entry.isFolder) yield* filesBelow(store, path)
    else yield { path, size: entry.size, etag: entry.etag }
  }
}
