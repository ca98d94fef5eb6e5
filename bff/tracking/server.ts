import type { EndpointName, Endpoints } from '#contract'
import { ApiError, endpoints, routeOf } from '#contract'
import type { Database } from '#kit/db.ts'
import type { HandlersOf } from '#kit/route.ts'
import type { Stores } from './artifacts/stores.ts'

/** What this server's mode has not, and why. */
export type Absent = { names: readonly EndpointName[]; reason: string }

/** What this server can do, and whether it can do it now. */
export const serverHandlers = (
  { names: absent, reason }: Absent,
  { main, direct }: Stores,
  database?: Database,
): Pick<HandlersOf<Endpoints>, 'getServerInfo' | 'getReady' | 'getServer'> => ({
  getServer: async () => ({
    absent: absent.map((name) => routeOf(endpoints[name])),
    ...(absent.length > 0 ? { absent_reason: reason } : {}),
  }),

  getServerInfo: async () => ({
    store_type: 'SqlStore',
    workspaces_enabled: false,
    trace_archival_enabled: false,
    multipart_uploads_enabled: !absent.includes('createMultipartUpload') && direct.main,
    // clients do not forgive it when this turns out otherwise for some run
    multipart_downloads_enabled: !absent.includes('getPresignedArtifact') && direct.all,
    presigned_upload_run_id_supported: !absent.includes('createPresignedUploadUrl') && direct.main,
    presigned_upload_model_id_supported: !absent.includes('createPresignedUploadUrl') && direct.main,
    features_enabled: { gateway: false },
  }),

  async getReady() {
    const [artifacts, rows] = await Promise.all([works(main.ready()), database ? works(database.ping()) : 'not used'])
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
