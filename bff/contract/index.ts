import * as accessFiles from './access-files.ts'
import * as accounts from './accounts.ts'
import * as artifactRecords from './artifact-records.ts'
import * as artifacts from './artifacts.ts'
import * as audit from './audit.ts'
import type { Endpoint } from './endpoint.ts'
import * as experiments from './experiments.ts'
import * as grants from './grants.ts'
import * as links from './links.ts'
import * as loggedModels from './logged-models.ts'
import * as metrics from './metrics.ts'
import * as mlflowPermissions from './mlflow-permissions.ts'
import * as mlflowRoles from './mlflow-roles.ts'
import * as mlflowUsers from './mlflow-users.ts'
import * as modelVersions from './model-versions.ts'
import * as registeredModels from './registered-models.ts'
import * as runs from './runs.ts'
import * as server from './server.ts'
import * as session from './session.ts'
import * as tokens from './tokens.ts'

export * from './access-files.ts'
export * from './accounts.ts'
export * from './artifact-records.ts'
export * from './artifacts.ts'
export * from './audit.ts'
export * from './endpoint.ts'
export * from './errors.ts'
export * from './experiments.ts'
export * from './grants.ts'
export * from './json.ts'
export * from './links.ts'
export * from './logged-models.ts'
export * from './metrics.ts'
export * from './mlflow-permissions.ts'
export * from './mlflow-roles.ts'
export * from './mlflow-users.ts'
export * from './model-versions.ts'
export * from './oidc.ts'
export * from './registered-models.ts'
export * from './request.ts'
export * from './runs.ts'
export * from './server.ts'
export * from './session.ts'
export * from './tokens.ts'
export { codePoints, type KeyValue, keyProblem } from './wire.ts'

type Modules = typeof artifactRecords &
  typeof artifacts &
  typeof experiments &
  typeof loggedModels &
  typeof metrics &
  typeof modelVersions &
  typeof registeredModels &
  typeof runs &
  typeof server
type AuthModules = typeof accessFiles &
  typeof accounts &
  typeof audit &
  typeof grants &
  typeof links &
  typeof mlflowPermissions &
  typeof mlflowRoles &
  typeof mlflowUsers &
  typeof session &
  typeof tokens

type EndpointsOf<M> = Pick<M, { [K in keyof M]: M[K] extends Endpoint ? K : never }[keyof M]>

/** What the tracking core answers, by name: what is exported from its modules above and is an endpoint. */
export type Endpoints = EndpointsOf<Modules>
export type EndpointName = keyof Endpoints

/** What the server in front of it answers itself: who is asking, and what they may. */
export type AuthEndpoints = EndpointsOf<AuthModules>
export type AuthEndpointName = keyof AuthEndpoints

const isEndpoint = (value: unknown): value is Endpoint =>
  typeof value === 'object' && value !== null && 'permission' in value && 'path' in value

const endpointsOf = (modules: readonly object[]) =>
  Object.fromEntries(modules.flatMap((module) => Object.entries(module).filter(([, value]) => isEndpoint(value))))

export const endpoints = endpointsOf([
  artifactRecords,
  artifacts,
  experiments,
  loggedModels,
  metrics,
  modelVersions,
  registeredModels,
  runs,
  server,
]) as unknown as Endpoints

export const authEndpoints = endpointsOf([
  accessFiles,
  accounts,
  audit,
  grants,
  links,
  mlflowPermissions,
  mlflowRoles,
  mlflowUsers,
  session,
  tokens,
]) as unknown as AuthEndpoints

export const allEndpoints: Endpoints & AuthEndpoints = { ...endpoints, ...authEndpoints }
