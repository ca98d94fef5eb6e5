import type { Endpoints, Input, Int64 } from '#contract'
import { RawJson } from '#kit/route.ts'
import type { Scope } from '#kit/scope.ts'
import type { Db } from '#kit/sql.ts'
import { row } from '#kit/sql.ts'
import { experimentNo } from '../experiments/experiments.ts'
import { COUNTED, findDriver, findPage, runsCount, runsSearch } from '../search/search.ts'
import { printRuns } from './read.ts'

const experimentNos = (ids: readonly string[]): Int64[] => ids.map(experimentNo)

/** What a search needs beside its question: the key that signs page tokens, and about how many runs there are. */
export type Searching = { tokenKey: Buffer; size: () => Promise<number> }

export async function searchRuns(
  db: Db,
  { experiment_ids, ...query }: Input<Endpoints['searchRuns']>,
  scope: Scope,
  { tokenKey, size }: Searching,
) {
  const asked = { ...query, experiment_ids: experimentNos(experiment_ids), scope: scope.experiments }
  const search = runsSearch({ ...asked, driver: await findDriver(db, asked, size), key: tokenKey })
  const { keys, next_page_token } = await findPage(db, search)
  const runs = await printRuns(db, keys)
  if (runs.length === 0) return {}
  const next = next_page_token ? `,"next_page_token":${JSON.stringify(next_page_token)}` : ''
  return new RawJson(`{"runs":[${runs.join(',')}]${next}}`)
}

export async function countRuns(
  db: Db,
  { experiment_ids, ...query }: Input<Endpoints['countRuns']>,
  scope: Scope,
  { size }: Pick<Searching, 'size'>,
) {
  const asked = { ...query, experiment_ids: experimentNos(experiment_ids), scope: scope.experiments }
  const counted = runsCount({ ...asked, driver: await findDriver(db, asked, size) })
  const { total = 0 } = (await row<{ total: number }>(db, counted)) ?? {}
  return { total: Math.min(total, COUNTED), more: total > COUNTED }
}
