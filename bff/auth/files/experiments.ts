import type { IncomingMessage } from 'node:http'
import type { Endpoints, Experiment } from '#contract'
import { ApiError } from '#contract'
import { answerValue } from '#kit/answer-value.ts'
import type { Context, HandlersOf } from '#kit/route.ts'
import { EVERYTHING } from '#kit/scope.ts'
import type { NewExperiment } from './changes.ts'
import type { StateExperiment } from './state.ts'

/** The experiments, wherever they are kept. */
export type Experiments = {
  all(): Promise<StateExperiment[]>
  /** Throws RESOURCE_DOES_NOT_EXIST. */
  get(experiment_id: string): Promise<StateExperiment>
  /** Somebody else may create it at the same time: then there is nothing to do. */
  create(experiment: NewExperiment): Promise<void>
  describe(experiment_id: string, description: string): Promise<void>
}

type Handlers = Pick<
  HandlersOf<Endpoints>,
  'searchExperiments' | 'getExperiment' | 'createExperiment' | 'setExperimentTag'
>

/** MLflow's tag for what the page of an experiment says. */
const DESCRIPTION = 'mlflow.note.content'
const PAGE = 1000

/** `handlers` are the core's own: what they do here nobody is granted anything for. */
export function openExperiments(handlers: Handlers): Experiments {
  return {
    async all() {
      const found: StateExperiment[] = []
      let page_token: string | undefined
      do {
        const asked = { filter: undefined, max_results: PAGE, order_by: [], page_token, view_type: 'ALL' as const }
        const page = await answerValue<{ experiments?: Experiment[]; next_page_token?: string }>(
          await handlers.searchExperiments(asked, ITSELF),
        )
        found.push(...(page.experiments ?? []).map(stateOf))
        page_token = page.next_page_token || undefined
      } while (page_token)
      return found
    },

    async get(experiment_id) {
      const { experiment } = await answerValue<{ experiment: Experiment }>(
        await handlers.getExperiment({ experiment_id }, ITSELF),
      )
      return stateOf(experiment)
    },

    async create({ resource, artifacts, description, at }) {
      const tags = description === undefined ? [] : [{ key: DESCRIPTION, value: description }]
      const asked = handlers.createExperiment({ name: resource, artifact_location: artifacts, tags }, ITSELF)
      await asked.then(answerValue).catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error
        if (error.code === 'RESOURCE_ALREADY_EXISTS') return
        throw new ApiError(error.code, `${at}: ${error.message}`, { cause: error })
      })
    },

    async describe(experiment_id, value) {
      await answerValue(await handlers.setExperimentTag({ experiment_id, key: DESCRIPTION, value }, ITSELF))
    },
  }
}

/** Nobody's request: the server asks for itself. */
const ITSELF: Context = { principal: '', scope: EVERYTHING, request: { headers: {} } as IncomingMessage }

const stateOf = ({ experiment_id, name, artifact_location, lifecycle_stage, tags }: Experiment): StateExperiment => ({
  experiment_id,
  name,
  artifact_location,
  description: tags?.find(({ key }) => key === DESCRIPTION)?.value,
  deleted: lifecycle_stage === 'deleted',
})
