import type { Endpoints } from '#contract'
import type { Database } from '#kit/db.ts'
import type { HandlersOf } from '#kit/route.ts'
import type { ClientRoot } from '../artifacts/client-root.ts'
import { keyOfCaller } from '../search/token.ts'
import { createLoggedModel } from './create.ts'
import { logLoggedModelParams } from './params.ts'
import { getLoggedModel } from './read.ts'
import { searchLoggedModels } from './search.ts'
import { deleteLoggedModelTag, setLoggedModelTags } from './tags.ts'
import { deleteLoggedModel, finalizeLoggedModel } from './update.ts'

type Handlers = Pick<
  HandlersOf<Endpoints>,
  | 'createLoggedModel'
  | 'getLoggedModel'
  | 'finalizeLoggedModel'
  | 'deleteLoggedModel'
  | 'setLoggedModelTags'
  | 'deleteLoggedModelTag'
  | 'logLoggedModelParams'
  | 'searchLoggedModels'
>

export const loggedModelHandlers = (database: Database, clientRoot: ClientRoot, tokenKey: Buffer): Handlers => ({
  createLoggedModel: (input) => database.transaction((db) => createLoggedModel(db, input, clientRoot)),
  getLoggedModel: (input) => getLoggedModel(database.reads, input),
  finalizeLoggedModel: (input) => database.transaction((db) => finalizeLoggedModel(db, input)),
  deleteLoggedModel: (input) => database.transaction((db) => deleteLoggedModel(db, input)),
  setLoggedModelTags: (input) => database.transaction((db) => setLoggedModelTags(db, input)),
  deleteLoggedModelTag: (input) => database.transaction((db) => deleteLoggedModelTag(db, input)),
  logLoggedModelParams: (input) => database.transaction((db) => logLoggedModelParams(db, input)),
  searchLoggedModels: (input, { scope, principal }) =>
    searchLoggedModels(database.reads, input, scope, keyOfCaller(tokenKey, principal)),
})
