import type { Endpoints, Input } from '#contract'
import { RawJson } from '#kit/route.ts'
import type { Scope } from '#kit/scope.ts'
import { inSight } from '#kit/scope.ts'
import type { Db, Sql } from '#kit/sql.ts'
import { sql } from '#kit/sql.ts'
import { parseFilter } from '../search/parse.ts'
import type { Search } from '../search/search.ts'
import { findPage, search } from '../search/search.ts'
import type { Filter, Subject } from '../search/tree.ts'
import { PROMPT_TAG } from './prompts.ts'
import { modelsByNo, versionsByNo } from './read.ts'
import { DELETED } from './require.ts'
import { MODEL_VERSIONS, REGISTERED_MODELS } from './subjects.ts'

const mentionsPrompts = (filter: Filter | undefined): boolean => {
  if (filter === undefined) return false
  if (filter.type === 'comparison') return filter.entity === 'tag' && filter.key === PROMPT_TAG
  return filter.type === 'not' ? mentionsPrompts(filter.term) : filter.terms.some(mentionsPrompts)
}

/** Models in scope; a filter that says nothing of prompts has none of them. */
function modelsWithin(subject: Subject, filter: string | undefined, { registeredModels }: Scope): Sql[] {
  return [
    ...(registeredModels === 'all' ? [] : [inSight(sql`m.name`, registeredModels, 'text')]),
    ...(mentionsPrompts(parseFilter(subject, filter ?? '')) ? [] : [sql`not m.is_prompt`]),
  ]
}

type ModelsQuery = Input<Endpoints['searchRegisteredModels']> & { scope: Scope; key: Buffer }
type VersionsQuery = Input<Endpoints['searchModelVersions']> & { scope: Scope; key: Buffer }

/** Registered models: keys are `model_no`. */
export const registeredModelsSearch = (query: ModelsQuery): Search =>
  search(REGISTERED_MODELS, query, { conditions: modelsWithin(REGISTERED_MODELS, query.filter, query.scope) }, [])

/** Versions that are not deleted: keys are `version_no`. */
export const modelVersionsSearch = (query: VersionsQuery): Search =>
  search(
    MODEL_VERSIONS,
    query,
    { conditions: [sql`mv.current_stage <> ${DELETED}`, ...modelsWithin(MODEL_VERSIONS, query.filter, query.scope)] },
    [],
  )

const answer = (name: string, items: readonly string[], next_page_token: string | undefined) =>
  new RawJson(
    `{"${name}":[${items.join(',')}]${next_page_token ? `,"next_page_token":${JSON.stringify(next_page_token)}` : ''}}`,
  )

export async function searchRegisteredModels(db: Db, query: ModelsQuery) {
  const { keys, next_page_token } = await findPage(db, registeredModelsSearch(query))
  return answer('registered_models', await modelsByNo(db, keys), next_page_token)
}

/** A page has no more, whatever is asked for: MLflow's 200,000 would be a hundred megabytes. */
const MOST_VERSIONS = 10_000

export async function searchModelVersions(db: Db, query: VersionsQuery) {
  const max_results = Math.min(query.max_results, MOST_VERSIONS)
  const { keys, next_page_token } = await findPage(db, modelVersionsSearch({ ...query, max_results }))
  return answer('model_versions', await versionsByNo(db, keys), next_page_token)
}
