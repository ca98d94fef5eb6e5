import type { Int64 } from '#contract'
import { int64 } from '#contract'
import type { Sight } from '#kit/scope.ts'
import { inSight, sees } from '#kit/scope.ts'
import type { Db, Sql, TextRow } from '#kit/sql.ts'
import { raw, sql } from '#kit/sql.ts'
import { driversOf, driverToSql, rarestOf, withoutDriver } from './drivers.ts'
import type { Within } from './page.ts'
import { foundIn, pageToSql } from './page.ts'
import type { OrderObject } from './parse.ts'
import { parseFilter, parseOrder, parseOrderObjects } from './parse.ts'
import { EXPERIMENTS, loggedModels, measuredOn, RUNS } from './subjects.ts'
import { allOf, filterToSql } from './to-sql.ts'
import { digestOf, readToken, writeToken } from './token.ts'
import type { Comparison, Dataset, OrderKey, Subject } from './tree.ts'

export type ViewType = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL'

type Query = {
  filter?: string | undefined
  order_by?: readonly string[] | undefined
  max_results: number
  page_token?: string | undefined
  /** the experiments that the caller may see */
  scope: Sight<Int64>
  /** signs page tokens: `pageTokenKey(db)` */
  key: Buffer
}

export type RunsQuery = Query & {
  experiment_ids: readonly Int64[]
  run_view_type?: ViewType | undefined
  /** the clause of the filter by which an index finds the runs: `findDriver()` knows it */
  driver?: Comparison | undefined
}
export type ExperimentsQuery = Query & { view_type?: ViewType | undefined }
export type LoggedModelsQuery = Omit<Query, 'order_by'> & {
  experiment_ids: readonly Int64[]
  datasets: readonly Dataset[]
  order_by: readonly OrderObject[]
}

type Page = { keys: Int64[]; next_page_token?: string }

/**
 * One page of a search. Each statement gives up to `limit` rows, one more than a page has; what the first gives comes before
 * what the next one gives.
 */
export type Search = { statements: readonly Sql[]; limit: number; page(rows: readonly TextRow[]): Page }

/** Asks only as far as the page is not full: what comes later in the order is mostly not planned, let alone looked for. */
export async function findPage(db: Db, { statements, limit, page }: Search): Promise<Page> {
  const rows: TextRow[] = []
  for (const statement of statements) if (rows.length < limit) rows.push(...(await db.texts(statement)))
  return page(rows)
}

/** The runs of some experiments: keys are `run_no`. */
export const runsSearch = (query: RunsQuery): Search =>
  search(RUNS, query, runsWithin(query), [distinct(query.experiment_ids), stagesOf(query.run_view_type)])

/** The logged models of some experiments that are not deleted: keys are `model_no`. */
export function loggedModelsSearch({ order_by, datasets, ...query }: LoggedModelsQuery): Search {
  const subject = loggedModels(datasets)
  return search(subject, query, loggedModelsWithin(query), [distinct(query.experiment_ids), datasets], {
    asked: parseOrderObjects(subject, order_by),
    conditions: datasets.length > 0 ? [measuredOn(datasets)] : [],
  })
}

/** The experiments that the caller may see: keys are `experiment_id`. */
export const experimentsSearch = (query: ExperimentsQuery): Search =>
  search(EXPERIMENTS, query, experimentsWithin(query), [stagesOf(query.view_type)])

type RunsCount = Pick<RunsQuery, 'experiment_ids' | 'filter' | 'run_view_type' | 'scope' | 'driver'>
type ExperimentsCount = Pick<ExperimentsQuery, 'filter' | 'view_type' | 'scope'>

/** Nobody reads a longer list to its end, and to count it all takes as long as to read it. */
export const COUNTED = 10_000

/** How many there are over all pages: one row, one column `total`. Runs are counted to one more than COUNTED. */
export const runsCount = (query: RunsCount): Sql =>
  sql`select count(*) as total from (select ${matching(RUNS, runsWithin(query), query.filter)} limit ${COUNTED + 1}) found`
export const experimentsCount = (query: ExperimentsCount): Sql =>
  sql`select count(*) as total ${matching(EXPERIMENTS, experimentsWithin(query), query.filter)}`

/** The experiments asked for that the caller may see. */
function visible({ experiment_ids, scope }: Pick<RunsQuery, 'experiment_ids' | 'scope'>): string[] {
  return distinct(experiment_ids).filter((id) => sees(scope, id))
}

/**
 * The clause of a filter by which its runs are best found, if any is better than to look at the runs in their order. Of
 * the `size` of all runs, `m` that pass are looked at one by one; along an order about `size / m` must be for each that is shown,
 * and each costs twice (measured: 11 µs, since its pages lie apart, to 5).
 */
export async function findDriver(
  db: Db,
  { max_results = COUNTED, ...query }: RunsCount & Partial<Pick<RunsQuery, 'max_results' | 'order_by'>>,
  size: () => Promise<number>,
): Promise<Comparison | undefined> {
  const drivers = driversOf(RUNS, parseFilter(RUNS, query.filter ?? ''))
  if (drivers.length === 0) return undefined
  const runs = await size()
  const [first] = fullOrder(RUNS, parseOrder(RUNS, query.order_by ?? []))
  const isIndexed = first?.entity === 'metric' || first?.key === 'start_time'
  const limit = Math.ceil(isIndexed ? Math.sqrt(2 * runs * (max_results + 1)) : runs / 4)
  return rarestOf(db, RUNS, drivers, visible(query), Math.max(limit, 100))
}

function runsWithin({ driver, ...query }: RunsCount): Within {
  const ids = visible(query)
  const stages = stagesOf(query.run_view_type)
  const ofStages = oneOf(sql`r.lifecycle_stage`, stages, raw('text'))
  const within: Within = {
    conditions: [oneOf(sql`r.experiment_id`, ids, raw('bigint')), ofStages],
    walked: { ids, member: (id) => sql`r.experiment_id = ${id}`, conditions: [ofStages], row: runOf },
    ...(driver && { driver: { clause: driver, from: drivenRuns(driver, ids) } }),
  }
  if (ids.length * stages.length <= 1) return within
  const from = sql`unnest(${ids}::bigint[]) as experiment (id) cross join unnest(${stages}::text[]) as stage (name)`
  return {
    ...within,
    groups: { from, member: sql`r.experiment_id = experiment.id and r.lifecycle_stage = stage.name` },
  }
}

/**
 * By its number, behind a fence: the planner, to which an experiment that is newer than its statistics has one run, would go through
 * all of its runs instead, and compare each with the whole list of those that pass (22 ms and not 6 for 800 of 4,000).
 */
const runOf = (run_no: Sql): Sql => sql`lateral (select * from runs where run_no = ${run_no} offset 0) r`

const drivenRuns = (driver: Comparison, ids: readonly string[]): Sql =>
  sql`(${driverToSql(RUNS, driver, ids)}) driver (run_no) cross join ${runOf(raw('driver.run_no'))}`

function loggedModelsWithin(query: Pick<LoggedModelsQuery, 'experiment_ids' | 'scope'>): Within {
  const ids = visible(query)
  const conditions = [oneOf(sql`m.experiment_id`, ids, raw('bigint')), sql`m.lifecycle_stage = 'active'`]
  if (ids.length <= 1) return { conditions }
  const from = sql`unnest(${ids}::bigint[]) as experiment (id)`
  return { conditions, groups: { from, member: sql`m.experiment_id = experiment.id and m.lifecycle_stage = 'active'` } }
}

const experimentsWithin = ({ view_type, scope }: ExperimentsCount): Within => ({
  conditions: [
    ...(scope === 'all' ? [] : [inSight(sql`e.experiment_id`, scope, 'bigint')]),
    oneOf(sql`e.lifecycle_stage`, stagesOf(view_type), raw('text')),
  ],
})

const distinct = (ids: readonly Int64[]): string[] => [...new Set(ids.map(String))].sort()

const stagesOf = (view: ViewType = 'ACTIVE_ONLY'): string[] =>
  view === 'ALL' ? ['active', 'deleted'] : [view === 'ACTIVE_ONLY' ? 'active' : 'deleted']

// With one value the planner can follow an index in its order; with a list it cannot.
const oneOf = (column: Sql, values: readonly string[], type: Sql): Sql =>
  values.length === 1 ? sql`${column} = ${values[0]}::${type}` : sql`${column} = any (${values}::${type}[])`

function filterOf(subject: Subject, filter: string | undefined, { driver }: Within): Sql[] {
  const whole = parseFilter(subject, filter ?? '')
  const tree = whole && driver ? withoutDriver(whole, driver.clause) : whole
  return tree ? [filterToSql(subject, tree)] : []
}

const matching = (subject: Subject, within: Within, filter: string | undefined): Sql => {
  const conditions = [...within.conditions, ...filterOf(subject, filter, within)]
  return sql`from ${foundIn(subject, within)} where ${allOf(conditions)}`
}

function fullOrder(subject: Subject, asked: readonly OrderKey[]): OrderKey[] {
  if (asked.length === 0 && subject.defaultOrder.length > 0) return [...subject.defaultOrder]
  const isAsked = (key: OrderKey) => asked.some((other) => other.entity === key.entity && other.key === key.key)
  return [...asked, ...subject.tieBreakers.filter((key) => !isAsked(key))]
}

/** What a search has beside its filter text, and an order that is not text. */
type More = { conditions: readonly Sql[]; asked: readonly OrderKey[] }

export function search(
  subject: Subject,
  query: Omit<Query, 'scope'>,
  within: Within,
  identity: readonly unknown[],
  { conditions, asked }: More = { conditions: [], asked: parseOrder(subject, query.order_by ?? []) },
): Search {
  const { filter = '', max_results, page_token, key } = query
  const order = fullOrder(subject, asked)
  const digest = digestOf(subject.name, filter, order, ...identity)
  const last = page_token ? readToken(key, digest, page_token) : undefined
  const limit = max_results + 1
  return {
    statements: pageToSql(subject, {
      within,
      filter: [...filterOf(subject, filter, within), ...conditions],
      order,
      limit,
      last,
    }),
    limit,
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
