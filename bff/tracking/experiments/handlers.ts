import type { Endpoints } from '#contract'
import type { Database } from '#kit/db.ts'
import type { HandlersOf } from '#kit/route.ts'
import { keyOfCaller } from '../search/token.ts'
import * as experiments from './experiments.ts'
import * as search from './search.ts'

type Handlers = Pick<
  HandlersOf<Endpoints>,
  {
    [N in keyof Endpoints]: N extends `${string}Experiment${string}` ? N : never
  }[keyof Endpoints]
>

export const experimentHandlers = (
  database: Database,
  locations: experiments.Locations,
  tokenKey: Buffer,
): Handlers => ({
  createExperiment: (input) => database.transaction((db) => experiments.createExperiment(db, input, locations)),
  getExperiment: (input) => experiments.getExperiment(database.reads, input),
  getExperimentByName: (input) => experiments.getExperimentByName(database.reads, input),
  searchExperiments: (input, { scope, principal }) =>
    search.searchExperiments(database.reads, input, scope, keyOfCaller(tokenKey, principal)),
  countExperiments: (input, { scope }) => search.countExperiments(database.reads, input, scope),
  summariseExperiments: (input, { scope }) => experiments.summariseExperiments(database.reads, input, scope),
  updateExperiment: (input) => database.transaction((db) => experiments.updateExperiment(db, input)),
  deleteExperiment: (input) => database.transaction((db) => experiments.deleteExperiment(db, input)),
  restoreExperiment: (input) => database.transaction((db) => experiments.restoreExperiment(db, input)),
  setExperimentTag: (input) => database.transaction((db) => experiments.setExperimentTag(db, input)),
  deleteExperimentTag: (input) => database.transaction((db) => experiments.deleteExperimentTag(db, input)),
})
