import { fileURLToPath } from 'node:url'
import type { EndpointName, Endpoints } from '#contract'
import { ApiError, endpoints } from '#contract'
import type { Database, DatabaseConfig } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import type { Log } from '#kit/log.ts'
import { migrate, requireMigrated } from '#kit/migrate.ts'
import type { HandlersOf } from '#kit/route.ts'
import { artifactHandlers } from './artifacts/handlers.ts'
import type { StoreConfig } from './artifacts/open.ts'
import { openStore, storeUri } from './artifacts/open.ts'
import type { ArtifactStore } from './artifacts/store.ts'
import { ensureDefaultExperiment } from './experiments/experiments.ts'
import { experimentHandlers } from './experiments/handlers.ts'
import { metricHandlers } from './metrics/handlers.ts'
import { runHandlers } from './runs/handlers.ts'
import { findRuns } from './runs/require.ts'
import { pageTokenKey } from './search/token.ts'
import { serverHandlers } from './server.ts'
import { openRunWrites } from './writes/run-write.ts'

export type TrackingConfig = {
  /** everything; artifacts without a database; or runs whose clients go to the artifact store themselves */
  mode: 'full' | 'artifacts-only' | 'tracking-only'
  database: DatabaseConfig
  /** migrate the database at start, or refuse to start where it is behind */
  migrate: boolean
  artifacts: { store: StoreConfig; maxBytes?: number | undefined }
  truncateLongValues: boolean
}

export type Tracking = {
  handlers: HandlersOf<Endpoints>
  /** Gauges for the metrics page: name, help, reading. */
  gauges: [name: string, help: string, read: () => number | Record<string, number>, label?: string][]
  /** After this no write is under way; call it when no request can come any more. */
  close(): Promise<void>
}

export const migrations = fileURLToPath(new URL('./migrations', import.meta.url))

/** Where artifacts are in the words of the wire: through this server, or the store's own address. */
const rootUri = ({ mode, artifacts }: TrackingConfig) =>
  mode === 'tracking-only' ? storeUri(artifacts.store) : 'mlflow-artifacts:'

/** The tracking core: MLflow's semantics on a database and an artifact store. The only door to this folder. */
export async function openTracking(config: TrackingConfig, log: Log): Promise<Tracking> {
  const store = await openStore(config.artifacts.store)
  return config.mode === 'artifacts-only' ? artifactsOnly(config, store) : tracking(config, store, log)
}

async function tracking(config: TrackingConfig, store: ArtifactStore, log: Log): Promise<Tracking> {
  const database = await openDatabase(config.database, log)
  try {
    await prepare(database, config, log)
    const root = rootUri(config)
    await ensureDefaultExperiment(database, root)
    const key = await pageTokenKey(database)
    const writes = openRunWrites(database)
    const findRun = async (run_id: string) => (await findRuns(database.reads, [run_id])).get(run_id)
    const artifacts = artifactHandlers({ store, findRun, maxBytes: config.artifacts.maxBytes })
    return {
      handlers: {
        ...experimentHandlers(database, root, key),
        ...runHandlers(database, writes, key, config.truncateLongValues),
        ...metricHandlers(database, writes),
        searchLoggedModels: async () => ({ models: [] }),
        ...(config.mode === 'full'
          ? artifacts
          : { ...artifacts, ...switchedOff(PROXY_ENDPOINTS, '--no-serve-artifacts') }),
        ...serverHandlers(store, database),
      },
      gauges: [
        ['assay_writes_waiting', 'Writes that wait for a group commit.', () => writes.waiting],
        ['assay_database_waiting', 'Requests that wait for a database connection.', () => waiting(database), 'pool'],
      ],
      async close() {
        await writes.drained()
        await database.close()
        await store.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

const waiting = (database: Database) =>
  Object.fromEntries(Object.entries(database.stats()).map(([pool, stats]) => [pool, stats.waiting]))

async function prepare(database: Database, config: TrackingConfig, log: Log) {
  if (config.migrate) await migrate(database, migrations, log)
  else await requireMigrated(database, migrations)
}

const PROXY_ENDPOINTS = [
  'listProxiedArtifacts',
  'downloadArtifact',
  'uploadArtifact',
  'deleteArtifact',
  'createMultipartUpload',
  'completeMultipartUpload',
  'abortMultipartUpload',
] as const satisfies readonly EndpointName[]

/** What a mode has not answers 501, which clients do not repeat. */
function switchedOff<N extends EndpointName>(names: readonly N[], flag: string): Pick<HandlersOf<Endpoints>, N> {
  const refuse = async () => {
    throw new ApiError('NOT_IMPLEMENTED', `This server was started with ${flag}: it does not serve this`)
  }
  return Object.fromEntries(names.map((name) => [name, refuse])) as unknown as Pick<HandlersOf<Endpoints>, N>
}

function artifactsOnly(config: TrackingConfig, store: ArtifactStore): Tracking {
  const names = Object.keys(endpoints) as EndpointName[]
  const proxied = artifactHandlers({ store, maxBytes: config.artifacts.maxBytes })
  return {
    handlers: {
      ...switchedOff(names, '--artifacts-only'),
      ...Object.fromEntries(PROXY_ENDPOINTS.map((name) => [name, proxied[name]])),
      ...serverHandlers(store),
    },
    gauges: [],
    close: () => store.close(),
  }
}
