import type { Endpoints, Input } from '#contract'
import type { Scope } from '#kit/route.ts'
import { RawJson } from '#kit/route.ts'
import type { Db, Sql } from '#kit/sql.ts'
import { sql } from '#kit/sql.ts'
import { parseFilter } from '../search/parse.ts'
import { search } from '../search/search.ts'
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
    ...(registeredModels === 'all' ? [] : [sql`m.name = any (${registeredModels}::text[])`]),
    ...(mentionsPrompts(parseFilter(subject, filter ?? '')) ? [] : [sql`not m.is_prompt`]),
  ]
}

const answer = (name: string, items: readonly string[], next_page_token: string | undefined) =>
  new RawJson(
    `{"${name}":[${items.join(',')}]${next_page_token ? `,"next_page_token":${JSON.stringify(next_page_token)}` : ''}}`,
  )

export async function searchRegisteredModels(
  db: Db,
  query: Input<Endpoints['searchRegisteredModels']>,
  scope: Scope,
  key: Buffer,
) {
  const conditions = modelsWithin(REGISTERED_MODELS, query.filter, scope)
  const { statement, page } = search(REGISTERED_MODELS, { ...query, key }, { conditions }, [])
  const { keys, next_page_token } = page(await db.texts(statement))
  return answer('registered_models', await modelsByNo(db, keys), next_page_token)
}

/** A page has no more, whatever is asked for: MLflow's 200,000 would be a hundred megabytes. */
const MOST_VERSIONS = 10_000

export async function searchModelVersions(
  db: Db,
  query: Input<Endpoints['searchModelVersions']>,
  scope: Scope,
  key: Buffer,
) {
  const conditions = [sql`mv.current_stage <> ${DELETED}`, ...modelsWithin(MODEL_VERSIONS, query.filter, scope)]
  const max_results = Math.min(query.max_results, MOST_VERSIONS)
  const { statement, page } = search(MODEL_VERSIONS, { ...query, max_results, key }, { conditions }, [])
  const { keys, next_page_token } = page(await db.texts(statement))
  return answer('model_versions', await versionsByNo(db, keys), next_page_token)
}
