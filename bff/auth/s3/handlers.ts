import type { AuthEndpoints } from '#contract'
import { ApiError } from '#contract'
import type { Database } from '#kit/db.ts'
import type { HandlersOf } from '#kit/route.ts'
import { JsonAnswer } from '#kit/route.ts'
import { recordAudit } from '../audit/record.ts'
import type { Experiments } from '../files/experiments.ts'
import { withSlash } from '../files/read.ts'
import type { StateExperiment } from '../files/state.ts'
import { allows, permissionsOn } from '../grants/decide.ts'
import { identityOf } from '../identify/identify.ts'
import type { Identity } from '../identity.ts'
import type { S3Config } from './places.ts'
import { placeOf } from './places.ts'
import type { S3Level } from './policy.ts'
import { S3_LEVELS } from './policy.ts'

type Parts = { database: Database; experiments: Experiments; config: S3Config }

export const s3Handlers = ({
  database,
  experiments,
  config,
}: Parts): Pick<HandlersOf<AuthEndpoints>, 'createS3Credentials'> => ({
  async createS3Credentials({ experiment_id }, { request, principal }) {
    const experiment = await experiments.get(experiment_id)
    const place = placeOf(config, experiment.artifact_location)
    requireOwn(experiment, await experiments.all())
    const level = levelOf(identityOf(request), experiment_id)
    const { assumeFor } = await import('./credentials.ts')
    const credentials = await assumeFor(config, place, level, principal)
    await database.transaction((db) =>
      recordAudit(db, {
        actor: principal,
        action: 's3.credentials',
        object_type: 'experiment',
        object_id: experiment_id,
        details: { level, bucket: place.bucket, prefix: place.prefix, expires_at: credentials.expires_at },
      }),
    )
    const { region, endpoint, publicEndpoint = endpoint } = place.store
    const answer = {
      bucket: place.bucket,
      prefix: place.prefix,
      ...(region !== undefined && { region }),
      ...(publicEndpoint !== undefined && { endpoint: publicEndpoint }),
      level,
      ...credentials,
    }
    return new JsonAnswer(answer, { 'Cache-Control': 'no-store' })
  },
})

/** The most that the caller may do, and that the token allows by which they came. */
function levelOf({ is_admin, access, scopes }: Identity, experiment_id: string): S3Level {
  if (scopes !== 'all' && !scopes.includes('admin') && !scopes.includes('write') && !scopes.includes('registry'))
    return 'read'
  if (is_admin) return 'manage'
  const permissions = permissionsOn(access, { resource_type: 'experiment', resource_id: experiment_id })
  return S3_LEVELS.findLast((level) => allows(permissions, level)) ?? 'read'
}

/** Whoever goes to a bucket by themselves sees all that is below a prefix, whichever experiment's it is. */
function requireOwn({ experiment_id, artifact_location }: StateExperiment, all: readonly StateExperiment[]) {
  const place = withSlash(artifact_location)
  const other = all.find((each) => {
    const taken = withSlash(each.artifact_location)
    return each.experiment_id !== experiment_id && (taken.startsWith(place) || place.startsWith(taken))
  })
  if (other)
    throw new ApiError(
      'RESOURCE_CONFLICT',
      'Its artifacts share a place with those of another experiment, so that direct access would show both: use them through the server.',
    )
}
