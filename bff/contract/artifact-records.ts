import * as z from 'zod'
import { endpoint, mayRead, theModel, theRun } from './endpoint.ts'
import { AnswerInt64, pageSize, Required, Text } from './wire.ts'

/** A file as it was stored once. */
export const ArtifactRecord = z
  .object({
    /** relative to the run or model */
    path: z.string(),
    size: AnswerInt64,
    /** hex; null until a file that did not pass through the server has been read */
    sha256: z.string().nullable(),
    media_type: z.string(),
    etag: z.string(),
    /** empty without sign-in; `scan` where the file was found in the store */
    stored_by: z.string(),
    stored_time: AnswerInt64,
    /** when it was replaced or deleted; null while it is there */
    ended_time: AnswerInt64.nullable(),
    ended_by: z.string().nullable(),
  })
  .meta({ id: 'ArtifactRecord' })
export type ArtifactRecord = z.output<typeof ArtifactRecord>

const asked = {
  /** one file, or a folder with all that is in it */
  path: Text,
  /** `current`: what is there; `all`: what was replaced or deleted as well, each path from its first record on */
  which: z.enum(['current', 'all']).default('current'),
  max_results: pageSize(1_000, 10_000),
  page_token: Text,
}
const found = z.object({ records: z.array(ArtifactRecord), next_page_token: z.string().optional() })

export const listRunArtifactRecords = endpoint({
  method: 'GET',
  path: '/api/assay/runs/{run_id}/artifacts/records',
  summary: "What is recorded of a run's artifacts: size, SHA-256, type, who stored them and when. By path.",
  permission: mayRead(theRun),
  input: z.object({ run_id: Required, ...asked }),
  output: found,
})

export const listModelArtifactRecords = endpoint({
  method: 'GET',
  path: '/api/assay/logged-models/{model_id}/artifacts/records',
  summary: "What is recorded of a logged model's artifacts.",
  permission: mayRead(theModel),
  input: z.object({ model_id: Required, ...asked }),
  output: found,
})
