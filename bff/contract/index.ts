import * as artifactRecords from './artifact-records.ts'
import * as artifacts from './artifacts.ts'
import type { Endpoint } from './endpoint.ts'
import * as experiments from './experiments.ts'
import * as loggedModels from './logged-models.ts'
import * as metrics from './metrics.ts'
import * as modelVersions from './model-versions.ts'
import * as registeredModels from './registered-models.ts'
import * as runs from './runs.ts'
import * as server from './server.ts'

export * from './artifact-records.ts'
export * from './artifacts.ts'
export * from './endpoint.ts'
export * from './errors.ts'
export * from './experiments.ts'
export * from './json.ts'
export * from './logged-models.ts'
export * from './metrics.ts'
export * from './model-versions.ts'
export * from './registered-models.ts'
export * from './request.ts'
export * from './runs.ts'
export * from './server.ts'
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
type EndpointNames = { [K in keyof Modules]: Modules[K] extends Endpoint ? K : never }[keyof Modules]

/** Every endpoint by name: what is exported from the modules above and is an endpoint. */
export type Endpoints = Pick<Modules, EndpointNames>
export type EndpointName = keyof Endpoints

const isEndpoint = (value: unknown): value is Endpoint =>
  typeof value === 'object' && value !== null && 'permission' in value && 'path' in value

export const endpoints = Object.fromEntries(
  [
    artifactRecords,
    artifacts,
    experiments,
    loggedModels,
    metrics,
    modelVersions,
    registeredModels,
    runs,
    server,
  ].flatMap((module) => Object.entries(module).filter(([, value]) => isEndpoint(value))),
) as unknown as Endpoints
