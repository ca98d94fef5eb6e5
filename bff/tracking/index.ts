import { createHash } from 'node:crypto'
import type { EndpointName, Endpoints } from '#contract'
import { ApiError, endpoints } from '#contract'
import type { Database } from '#kit/db.ts'
import type { Log } from '#kit/log.ts'
import type { HandlersOf } from '#kit/route.ts'
import { openArrivals } from './artifacts/arrivals.ts'
import type { ClientRoot } from './artifacts/client-root.ts'
import { artifactHandlers } from './artifacts/handlers.ts'
import { openHashing } from './artifacts/hash-later.ts'
import { directHandlers } from './artifacts/multipart.ts'
import { storeUri } from './artifacts/open.ts'
import { openOwners as openArtifactOwners } from './artifacts/owners.ts'
import { openPlaces } from './artifacts/places.ts'
import { previewHandlers } from './artifacts/previews.ts'
import type { Finding } from './artifacts/scan.ts'
import { scanArtifacts } from './artifacts/scan.ts'
import type { Stores, StoresConfig } from './artifacts/stores.ts'
import { openStores, PROXIED } from './artifacts/stores.ts'
import { openSweep } from './artifacts/sweep.ts'
import { ensureDefaultExperiment } from './experiments/experiments.ts'
import { experimentHandlers } from './experiments/handlers.ts'
import { loggedModelHandlers } from './logged-models/handlers.ts'
import { metricHandlers } from './metrics/handlers.ts'
import { openSettling } from './metrics/settle.ts'
import type { Owners } from './owners.ts'
import { artifactOwner, openOwners } from './owners.ts'
import { registryHandlers } from './registry/handlers.ts'
import { runHandlers } from './runs/handlers.ts'
import { pageTokenKey } from './search/token.ts'
import { serverHandlers } from './server.ts'
import { openRunWrites } from './writes/run-write.ts'

export type { Point } from './metrics/points.ts'
export { digestOf, latestOf, literalsOf, summarise } from './metrics/points.ts'
// what a seal says of points: bench/growth makes chunks as the writer does
export type { Owners } from './owners.ts'
export { artifactOwner } from './owners.ts'
// what a relay to another server checks of a version's source
export { isPrompt } from './registry/prompts.ts'
export { sourceUri } from './registry/source-uri.ts'
export { PROMPT_SOURCES, readModelUri } from './registry/sources.ts'

export type TrackingConfig = {
  /** everything; artifacts without a database; or runs whose clients go to the artifact store themselves */
  mode: 'full' | 'artifacts-only' | 'tracking-only'
  artifacts: StoresConfig & { maxBytes?: number | undefined }
  truncateLongValues: boolean
  /** refuse a run name that another active run of the experiment has */
  uniqueRunNames: boolean
}

export type Tracking = {
  handlers: HandlersOf<Endpoints>
  owners: Owners
  /** Gauges for the metrics page: name, help, reading. */
  gauges: [name: string, help: string, read: () => number | Record<string, number>, label?: string][]
  /** After this no write is under way; call it when no request can come any more. */
  close(): Promise<void>
}

const clientRootOf = ({ mode, artifacts }: TrackingConfig): ClientRoot =>
  mode === 'tracking-only' ? { uri: storeUri(artifacts.store), proxied: false } : { uri: PROXIED, proxied: true }

/**
 * The tracking core: MLflow's semantics on a database (migrated; closed by whoever opened it) and an artifact store.
 * Without a database it serves artifacts only. The only door to this folder.
 */
export async function openTracking(
  config: TrackingConfig,
  database: Database | undefined,
  log: Log,
): Promise<Tracking> {
  const stores = await openStores(config.artifacts)
  return database ? tracking(config, { database, stores }, log) : artifactsOnly(config, stores, log)
}

type Storage = { database: Database; stores: Stores }

async function tracking(config: TrackingConfig, { database, stores }: Storage, log: Log): Promise<Tracking> {
  const clientRoot = clientRootOf(config)
  await ensureDefaultExperiment(database, clientRoot.uri)
  const key = await pageTokenKey(database)
  const writes = openRunWrites(database, { clientRoot, uniqueNames: config.uniqueRunNames })
  const settling = openSettling(database, log)
  const places = openPlaces(stores, openArtifactOwners(database.reads))
  const arrivals = openArrivals({ database, places, log })
  const hashing = openHashing({ database, places, log })
  const record = { database, tokenKey: key }
  const { maxBytes } = config.artifacts
  const artifacts = {
    ...artifactHandlers({ places, record, maxBytes }),
    ...directHandlers({ places, database, key, maxBytes }),
  }
  const absent = { names: config.mode === 'full' ? [] : PROXY_ENDPOINTS, reason: startedWith('--no-serve-artifacts') }
  const sweeping = config.mode === 'full' ? openSweep(stores, log) : undefined
  return {
    handlers: {
      ...experimentHandlers(database, { root: clientRoot.uri, allowed: stores.allowed }, key),
      ...runHandlers(database, writes, key, config),
      ...metricHandlers(database, writes),
      ...loggedModelHandlers(database, clientRoot, key),
      ...registryHandlers(database, key, places),
      ...previewHandlers(places, key),
      ...artifacts,
      ...switchedOff(absent.names, absent.reason),
      ...serverHandlers(absent, stores, database),
    },
    owners: openOwners(database),
    gauges: [
      ['assay_writes_waiting', 'Writes that wait for a group commit.', () => writes.waiting],
      ['assay_database_waiting', 'Requests that wait for a database connection.', () => waiting(database), 'pool'],
    ],
    async close() {
      await Promise.all([writes.drained(), arrivals.close(), hashing.close(), sweeping?.close(), settling.close()])
      await stores.close()
    },
  }
}

/** What the stores have against what is recorded; with `keep`, what is found is recorded. Changes nothing else. */
export async function scan(
  { artifacts }: TrackingConfig,
  database: Database,
  keep: boolean,
  tell: (finding: Finding) => void,
) {
  const stores = await openStores(artifacts)
  try {
    const places = openPlaces(stores, openArtifactOwners(database.reads))
    for await (const finding of scanArtifacts({ database, stores, places, keep })) tell(finding)
  } finally {
    await stores.close()
  }
}

const waiting = (database: Database) =>
  Object.fromEntries(Object.entries(database.stats()).map(([pool, stats]) => [pool, stats.waiting]))

const PROXY_ENDPOINTS = [
  'listProxiedArtifacts',
  'downloadArtifact',
  'uploadArtifact',
  'deleteArtifact',
  'createMultipartUpload',
  'completeMultipartUpload',
  'abortMultipartUpload',
  'getPresignedArtifact',
] as const satisfies readonly EndpointName[]

const startedWith = (flag: string) => `This server was started with ${flag}: it does not serve this`

/** What a mode has not answers 501, which clients do not repeat. */
function switchedOff<N extends EndpointName>(names: readonly N[], reason: string): Pick<HandlersOf<Endpoints>, N> {
  const refuses = (): never => {
    throw new ApiError('NOT_IMPLEMENTED', reason)
  }
  const refuse = Object.assign(async () => refuses(), { refuses })
  return Object.fromEntries(names.map((name) => [name, refuse])) as unknown as Pick<HandlersOf<Endpoints>, N>
}

/** Without a database nothing belongs to anyone. */
const UNKNOWN: Owners = {
  runs: async () => new Map(),
  loggedModels: async () => new Map(),
  experimentNamed: async () => undefined,
  hasExperiment: async () => false,
  hasRegisteredModel: async () => false,
  artifact: artifactOwner,
}

function artifactsOnly(config: TrackingConfig, stores: Stores, log: Log): Tracking {
  const served: readonly EndpointName[] = [...PROXY_ENDPOINTS, 'getServer', 'getServerInfo', 'getReady']
  const absent = {
    names: (Object.keys(endpoints) as EndpointName[]).filter((name) => !served.includes(name)),
    reason: startedWith('--artifacts-only'),
  }
  const { store, maxBytes } = config.artifacts
  const places = openPlaces(stores, undefined)
  // Nobody is known here, so there is nobody to keep from the uploads of others: a key that all replicas can make will do.
  const key = createHash('sha256').update(storeUri(store)).digest()
  const proxied = {
    ...artifactHandlers({ places, maxBytes }),
    ...directHandlers({ places, database: undefined, key, maxBytes }),
  }
  const sweeping = openSweep(stores, log)
  return {
    handlers: {
      ...switchedOff(absent.names, absent.reason),
      ...Object.fromEntries(PROXY_ENDPOINTS.map((name) => [name, proxied[name]])),
      ...serverHandlers(absent, stores),
    },
    owners: UNKNOWN,
    gauges: [],
    async close() {
      await sweeping.close()
      await stores.close()
    },
  }
}
