import type { Endpoints, Input } from '#contract'
import type { Scope } from '#kit/scope.ts'
import type { Db } from '#kit/sql.ts'
import { experimentNo } from '../experiments/experiments.ts'
import { findPage, loggedModelsSearch } from '../search/search.ts'
import { loggedModelsByNo } from './read.ts'

export async function searchLoggedModels(
  db: Db,
  { experiment_ids, datasets, ...query }: Input<Endpoints['searchLoggedModels']>,
  { experiments }: Scope,
  key: Buffer,
) {
  const search = loggedModelsSearch({
    ...query,
    experiment_ids: experiment_ids.map(experimentNo),
    datasets: datasets.map(({ dataset_name, dataset_digest }) => ({ name: dataset_name, digest: dataset_digest })),
    scope: experiments,
    key,
  })
  const { keys, next_page_token } = await findPage(db, search)
  if (keys.length === 0) return {}
  return { models: await loggedModelsByNo(db, keys), ...(next_page_token ? { next_page_token } : {}) }
}
