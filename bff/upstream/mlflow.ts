import { text } from 'node:stream/consumers'
import type { Endpoint, EndpointName, Endpoints } from '#contract'
import { ApiError, endpoints, requestOf, routeOf } from '#contract'
import type { Context, HandlersOf } from '#kit/route.ts'
import { RawJson } from '#kit/route.ts'
import { passJson, readJson, refusal } from './answers.ts'
import type { Ask } from './ask.ts'
import { ITSELF } from './ask.ts'
import { askForOwners } from './owners.ts'
import { searchWithin } from './scoped-search.ts'
import { openSources } from './sources.ts'

const OF_MLFLOW = /^\/(api\/[23]\.0\/mlflow(-artifacts)?|model-versions)\/|^\/get-artifact$/
const isOfMlflow = ({ path }: Endpoint) => OF_MLFLOW.test(path)

const all = Object.entries(endpoints) as [EndpointName, Endpoint][]
/** What is answered here, whatever server is behind. */
const OWN = ['getServer', 'getServerInfo', 'getReady'] as const satisfies EndpointName[]
const absent = all.filter(([name, endpoint]) => !isOfMlflow(endpoint) && !OWN.some((own) => own === name))
const has = (path: string) => all.some(([, endpoint]) => endpoint.path.startsWith(path))

type Handler = (input: object, context: Context) => Promise<unknown>

/**
 * What of the contract an MLflow server has not, is not offered; its searches, and the sources that it reads, are held to the
 * caller's scope here, since it knows none.
 */
export function adaptToMlflow(handlers: HandlersOf<Endpoints>, ask: Ask): HandlersOf<Endpoints> {
  const scoped = all.filter(([, endpoint]) => isOfMlflow(endpoint) && endpoint.permission.ask === 'scoped')
  const searches = scoped.map(([name, endpoint]) => [name, search(endpoint, handlers[name] as unknown as Handler, ask)])
  return {
    ...handlers,
    ...Object.fromEntries(absent.map(([name]) => [name, notThere])),
    ...Object.fromEntries(searches),
    ...fromSources(handlers),
    ...ofThisServer(ask),
  }
}

const refuses = (): never => {
  throw new ApiError('NOT_IMPLEMENTED', 'The MLflow server behind this one does not have this')
}
const notThere = Object.assign(async () => refuses(), { refuses })

const search =
  (endpoint: Endpoint, unlimited: Handler, ask: Ask): Handler =>
  async (input, context) => {
    const { experiments, registeredModels } = context.scope
    if (experiments === 'all' && registeredModels === 'all') return unlimited(input, context)
    const answer = (asked: object) => ask(requestOf(endpoint, asked), context)
    return searchWithin(context.scope, { ...input }, async (asked) => readJson(await answer(asked)))
  }

function fromSources(
  handlers: HandlersOf<Endpoints>,
): Pick<HandlersOf<Endpoints>, 'createModelVersion' | 'createLoggedModel'> {
  const sources = openSources(askForOwners(handlers))
  return {
    async createModelVersion(input, context) {
      await sources.version(input, context.scope)
      return handlers.createModelVersion(input, context)
    },
    async createLoggedModel(input, context) {
      await sources.loggedModel(input, context.scope)
      return handlers.createLoggedModel(input, context)
    },
  }
}

function ofThisServer(ask: Ask): Pick<HandlersOf<Endpoints>, (typeof OWN)[number]> {
  return {
    getServer: async () => ({
      absent: absent.map(([, endpoint]) => routeOf(endpoint)),
      mlflow_version: await versionOfMlflow(ask),
    }),

    async getServerInfo(_input, context) {
      const answer = await ask(requestOf(endpoints.getServerInfo, {}), context)
      // before MLflow 3.10 there was no such question, and clients take that for "nothing"
      if (answer.status === 404) return passJson(answer)
      // what is not relayed is not offered
      const off = {
        workspaces_enabled: false,
        trace_archival_enabled: false,
        features_enabled: { gateway: false },
        ...(has('/api/2.0/mlflow-artifacts/presigned/') ? {} : { multipart_downloads_enabled: false }),
        ...(has('/api/2.0/mlflow/artifacts/presigned-upload-url') ? {} : NO_PRESIGNED),
      }
      return new RawJson(JSON.stringify({ ...(await readJson(answer)), ...off }))
    },

    async getReady(_input, context) {
      const answer = await ask({ method: 'GET', path: '/health', body: undefined }, context)
      if (answer.status !== 200) throw new ApiError('TEMPORARILY_UNAVAILABLE', 'The MLflow server is not well')
      answer.body.resume()
      return { ready: true, database: 'not used', artifacts: 'not used' }
    },
  }
}

const NO_PRESIGNED = { presigned_upload_run_id_supported: false, presigned_upload_model_id_supported: false }

export async function versionOfMlflow(ask: Ask): Promise<string> {
  const answer = await ask({ method: 'GET', path: '/version', body: undefined }, ITSELF)
  if (answer.status !== 200) await refusal(answer)
  const version = (await text(answer.body)).trim()
  if (!/^\d[\w.+-]{0,40}$/.test(version))
    throw new ApiError('IO_ERROR', 'The server behind this one is no MLflow server')
  return version
}
