import type { EndpointName, Endpoints, Resource } from '#contract'
import { ApiError } from '#contract'
import { answerValue, readWhole, succeeded } from '#kit/answer-value.ts'
import type { Context, HandlersOf } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { recordAudit } from './audit/record.ts'
import { accessFileOf, forget, give, move, requireUnmanaged } from './grants/grants.ts'
import type { Freshness } from './identify/freshness.ts'
import { identityOf } from './identify/identify.ts'
import type { AuthParts } from './parts.ts'

/**
 * What is done with whatever the core does: who creates something manages it, grants follow names, and deletions are recorded.
 * Nothing is done where the answer is an error, whether it is thrown or passed on as it came.
 */
export function withHooks(
  handlers: HandlersOf<Endpoints>,
  { database, config, freshness }: AuthParts & { freshness: Freshness },
): HandlersOf<Endpoints> {
  async function given(resource: Resource, { request }: Context) {
    const { user_id, username } = identityOf(request)
    await database.transaction(async (db) => {
      // a file may have said already who manages it
      if ((await accessFileOf(db, resource)) === undefined) await give(db, { user_id }, resource, 'MANAGE', username)
    })
    freshness.expire()
  }

  const recorded =
    <N extends EndpointName>(
      name: N,
      action: `${string}.${string}`,
      of: (input: never) => [type: string, id: string],
    ) =>
    async (input: never, context: Context) => {
      const answer = await (handlers[name] as (input: never, context: Context) => Promise<unknown>)(input, context)
      if (!succeeded(answer)) return answer
      const [object_type, object_id] = of(input)
      await database.transaction((db: Db) =>
        recordAudit(db, { actor: context.principal, action, object_type, object_id }),
      )
      return answer
    }

  const hooked = {
    createExperiment: async (input, context) => {
      requireCreator(config.experimentCreation, identityOf(context.request).is_admin)
      const asked = await handlers.createExperiment(input, context)
      if (!succeeded(asked)) return asked
      const answer = await readWhole(asked)
      const { experiment_id } = await answerValue<{ experiment_id: string }>(answer)
      await given({ resource_type: 'experiment', resource_id: experiment_id }, context)
      return answer
    },

    createRegisteredModel: async (input, context) => {
      const answer = await handlers.createRegisteredModel(input, context)
      if (!succeeded(answer)) return answer
      await given({ resource_type: 'registered_model', resource_id: input.name }, context)
      return answer
    },

    renameRegisteredModel: async (input, context) => {
      const resource = { resource_type: 'registered_model', resource_id: input.name } as const
      await requireUnmanaged(database.health, resource)
      await requireUnmanaged(database.health, { ...resource, resource_id: input.new_name })
      const answer = await handlers.renameRegisteredModel(input, context)
      if (!succeeded(answer)) return answer
      await database.transaction(async (db) => {
        await forget(db, { ...resource, resource_id: input.new_name })
        await move(db, input.name, input.new_name)
        await recordAudit(db, {
          actor: context.principal,
          action: 'registered_model.rename',
          object_type: 'registered_model',
          object_id: input.name,
          details: { new_name: input.new_name },
        })
      })
      freshness.expire()
      return answer
    },

    deleteRegisteredModel: async (input, context) => {
      const answer = await handlers.deleteRegisteredModel(input, context)
      if (!succeeded(answer)) return answer
      const resource = { resource_type: 'registered_model', resource_id: input.name } as const
      await database.transaction(async (db) => {
        // what a file grants, it grants to whatever has the name
        if ((await accessFileOf(db, resource)) === undefined) await forget(db, resource)
        await recordAudit(db, {
          actor: context.principal,
          action: 'registered_model.delete',
          object_type: 'registered_model',
          object_id: input.name,
        })
      })
      return answer
    },
  } satisfies Partial<HandlersOf<Endpoints>>

  const run = ({ run_id }: { run_id: string }): [string, string] => ['run', run_id]
  const experiment = ({ experiment_id }: { experiment_id: string }): [string, string] => ['experiment', experiment_id]
  return {
    ...handlers,
    ...hooked,
    ...({
      deleteExperiment: recorded('deleteExperiment', 'experiment.delete', experiment),
      restoreExperiment: recorded('restoreExperiment', 'experiment.restore', experiment),
      deleteRun: recorded('deleteRun', 'run.delete', run),
      restoreRun: recorded('restoreRun', 'run.restore', run),
      deleteLoggedModel: recorded('deleteLoggedModel', 'logged_model.delete', ({ model_id }: { model_id: string }) => [
        'logged_model',
        model_id,
      ]),
      deleteModelVersion: recorded(
        'deleteModelVersion',
        'model_version.delete',
        ({ name, version }: { name: string; version: unknown }) => ['model_version', `${name}/${version}`],
      ),
      deleteArtifact: recorded('deleteArtifact', 'artifact.delete', ({ path }: { path: string }) => ['artifact', path]),
    } as unknown as Partial<HandlersOf<Endpoints>>),
  }
}

function requireCreator(creation: AuthParts['config']['experimentCreation'], isAdmin: boolean) {
  if (creation === 'anyone' || (creation === 'admins' && isAdmin)) return
  throw new ApiError(
    'PERMISSION_DENIED',
    creation === 'admins'
      ? 'Permission denied: only administrators create experiments here. Ask one of them.'
      : 'Permission denied: experiments are created by the access files here. Ask whoever keeps them.',
  )
}
