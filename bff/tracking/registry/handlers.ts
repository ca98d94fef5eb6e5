import type { Endpoints } from '#contract'
import type { Database } from '#kit/db.ts'
import type { HandlersOf } from '#kit/route.ts'
import { download } from '../artifacts/handlers.ts'
import type { Places } from '../artifacts/places.ts'
import { keyOfCaller } from '../search/token.ts'
import * as aliases from './aliases.ts'
import * as models from './models.ts'
import { placeOfVersion } from './place.ts'
import * as search from './search.ts'
import * as versions from './versions.ts'

type Handlers = Pick<
  HandlersOf<Endpoints>,
  | {
      [N in keyof Endpoints]: N extends `${string}RegisteredModel${string}` | `${string}ModelVersion${string}`
        ? N
        : never
    }[keyof Endpoints]
  | 'getLatestVersions'
>

export const registryHandlers = (database: Database, tokenKey: Buffer, places: Places): Handlers => ({
  createRegisteredModel: (input) => database.transaction((db) => models.createRegisteredModel(db, input)),
  getRegisteredModel: (input) => models.getRegisteredModel(database.reads, input),
  searchRegisteredModels: (input, { scope, principal }) =>
    search.searchRegisteredModels(database.reads, { ...input, scope, key: keyOfCaller(tokenKey, principal) }),
  renameRegisteredModel: (input) => database.transaction((db) => models.renameRegisteredModel(db, input)),
  updateRegisteredModel: (input) => database.transaction((db) => models.updateRegisteredModel(db, input)),
  deleteRegisteredModel: (input) => models.deleteRegisteredModel(database, input),
  getLatestVersions: (input) => models.getLatestVersions(database.reads, input),
  setRegisteredModelTag: (input) => database.transaction((db) => models.setRegisteredModelTag(db, input)),
  deleteRegisteredModelTag: (input) => database.transaction((db) => models.deleteRegisteredModelTag(db, input)),

  setRegisteredModelAlias: (input) => aliases.setRegisteredModelAlias(database, input),
  deleteRegisteredModelAlias: (input) => aliases.deleteRegisteredModelAlias(database, input),
  getModelVersionByAlias: (input) => aliases.getModelVersionByAlias(database.reads, input),

  createModelVersion: (input, { scope }) => database.transaction((db) => versions.createModelVersion(db, input, scope)),
  getModelVersion: (input) => versions.getModelVersion(database.reads, input),
  searchModelVersions: (input, { scope, principal }) =>
    search.searchModelVersions(database.reads, { ...input, scope, key: keyOfCaller(tokenKey, principal) }),
  updateModelVersion: (input) => database.transaction((db) => versions.updateModelVersion(db, input)),
  transitionModelVersionStage: (input) => versions.transitionModelVersionStage(database, input),
  deleteModelVersion: (input) => versions.deleteModelVersion(database, input),
  getModelVersionArtifact: async (input, { request }) =>
    download(await placeOfVersion(database.reads, places, input), request),
  getModelVersionDownloadUri: (input) => versions.getModelVersionDownloadUri(database.reads, input),
  setModelVersionTag: (input) => database.transaction((db) => versions.setModelVersionTag(db, input)),
  deleteModelVersionTag: (input) => database.transaction((db) => versions.deleteModelVersionTag(db, input)),
})
