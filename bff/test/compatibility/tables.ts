import { artifacts } from './artifacts.rows.ts'
import { bodies } from './bodies.rows.ts'
import { clients } from './clients.rows.ts'
import { direct } from './direct.rows.ts'
import { experiments } from './experiments.rows.ts'
import { datasets, inputs } from './inputs.rows.ts'
import { batches } from './log-batch.rows.ts'
import { loggedModelSearches } from './logged-model-search.rows.ts'
import { loggedModels } from './logged-models.rows.ts'
import { metrics } from './metrics.rows.ts'
import { modelSources } from './model-sources.rows.ts'
import { modelVersions } from './model-versions.rows.ts'
import { names } from './names.rows.ts'
import { numbers } from './numbers.rows.ts'
import { outputs } from './outputs.rows.ts'
import { paths } from './paths.rows.ts'
import { registeredModels } from './registered-models.rows.ts'
import type { Table } from './row.ts'
import { runs } from './runs.rows.ts'
import { searches } from './search.rows.ts'

export const tables: readonly Table[] = [
  paths,
  bodies,
  numbers,
  names,
  experiments,
  runs,
  batches,
  inputs,
  datasets,
  outputs,
  loggedModels,
  loggedModelSearches,
  metrics,
  searches,
  clients,
  artifacts,
  direct,
  registeredModels,
  modelVersions,
  modelSources,
]
