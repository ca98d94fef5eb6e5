import { ApiError } from '#contract'
import { openHolders } from '../files/holders.ts'
import type { State, StateExperiment } from '../files/state.ts'
import { permissionsByPerson } from '../files/told.ts'
import { allows } from '../grants/decide.ts'
import type { S3Config } from './places.ts'
import { placeOf } from './places.ts'
import type { S3Level } from './policy.ts'
import { policyFor, S3_LEVELS } from './policy.ts'

/** For tools that manage roles themselves: who holds which level, and the policy document of each. */
export type ExperimentPolicies = {
  experiment_id: string
  experiment: string
  bucket: string
  prefix: string
  holders: Record<S3Level, string[]>
  policies: Record<S3Level, ReturnType<typeof policyFor>>
}

/** Of all experiments in S3, or of the one that has this name or id. What is elsewhere is left out. */
export function policiesOf(config: S3Config, state: State, named: string | undefined): ExperimentPolicies[] {
  const holders = openHolders(state, { digest: '', files: [], groups: [] })
  const wanted = state.experiments.filter(
    ({ name, experiment_id }) => named === undefined || name === named || experiment_id === named,
  )
  return wanted.flatMap((experiment) => {
    const place = placeIfAny(config, experiment)
    if (!place) return []
    const { experiment_id, name } = experiment
    const held = state.grants
      .filter((grant) => grant.resource_type === 'experiment' && grant.resource_id === experiment_id)
      .map((grant) => ({ holder: holders.labelOfGrant(grant), permission: grant.permission }))
    const levels = [...permissionsByPerson(held, holders.before)].map(([person, permissions]) => ({
      person,
      level: S3_LEVELS.findLast((level) => allows(permissions, level)),
    }))
    const forEach = <T>(make: (level: S3Level) => T) => ({
      read: make('read'),
      edit: make('edit'),
      manage: make('manage'),
    })
    return [
      {
        experiment_id,
        experiment: name,
        bucket: place.bucket,
        prefix: place.prefix,
        holders: forEach((level) => levels.filter((held) => held.level === level).map(({ person }) => person)),
        policies: forEach((level) => policyFor(place, level)),
      },
    ]
  })
}

function placeIfAny(config: S3Config, { artifact_location }: StateExperiment) {
  try {
    return placeOf(config, artifact_location)
  } catch (error) {
    if (error instanceof ApiError) return undefined
    throw error
  }
}
