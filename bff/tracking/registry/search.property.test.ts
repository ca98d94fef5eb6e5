import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import type { Scope } from '#kit/scope.ts'
import { EVERYTHING, sees } from '#kit/scope.ts'
import { rows, sql } from '#kit/sql.ts'
import {
  a,
  aField,
  aTextTest,
  aTimeTest,
  keyed,
  logic,
  orderOf,
  pick,
  ranged,
  TEXTS,
  TIMES,
  usually,
} from '../../test/arbitrary-searches.ts'
import { testDatabase } from '../../test/database.ts'
import { allPages, entries, pairsOf, put } from '../../test/searched-rows.ts'
import { parseFilter, parseOrder } from '../search/parse.ts'
import type { Search } from '../search/search.ts'
import { findPage } from '../search/search.ts'
import type { ModelRow } from '../search/search-model.ts'
import { evaluate, sorted } from '../search/search-model.ts'
import type { OrderKey, Subject } from '../search/tree.ts'
import { modelVersionsSearch, registeredModelsSearch } from './search.ts'
import { MODEL_VERSIONS, REGISTERED_MODELS } from './subjects.ts'

let db: Database
beforeAll(async () => {
  db = await openDatabase(await testDatabase())
})
afterAll(() => db.close())

const PROMPT = 'mlflow.prompt.is_prompt'
const STAGES = ['None', 'None', 'Production', 'Deleted_Internal']

const aVersion = fc.record({
  run_id: pick(['', 'r1', 'r2']),
  source: pick(TEXTS),
  current_stage: pick(STAGES),
  creation_timestamp: pick(TIMES),
  last_updated_timestamp: pick(TIMES),
  tags: keyed(pick(TEXTS)),
})
const aModel = fc.record({
  name: pick(TEXTS),
  is_prompt: usually(false, fc.boolean()),
  creation_timestamp: pick(TIMES),
  last_updated_timestamp: pick(TIMES),
  tags: keyed(pick(TEXTS)),
  versions: fc.array(aVersion, { maxLength: 4 }),
})
type Model = typeof aModel extends fc.Arbitrary<infer T> ? T : never

const aPromptTest = a(
  `tags.\`${PROMPT}\``,
  pick(["= 'true'", "!= 'true'", "= 'false'", "LIKE 't%'", 'IS NULL', "IN ('true', 'false')"]),
)
const clauses = [a('name', aTextTest), a(aField('tags'), aTextTest), aPromptTest]
const times = a(pick(['creation_timestamp', 'last_updated_timestamp']), aTimeTest)
const anInteger = pick(['0', '1', "'2'", '3', '-1', '999999999999999999'])
const modelsFilter = logic(fc.oneof(...clauses, times))
const versionsFilter = logic(
  fc.oneof(...clauses, times, a(pick(['run_id', 'source_path']), aTextTest), a('version_number', ranged(anInteger))),
)

const aQuery = {
  scope: usually<Scope>(
    EVERYTHING,
    fc.subarray(TEXTS).map((names) => ({ experiments: [], registeredModels: names })),
  ),
  max_results: pick([2, 5, 1000]),
}
const aModelsQuery = fc.record({
  ...aQuery,
  filter: fc.oneof(fc.constant(''), modelsFilter),
  order_by: orderOf(pick(['name', 'creation_timestamp', 'last_updated_timestamp'])),
})
const aVersionsQuery = fc.record({
  ...aQuery,
  filter: fc.oneof(fc.constant(''), versionsFilter),
  order_by: orderOf(
    pick(['name', 'version_number', 'creation_timestamp', 'last_updated_timestamp', 'run_id', 'source_path']),
  ),
})

/** Every version with its numbers: they are stored in this order. */
const versionsOf = (models: readonly Model[]) =>
  models
    .flatMap(({ versions, ...model }, m) =>
      versions.map((held, v) => ({ model, model_no: m + 1, version: v + 1, held })),
    )
    .map((version, n) => ({ ...version, version_no: n + 1 }))

async function store(models: readonly Model[]) {
  const versions = versionsOf(models)
  await db.transaction(async (tx) => {
    await rows(tx, sql`truncate registered_models cascade`)
    await put(
      tx,
      'registered_models',
      models.map(({ tags, versions: of, ...model }, n) => ({
        model_no: n + 1,
        description: '',
        last_version: of.length,
        moves: 0,
        ...model,
      })),
    )
    await put(
      tx,
      'registered_model_tags',
      models.flatMap(({ tags }, n) => pairsOf({ model_no: n + 1 }, tags)),
    )
    await put(
      tx,
      'model_versions',
      versions.map(({ version_no, model_no, version, held: { tags, ...held } }) => ({
        version_no,
        model_no,
        version,
        description: '',
        storage_location: '',
        run_link: '',
        ...held,
      })),
    )
    await put(
      tx,
      'model_version_tags',
      versions.flatMap(({ version_no, held }) => pairsOf({ version_no }, held.tags)),
    )
  })
}

const attributes = (held: Record<string, string | bigint>): [string, (string | bigint)[]][] =>
  Object.entries(held).map(([key, value]) => [`attribute.${key}`, [value]])
const timesOf = (held: { creation_timestamp: string; last_updated_timestamp: string }) => ({
  creation_timestamp: BigInt(held.creation_timestamp),
  last_updated_timestamp: BigInt(held.last_updated_timestamp),
})
const tagsOf = (tags: Record<string, string>, { is_prompt }: Pick<Model, 'is_prompt'>) =>
  entries('tag', { ...tags, [PROMPT]: String(is_prompt) })

type Known = ModelRow & { name: string; is_prompt: boolean }

const rowOfModel = ({ name, is_prompt, tags, ...held }: Model, n: number): Known => ({
  key: BigInt(n + 1),
  name,
  is_prompt,
  values: new Map([...attributes({ name, ...timesOf(held) }), ...tagsOf(tags, { is_prompt })]),
})

const rowOfVersion = ({ model, version, version_no, held }: ReturnType<typeof versionsOf>[number]): Known => ({
  key: BigInt(version_no),
  name: model.name,
  is_prompt: model.is_prompt,
  values: new Map([
    ...attributes({
      name: model.name,
      version_number: BigInt(version),
      run_id: held.run_id,
      source_path: held.source,
      ...timesOf(held),
    }),
    ...tagsOf(held.tags, model),
  ]),
})

/** What a search must find: by an evaluation row by row. */
function judged(
  subject: Subject,
  found: readonly Known[],
  { filter, order_by, scope: { registeredModels } }: { filter: string; order_by: readonly string[]; scope: Scope },
): bigint[] {
  const tree = parseFilter(subject, filter)
  const seen = found.filter(
    (row) => sees(registeredModels, row.name) && (filter.includes(PROMPT) || !row.is_prompt) && evaluate(tree, row),
  )
  return sorted(seen, orderOfPages(subject, order_by)).map(({ key }) => key)
}

function orderOfPages(subject: Subject, order_by: readonly string[]): OrderKey[] {
  if (order_by.length === 0 && subject.defaultOrder.length > 0) return [...subject.defaultOrder]
  return [...parseOrder(subject, order_by), ...subject.tieBreakers]
}

const key = Buffer.alloc(32, 7)
const pages = (search: (page_token: string | undefined) => Search, max_results: number) =>
  allPages((page_token) => findPage(db, search(page_token)), max_results)

test('random searches of models and versions give what an evaluation row by row gives, page by page', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(aModel, { minLength: 4, maxLength: 12, selector: ({ name }) => name }),
      fc.array(aModelsQuery, { minLength: 6, maxLength: 6 }),
      fc.array(aVersionsQuery, { minLength: 6, maxLength: 6 }),
      async (models, modelQueries, versionQueries) => {
        await store(models)
        for (const query of modelQueries)
          expect(
            await pages((page_token) => registeredModelsSearch({ ...query, page_token, key }), query.max_results),
          ).toEqual(judged(REGISTERED_MODELS, models.map(rowOfModel), query))
        const versions = versionsOf(models).filter(({ held }) => held.current_stage !== 'Deleted_Internal')
        for (const query of versionQueries)
          expect(
            await pages((page_token) => modelVersionsSearch({ ...query, page_token, key }), query.max_results),
          ).toEqual(judged(MODEL_VERSIONS, versions.map(rowOfVersion), query))
      },
    ),
    { numRuns: 20, interruptAfterTimeLimit: 120_000 },
  )
}, 240_000)
