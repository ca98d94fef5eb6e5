import type { EndpointName, Endpoints } from '#contract'
import { ApiError, endpoints, routeOf } from '#contract'
import type { Database } from '#kit/db.ts'
import type { HandlersOf } from '#kit/route.ts'
import type { ArtifactStore } from './artifacts/store.ts'

/** What this server can do, and whether it can do it now. `absent` is what its mode has not. */
export const serverHandlers = (
  absent: readonly EndpointName[],
  store: ArtifactStore,
  database?: Database,
): Pick<HandlersOf<Endpoints>, 'getServerInfo' | 'getReady' | 'getServer'> => ({
  getServer: async () => ({ absent: absent.map((name) => routeOf(endpoints[name])) }),

  getServerInfo: async () => ({
    store_type: 'SqlStore',
    workspaces_enabled: false,
    trace_archival_enabled: false,
    multipart_uploads_enabled: false,
    multipart_downloads_enabled: false,
    presigned_upload_run_id_supported: false,
    presigned_upload_model_id_supported: false,
    features_enabled: { gateway: false },
  }),

  async getReady() {
    const [artifacts, rows] = await Promise.all([works(store.ready()), database ? works(database.ping()) : 'not used'])
    if (artifacts !== 'ok' || rows === 'failed')
      throw new ApiError('TEMPORARILY_UNAVAILABLE', 'The server cannot work now', {
        details: { database: rows, artifacts },
      })
    return { ready: true, database: rows, artifacts }
  },
})

const works = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'ok' as const,
    () => 'failed' as const,
  )
