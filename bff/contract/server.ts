import * as z from 'zod'
import { endpoint, everyone } from './endpoint.ts'
import { Nothing } from './wire.ts'

export const getServerInfo = endpoint({
  method: 'GET',
  path: '/api/3.0/mlflow/server-info',
  summary: 'What this server can do, as clients since 3.17 ask before a download.',
  permission: everyone,
  input: z.object({}),
  output: z.object({
    store_type: z.string(),
    workspaces_enabled: z.boolean(),
    trace_archival_enabled: z.boolean(),
    multipart_uploads_enabled: z.boolean(),
    multipart_downloads_enabled: z.boolean(),
    presigned_upload_run_id_supported: z.boolean(),
    presigned_upload_model_id_supported: z.boolean(),
    features_enabled: z.object({ gateway: z.boolean() }),
  }),
})

export const getReady = endpoint({
  method: 'GET',
  path: '/ready',
  summary: 'Whether the database and the artifact store can be reached.',
  permission: everyone,
  input: Nothing,
  output: z.object({ ready: z.boolean(), database: z.string(), artifacts: z.string() }),
})

export const getServer = endpoint({
  method: 'GET',
  path: '/api/assay/server',
  summary: 'Which endpoints of this description are not there, in this mode or on the server behind this one.',
  permission: everyone,
  input: Nothing,
  output: z.object({
    /** `GET /ready`, with paths as they are described; asked all the same, they answer 501 */
    absent: z.array(z.string()),
    /** what they answer */
    absent_reason: z.string().optional(),
    /** of the MLflow server that answers, where it is one */
    mlflow_version: z.string().optional(),
  }),
})
