import type { Sql } from '#kit/sql.ts'
import { raw, sql } from '#kit/sql.ts'
import type { Position, Sort } from './sorts.ts'
import { after, ofSelected, ordered, selected, sortOf } from './sorts.ts'
import { allOf } from './to-sql.ts'
import type { Comparison, OrderKey, Subject } from './tree.ts'
import type { Walked } from './walk.ts'
import { walkOf, walkToSql } from './walk.ts'

/** What can be searched at all, before any filter. */
export type Within = {
  conditions: readonly Sql[]
  /** The same as a list of groups and the condition to be in one, where an index has each group in order but not all together. */
  groups?: { from: Sql; member: Sql }
  walked?: Walked
  /** a way to the only rows to look at: those that pass a clause, which the filter then leaves out; see driverToSql */
  driver?: { clause: Comparison; from: Sql }
}

export type PageQuery = {
  within: Within
  filter: readonly Sql[]
  order: readonly OrderKey[]
  limit: number
  last: Position | undefined
}

/**
 * `limit` rows in order, after a position if there is one: those of the first statement, then those of the next, until there are
 * enough. A row is its key and its values of the order.
 */
export function pageToSql(subject: Subject, query: PageQuery): Sql[] {
  const sorts = query.order.map((key) => sortOf(subject, key))
  if (query.within.driver) return [fenced(subject, query, sorts)]
  const walk = walkOf(subject, query.order, query.within.walked)
  if (walk) return walkToSql(subject, walk, { ...query, sorts })
  return [sorts.some(({ place }) => place !== 'row') ? fenced(subject, query, sorts) : inOrder(subject, query, sorts)]
}

/** All rows that there are, sorted. Values from beside the row are looked up once, behind a fence, and not again for every mention. */
function fenced(subject: Subject, { within, filter, limit, last }: PageQuery, sorts: readonly Sort[]): Sql {
  const conditions = allOf([...within.conditions, ...filter])
  const named = ofSelected(sorts)
  return sql`
    select * from (${selected(subject, sorts)} from ${foundIn(subject, within)} where ${conditions} offset 0) page
    where ${last ? after(named, last) : raw('true')} ${ordered(named, limit)}`
}

export const foundIn = (subject: Subject, { driver }: Within): Sql => driver?.from ?? subject.from

/** Row by row along an index where one has the order, else sorted. */
function inOrder(subject: Subject, { within, filter, limit, last }: PageQuery, sorts: readonly Sort[]): Sql {
  const page = (conditions: readonly Sql[]) => sql`
    ${selected(subject, sorts)} from ${subject.from}
    where ${allOf([...conditions, ...filter, ...(last ? [after(sorts, last)] : [])])} ${ordered(sorts, limit)}`
  if (!within.groups) return page(within.conditions)
  return sql`
    select page.* from ${within.groups.from} cross join lateral (${page([within.groups.member])}) page
    ${ordered(ofSelected(sorts), limit)}`
}
