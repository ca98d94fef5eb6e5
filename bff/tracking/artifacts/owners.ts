import type { Int64 } from '#contract'
import { int64 } from '#contract'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'

/** What the database knows of a run, as far as its artifacts go. `artifact_location` is its experiment's. */
export type ArtifactRun = {
  experiment_id: Int64
  artifact_uri: string
  lifecycle_stage: string
  artifact_location: string
}

/** The same of a logged model. */
export type ArtifactModel = ArtifactRun

/** Whose artifacts there are, and where. */
export type Owners = {
  run(runId: string): Promise<ArtifactRun | undefined>
  model(modelId: string): Promise<ArtifactModel | undefined>
  /** The location of an experiment, if `id` is the number of one. */
  experiment(id: string): Promise<string | undefined>
}

export const openOwners = (db: Db): Owners => ({
  run: (runId) =>
    row<ArtifactRun>(
      db,
      sql`select r.experiment_id, r.artifact_uri, r.lifecycle_stage, e.artifact_location
          from runs r join experiments e using (experiment_id) where r.run_id = ${runId}`,
    ),
  model: (modelId) =>
    row<ArtifactModel>(
      db,
      sql`select m.experiment_id, m.artifact_uri, m.lifecycle_stage, e.artifact_location
          from logged_models m join experiments e using (experiment_id) where m.model_id = ${modelId}`,
    ),
  experiment: async (id) => {
    if (!EXPERIMENT_NO.test(id)) return undefined
    const found = await row<{ artifact_location: string }>(
      db,
      sql`select artifact_location from experiments where experiment_id = ${int64(id)}`,
    )
    return found?.artifact_location
  },
})

const EXPERIMENT_NO = /^(0|[1-9]\d{0,17})$/
