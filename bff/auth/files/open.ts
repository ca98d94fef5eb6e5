import type { AccessPlan, Endpoints } from '#contract'
import { absent } from '#contract'
import type { Database } from '#kit/db.ts'
import type { HandlersOf } from '#kit/route.ts'
import type { S3Config } from '../s3/places.ts'
import type { ExperimentPolicies } from '../s3/policies.ts'
import { policiesOf } from '../s3/policies.ts'
import type { ApplyOptions } from './apply.ts'
import { applyFiles, planFiles } from './apply.ts'
import { openExperiments } from './experiments.ts'
import type { Exported } from './export.ts'
import { exportFiles } from './export.ts'
import type { Texts } from './folder.ts'
import { asAnswer } from './handlers.ts'
import type { ReadRules } from './read.ts'
import { readState } from './state.ts'

/** Access as code, for whoever has the database at hand. */
export type AccessFiles = {
  plan(texts: Texts): Promise<AccessPlan>
  apply(texts: Texts, options: ApplyOptions): Promise<AccessPlan>
  export(): Promise<Exported>
  /** of all experiments that are in S3, or of one. Throws RESOURCE_DOES_NOT_EXIST. */
  policies(config: S3Config, experiment: string | undefined): Promise<ExperimentPolicies[]>
}

/** `tracking` are the core's own handlers, wherever it is. */
export function openAccessFiles(parts: {
  database: Database
  tracking: HandlersOf<Endpoints>
  rules: ReadRules
}): AccessFiles {
  const { database, tracking, rules } = parts
  const experiments = openExperiments(tracking)
  const files = { database, experiments, rules }
  const state = async () => {
    const all = await experiments.all()
    return database.reads.transaction((db) => readState(db, all), { snapshot: true })
  }
  return {
    plan: async (texts) => asAnswer(await planFiles(files, texts)),
    apply: async (texts, options) => asAnswer(await applyFiles(files, texts, options)),
    export: async () => exportFiles(await state()),
    async policies(config, name) {
      const found = policiesOf(config, await state(), name)
      if (name !== undefined && found.length === 0)
        throw absent(`There is no experiment '${name}' whose artifacts are in an S3 store of this server`)
      return found
    },
  }
}
