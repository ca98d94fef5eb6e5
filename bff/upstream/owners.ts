import type { IncomingMessage } from 'node:http'
import type { Endpoint, Endpoints } from '#contract'
import { ApiError, endpoints } from '#contract'
import { answerValue } from '#kit/answer-value.ts'
import type { Context, HandlersOf } from '#kit/route.ts'
import { EVERYTHING } from '#kit/scope.ts'
import type { Owners } from '../tracking/index.ts'
import { artifactOwner } from '../tracking/index.ts'

/** Nobody's request: the server asks for itself, to decide who may. */
const ITSELF: Context = { principal: '', scope: EVERYTHING, request: { headers: {} } as IncomingMessage }

type Info = { experiment_id: string | number }

/** The same questions to a server elsewhere: by the endpoints that it has. */
export function askForOwners(handlers: HandlersOf<Endpoints>): Owners {
  async function ask<
    N extends 'getRun' | 'getLoggedModel' | 'getExperiment' | 'getExperimentByName' | 'getRegisteredModel',
  >(name: N, input: unknown): Promise<unknown> {
    const endpoint: Endpoint = endpoints[name]
    const handle = handlers[name] as unknown as (input: unknown, context: Context) => Promise<unknown>
    try {
      return await answerValue(await handle(endpoint.input.parse(input), ITSELF))
    } catch (error) {
      // an id that cannot be one is no thing's
      if (error instanceof ApiError && ['RESOURCE_DOES_NOT_EXIST', 'INVALID_PARAMETER_VALUE'].includes(error.code))
        return undefined
      throw error
    }
  }

  const each = async (ids: readonly string[], find: (id: string) => Promise<Info | undefined>) => {
    const found = await Promise.all(ids.map(async (id) => [id, await find(id)] as const))
    return new Map(found.flatMap(([id, info]) => (info ? [[id, String(info.experiment_id)] as const] : [])))
  }

  return {
    runs: (ids) =>
      each(ids, async (run_id) => ((await ask('getRun', { run_id })) as { run: { info: Info } } | undefined)?.run.info),
    loggedModels: (ids) =>
      each(
        ids,
        async (model_id) =>
          ((await ask('getLoggedModel', { model_id })) as { model: { info: Info } } | undefined)?.model.info,
      ),
    experimentNamed: async (experiment_name) => {
      const found = (await ask('getExperimentByName', { experiment_name })) as { experiment: Info } | undefined
      return found && String(found.experiment.experiment_id)
    },
    hasExperiment: async (experiment_id) => (await ask('getExperiment', { experiment_id })) !== undefined,
    hasRegisteredModel: async (name) => (await ask('getRegisteredModel', { name })) !== undefined,
    artifact: artifactOwner,
  }
}
