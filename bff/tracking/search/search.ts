import type { Int64 } from '#contract'
import { int64 } from '#contract'
import type { Sql, TextRow } from '#kit/sql.ts'
import { raw, sql } from '#kit/sql.ts'
import { parseFilter, parseOrder } from './parse.ts'
import { EXPERIMENTS, RUNS } from './subjects.ts'
import type { Within } from './to-sql.ts'
import { allOf, filterToSql, pageToSql } from './to-sql.ts'
import { digestOf, readToken, writeToken } from './token.ts'
import type { OrderKey, Subject } from './tree.ts'

/** Which experiments the caller may see. */
type Scope = 'all' | readonly Int64[]
export type ViewType = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL'

type Query = {
  filter?: string | undefined
  order_by?: readonly string[] | undefined
  max_results: number
  page_token?: string | undefined
  scope: Scope
  /** signs page tokens: `pageTokenKey(db)` */
  key: Buffer
  /** whether the planner may be shown the index of values: `openStatistics(db)` knows */
  byValue?: boolean | undefined
}

export type RunsQuery = Query & { experiment_ids: readonly Int64[]; run_view_type?: ViewType | undefined }
export type ExperimentsQuery = Query & { view_type?: ViewType | undefined }

type Page = { keys: Int64[]; next_page_token?: string }

/** One page of a search. `statement` gives one row more than the page when there is a next one; run it with `db.texts`. */
export type Search = { statement: Sql; page(rows: readonly TextRow[]): Page }

/** The runs of some experiments: keys are `run_no`. */
export const runsSearch = (query: RunsQuery): Search =>
  search(RUNS, query, runsWithin(query), [distinct(query.experiment_ids), stagesOf(query.run_view_type)])

/** The experiments that the caller may see: keys are `experiment_id`. */
export const experimentsSearch = (query: ExperimentsQuery): Search =>
  search(EXPERIMENTS, query, experimentsWithin(query), [stagesOf(query.view_type)])

type RunsCount = Pick<RunsQuery, 'experiment_ids' | 'filter' | 'run_view_type' | 'scope' | 'byValue'>
type ExperimentsCount = Pick<ExperimentsQuery, 'filter' | 'view_type' | 'scope'>

/** How many there are over all pages: one row, one column `total`. */
export const runsCount = (query: RunsCount): Sql => count(RUNS, runsWithin(query), query.filter, query.byValue)
export const experimentsCount = (query: ExperimentsCount): Sql =>
  count(EXPERIMENTS, experimentsWithin(query), query.filter)

function runsWithin({ experiment_ids, run_view_type, scope }: RunsCount): Within {
  const visible = scope === 'all' ? undefined : new Set(distinct(scope))
  const ids = distinct(experiment_ids).filter((id) => visible?.has(id) ?? true)
  const stages = stagesOf(run_view_type)
  const conditions = [
    oneOf(sql`r.experiment_id`, ids, raw('bigint')),
    oneOf(sql`r.lifecycle_stage`, stages, raw('text')),
  ]
  if (ids.length * stages.length <= 1) return { conditions }
  const from = sql`unnest(${ids}::bigint[]) as experiment (id) cross join unnest(${stages}::text[]) as stage (name)`
  return {
    conditions,
    groups: { from, member: sql`r.experiment_id = experiment.id and r.lifecycle_stage = stage.name` },
  }
}

const experimentsWithin = ({ view_type, scope }: ExperimentsCount): Within => ({
  conditions: [
    ...(scope === 'all' ? [] : [oneOf(sql`e.experiment_id`, distinct(scope), raw('bigint'))]),
    oneOf(sql`e.lifecycle_stage`, stagesOf(view_type), raw('text')),
  ],
})

const distinct = (ids: readonly Int64[]): string[] => [...new Set(ids.map(String))].sort()

const stagesOf = (view: ViewType = 'ACTIVE_ONLY'): string[] =>
  view === 'ALL' ? ['active', 'deleted'] : [view === 'ACTIVE_ONLY' ? 'active' : 'deleted']

// With one value the planner can follow an index in its order; with a list it cannot.
const oneOf = (column: Sql, values: readonly string[], type: Sql): Sql =>
  values.length === 1 ? sql`${column} = ${values[0]}::${type}` : sql`${column} = any (${values}::${type}[])`

function filterOf(subject: Subject, filter: string | undefined, byValue?: boolean): Sql[] {
  const tree = parseFilter(subject, filter ?? '')
  return tree ? [filterToSql(subject, tree, byValue)] : []
}

const count = (subject: Subject, { conditions }: Within, filter: string | undefined, byValue?: boolean): Sql =>
  sql`select count(*) as total from ${subject.from} where ${allOf([...conditions, ...filterOf(subject, filter, byValue)])}`

function fullOrder(subject: Subject, clauses: readonly string[]): OrderKey[] {
  if (clauses.length === 0 && subject.defaultOrder.length > 0) return [...subject.defaultOrder]
  const asked = parseOrder(subject, clauses)
  const isAsked = (key: OrderKey) => asked.some((other) => other.entity === key.entity && other.key === key.key)
  return [...asked, ...subject.tieBreakers.filter((key) => !isAsked(key))]
}

export function search(
  subject: Subject,
  query: Omit<Query, 'scope'>,
  within: Within,
  identity: readonly unknown[],
): Search {
  const { filter = '', order_by = [], max_results, page_token, key, byValue } = query
  const order = fullOrder(subject, order_by)
  const digest = digestOf(subject.name, filter, order, ...identity)
  const last = page_token ? readToken(key, digest, page_token) : undefined
  return {
    statement: pageToSql(subject, {
      within,
      filter: filterOf(subject, filter, byValue),
      order,
      limit: max_results + 1,
      last,
    }),
    page(rows) {
      const shown = rows.slice(0, max_results)
      const keys = shown.map(([number]) => int64(number ?? ''))
      const last = shown.at(-1)
      return rows.length > max_results && last
        ? { keys, next_page_token: writeToken(key, digest, last.slice(1)) }
        : { keys }
    },
  }
}
