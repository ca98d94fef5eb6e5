import * as z from 'zod'
import { endpoint, scoped } from './endpoint.ts'
import { listOf, Required } from './wire.ts'

export const searchLoggedModels = endpoint({
  method: 'POST',
  path: '/api/2.0/mlflow/logged-models/search',
  summary: 'Find logged models. There are none in this version; clients ask whenever they list a folder of a run.',
  permission: scoped,
  input: z.object({ experiment_ids: listOf(Required) }),
  output: z.object({ models: z.array(z.object({ info: z.object({ model_id: z.string() }) })) }),
})
