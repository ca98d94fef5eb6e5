import type { Endpoints, Input } from '#contract'
import type { Scope } from '#kit/scope.ts'
import type { Db } from '#kit/sql.ts'
import { row } from '#kit/sql.ts'
import { experimentsCount, experimentsSearch, findPage } from '../search/search.ts'
import { experimentsByNo } from './experiments.ts'

export async function searchExperiments(
  db: Db,
  query: Input<Endpoints['searchExperiments']>,
  scope: Scope,
  key: Buffer,
) {
  const search = experimentsSearch({ ...query, scope: scope.experiments, key })
  const { keys, next_page_token } = await findPage(db, search)
  if (keys.length === 0) return {}
  return { experiments: await experimentsByNo(db, keys), ...(next_page_token ? { next_page_token } : {}) }
}

export async function countExperiments(db: Db, query: Input<Endpoints['countExperiments']>, scope: Scope) {
  const found = await row<{ total: number }>(db, experimentsCount({ ...query, scope: scope.experiments }))
  return { total: found?.total ?? 0 }
}
