import type { EndpointName, Endpoints, Int64 } from '#contract'
import type { Database } from '#kit/db.ts'
import type { Context, HandlersOf } from '#kit/route.ts'
import { recordAudit } from './record.ts'

type Read = { object_type: string; object_id: string; path: string | undefined }

const ofRun = (input: { run_id: string; path?: string | undefined }): Read => ({
  object_type: 'run',
  object_id: input.run_id,
  path: input.path,
})
const ofModel = (input: { model_id: string; path?: string | undefined }): Read => ({
  object_type: 'logged_model',
  object_id: input.model_id,
  path: input.path,
})
const ofArtifact = ({ path }: { path: string }): Read => ({ object_type: 'artifact', object_id: path, path: undefined })

/** All that gives the bytes of an artifact, or an address that does. What opens such an address may be anybody. */
export const READS = {
  getArtifact: ofRun,
  getModelArtifact: ({ model_id, artifact_file_path }: { model_id: string; artifact_file_path: string }) =>
    ofModel({ model_id, path: artifact_file_path }),
  zipRunArtifacts: ofRun,
  zipModelArtifacts: ofModel,
  createRunPreviewTicket: ofRun,
  createModelPreviewTicket: ofModel,
  getModelVersionArtifact: ({ name, version, path }: { name: string; version: Int64; path: string }) => ({
    object_type: 'model_version',
    object_id: `${name}/${version}`,
    path,
  }),
  downloadArtifact: ofArtifact,
  getPresignedArtifact: ofArtifact,
  createPresignedDownloadUrl: ofRun,
} as const satisfies Partial<Record<EndpointName, (input: never) => Read>>

/** `--audit-reads`: a download is recorded before it begins, and refused where it cannot be. */
export function withRecordedReads(handlers: HandlersOf<Endpoints>, database: Database): HandlersOf<Endpoints> {
  const recorded = Object.entries(READS).map(([name, of]) => {
    const handle = handlers[name as EndpointName] as unknown as (input: never, context: Context) => Promise<unknown>
    return [
      name,
      async (input: never, context: Context) => {
        const { object_type, object_id, path } = (of as (input: never) => Read)(input)
        if (context.request.method !== 'HEAD')
          await recordAudit(database, {
            actor: context.principal,
            action: 'artifact.read',
            object_type,
            object_id,
            details: { by: name, ...(path !== undefined && { path }) },
          })
        return handle(input, context)
      },
    ]
  })
  return { ...handlers, ...Object.fromEntries(recorded) }
}
