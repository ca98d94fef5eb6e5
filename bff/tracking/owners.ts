import { int64, isExperimentId } from '#contract'
import type { Database } from '#kit/db.ts'
import type { Sql } from '#kit/sql.ts'
import { named, row, rows, sql } from '#kit/sql.ts'
import { proxyAddress } from './artifacts/address.ts'

/** Whose a path of the artifact proxy is; `other` is nobody's. */
export type ArtifactOwner = { kind: 'run' | 'model'; id: string; experimentId: string } | { kind: 'other' }

/**
 * To which experiment things belong, for whoever decides who may use them. What does not exist is absent from an answer.
 */
export type Owners = {
  runs(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  loggedModels(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  experimentNamed(name: string): Promise<string | undefined>
  hasExperiment(id: string): Promise<boolean>
  hasRegisteredModel(name: string): Promise<boolean>
  /** Throws INVALID_PARAMETER_VALUE for what is no path. */
  artifact(path: string): ArtifactOwner
}

export function openOwners({ reads }: Database): Owners {
  const experiments = async (statement: Sql) => {
    const found = await rows<{ id: string; experiment_id: unknown }>(reads, statement)
    return new Map(found.map(({ id, experiment_id }) => [id, String(experiment_id)]))
  }
  return {
    runs: (ids) =>
      experiments(
        named('owners_of_runs', sql`select run_id as id, experiment_id from runs where run_id = any (${ids}::text[])`),
      ),
    loggedModels: (ids) =>
      experiments(sql`select model_id as id, experiment_id from logged_models where model_id = any (${ids}::text[])`),
    experimentNamed: async (name) => {
      const found = await row<{ experiment_id: unknown }>(
        reads,
        sql`select experiment_id from experiments where name = ${name}`,
      )
      return found && String(found.experiment_id)
    },
    hasExperiment: async (id) =>
      isExperimentId(id) &&
      (await row(reads, sql`select 1 from experiments where experiment_id = ${int64(id)}`)) !== undefined,
    hasRegisteredModel: async (name) =>
      (await row(reads, sql`select 1 from registered_models where name = ${name}`)) !== undefined,
    artifact: artifactOwner,
  }
}

export function artifactOwner(path: string): ArtifactOwner {
  const address = proxyAddress(path)
  if (address.kind === 'other') return { kind: 'other' }
  const { experimentId } = address
  return address.kind === 'run'
    ? { kind: 'run', id: address.runId, experimentId }
    : { kind: 'model', id: address.modelId, experimentId }
}
