import { ApiError, invalid } from '#contract'
import type { ArtifactPath } from './address.ts'
import { artifactPath, isOwned } from './address.ts'
import type { BucketConfig, StoreConfig } from './open.ts'
import { openStore, storeUri } from './open.ts'
import type { ArtifactStore } from './store.ts'

export type StoresConfig = {
  /** where artifacts are unless their experiment says otherwise */
  store: StoreConfig
  /** the buckets and prefixes below which an experiment may choose its place */
  buckets?: readonly BucketConfig[] | undefined
}

/** A folder within one of the stores. */
type Place = { store: ArtifactStore; folder: ArtifactPath }

/** The artifact stores of a server, and which of them an experiment's `artifact_location` means. */
export type Stores = {
  main: ArtifactStore
  /** Where the artifacts of a location are. Throws NOT_IMPLEMENTED where the configuration does not name the place (any more). */
  of(location: string): Place
  /** A location as a caller chose it, in its one canonical spelling. Throws INVALID_PARAMETER_VALUE unless it is allowed. */
  allowed(location: string): string
  /** Gives uploads up that began before a moment and were never ended, in all places; tells how many. */
  sweep(before: Date, signal: AbortSignal): Promise<number>
  /** Whether clients can reach the main store, and whether they can reach all. */
  direct: { main: boolean; all: boolean }
  close(): Promise<void>
}

/** How a location begins that is below the main store, whatever and wherever that is. */
export const PROXIED = 'mlflow-artifacts:'

export async function openStores({ store, buckets = [] }: StoresConfig): Promise<Stores> {
  const main = await openStore(store)
  const others = await Promise.all(
    buckets.map(async (place) => ({ uri: storeUri(place), store: await openStore(place) })),
  )
  const all = [main, ...others.map((other) => other.store)]
  const places = [{ uri: PROXIED, store: main }, { uri: storeUri(store), store: main }, ...others]
  return {
    main,

    of(location) {
      const place = nearest(places, location)
      if (!place)
        throw new ApiError(
          'NOT_IMPLEMENTED',
          `The artifacts are in ${location}, a place that this server's configuration does not name; they are untouched, and served again once --artifact-buckets has it`,
        )
      return { store: place.store, folder: artifactPath(below(place.uri, location)) }
    },

    allowed(location) {
      const canonical = canonicalS3(location)
      const place = canonical && nearest(places, canonical)
      if (!place || place.store === main)
        throw refused(
          location,
          others.map(({ uri }) => uri),
        )
      return canonical
    },

    async sweep(before, signal) {
      const swept = await Promise.all(all.map((opened) => opened.sweep?.(before, signal) ?? 0))
      return swept.reduce((sum, count) => sum + count, 0)
    },

    direct: { main: main.direct !== undefined, all: all.every((opened) => opened.direct) },

    async close() {
      await Promise.all(all.map((opened) => opened.close()))
    },
  }
}

/** The place with the longest address that a location is in, counted by whole segments. */
function nearest<P extends { uri: string }>(places: readonly P[], location: string): P | undefined {
  const holding = places.filter(({ uri }) => location === uri || location.startsWith(`${uri}/`))
  return holding.sort((a, b) => b.uri.length - a.uri.length)[0]
}

const below = (uri: string, location: string) => location.slice(uri.length).replace(/^\/+/, '')

/** `s3://bucket/a/b`, or nothing where the text could mean another place to someone who reads it. */
function canonicalS3(location: string): string | undefined {
  const [, bucket, rest = ''] = /^s3:\/\/([a-zA-Z0-9][a-zA-Z0-9._-]+)(?:\/([^?;]*))?$/.exec(location) ?? []
  if (bucket === undefined || isOwned(location)) return undefined
  try {
    return [`s3://${bucket}`, ...artifactPath(rest.replace(/^\/+/, ''))].join('/')
  } catch {
    return undefined
  }
}

const refused = (location: string, prefixes: readonly string[]) =>
  invalid(
    `Invalid value '${location.slice(0, 200)}' for parameter 'artifact_location' supplied: ${
      prefixes.length
        ? `choose a place below ${prefixes.join(' or ')}, not within the artifacts of a run, or leave artifact_location out`
        : 'this server keeps all artifacts in one place; leave artifact_location out'
    }`,
    { field: 'artifact_location' },
  )
