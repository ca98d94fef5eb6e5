import type { Endpoints, Input, Int64 } from '#contract'
import type { Scope } from '#kit/route.ts'
import { RawJson } from '#kit/route.ts'
import type { Db } from '#kit/sql.ts'
import { row } from '#kit/sql.ts'
import { experimentNo } from '../experiments/experiments.ts'
import { runsCount, runsSearch } from '../search/search.ts'
import { runsByNo } from './read.ts'

const experimentNos = (ids: readonly string[]): Int64[] => ids.map(experimentNo)

/** What a search needs beside its question: the key that signs page tokens, and whether the planner knows the values. */
export type Searching = { tokenKey: Buffer; statisticsKnown: () => Promise<boolean> }

export async function searchRuns(
  db: Db,
  { experiment_ids, ...query }: Input<Endpoints['searchRuns']>,
  scope: Scope,
  { tokenKey, statisticsKnown }: Searching,
) {
  const search = runsSearch({
    ...query,
    experiment_ids: experimentNos(experiment_ids),
    scope: scope.experiments,
    key: tokenKey,
    byValue: query.filter ? await statisticsKnown() : undefined,
  })
  const { keys, next_page_token } = search.page(await db.texts(search.statement))
  const runs = await runsByNo(db, keys)
  if (runs.length === 0) return {}
  return new RawJson(
    `{"runs":[${runs.join(',')}]${next_page_token ? `,"next_page_token":${JSON.stringify(next_page_token)}` : ''}}`,
  )
}

export async function countRuns(
  db: Db,
  { experiment_ids, ...query }: Input<Endpoints['countRuns']>,
  scope: Scope,
  { statisticsKnown }: Searching,
) {
  const found = await row<{ total: number }>(
    db,
    runsCount({
      ...query,
      experiment_ids: experimentNos(experiment_ids),
      scope: scope.experiments,
      byValue: await statisticsKnown(),
    }),
  )
  return { total: found?.total ?? 0 }
}
