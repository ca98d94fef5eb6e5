import * as z from 'zod'
import { administrator, endpoint, mayRead, theExperiment } from './endpoint.ts'
import { AnswerInt64, Characters, Flag, Nothing, Required } from './wire.ts'

/** One thing that is, or would be, done. `line` says it for people. */
const AccessChange = z.object({
  action: z.string(),
  line: z.string(),
  /** of the file that says so, or said so */
  path: z.string().optional(),
})

export const AccessPlan = z
  .object({
    /** SHA-256 over all files, hex */
    digest: z.string(),
    changes: z.array(AccessChange),
    /** what was given by hand and is as the files want it: from then on it is theirs. Nobody gains or loses anything by it */
    takes_over: z.array(AccessChange),
    notes: z.array(z.string()),
    /** removals that are only done with `confirm` */
    to_confirm: z.array(z.string()),
  })
  .meta({ id: 'AccessPlan' })
export type AccessPlan = z.output<typeof AccessPlan>

/** The text of each YAML file by its path. */
const Files = z.record(z.string(), Characters)
const FILES_BYTES = 32 * 1024 * 1024

export const planAccessFiles = endpoint({
  method: 'POST',
  path: '/api/assay/access/plan',
  summary: 'What applying a folder of access files would change. 400 with file:line:column of every problem.',
  permission: administrator,
  input: z.object({ files: Files }),
  output: AccessPlan,
  bodyLimit: FILES_BYTES,
})

export const applyAccessFiles = endpoint({
  method: 'POST',
  path: '/api/assay/access/apply',
  summary: 'Make it so that access is as a folder of files says. Says what was changed.',
  permission: administrator,
  input: z.object({
    files: Files,
    /** do it though much is taken away */
    confirm: Flag,
    /** the commit that the files are of, for the record */
    commit_id: z
      .string()
      .regex(/^[0-9a-f]{7,64}(-dirty)?$/, 'must be a commit id')
      .optional(),
  }),
  output: AccessPlan,
  bodyLimit: FILES_BYTES,
})

export const getAccessFilesStatus = endpoint({
  method: 'GET',
  path: '/api/assay/access/status',
  summary: 'When access files were last applied, what they are in charge of, and how the watched folder differs.',
  permission: administrator,
  input: Nothing,
  output: z.object({
    last_apply: z
      .object({
        applied_at: AnswerInt64,
        applied_by: z.string(),
        digest: z.string(),
        commit_id: z.string().optional(),
        changes: z.number(),
        /** the first thousand */
        lines: z.array(z.string()),
      })
      .optional(),
    /** absent where no folder is watched */
    watch: z
      .object({
        folder: z.string(),
        checked_at: AnswerInt64,
        digest: z.string().optional(),
        /** why it is not applied */
        error: z.string().optional(),
        /** how access differs from the folder */
        drift: z.array(z.string()),
      })
      .optional(),
    files: z.array(
      z.object({
        path: z.string(),
        experiment_id: z.string().optional(),
        experiment: z.string().optional(),
        models: z.array(z.string()),
      }),
    ),
    mails: z.object({ waiting: z.number(), failed: z.number() }),
  }),
})

export const createS3Credentials = endpoint({
  method: 'POST',
  path: '/api/assay/experiments/{experiment_id}/s3-credentials',
  summary: "Short-lived credentials for an experiment's own place in S3, for as much as the caller may do.",
  permission: mayRead(theExperiment),
  input: z.object({ experiment_id: Required }),
  output: z.object({
    bucket: z.string(),
    /** with a slash at its end; everything below it is the experiment's */
    prefix: z.string(),
    region: z.string().optional(),
    /** of a server other than AWS */
    endpoint: z.string().optional(),
    level: z.enum(['read', 'edit', 'manage']),
    access_key_id: z.string(),
    secret_access_key: z.string(),
    session_token: z.string(),
    expires_at: AnswerInt64,
  }),
})
