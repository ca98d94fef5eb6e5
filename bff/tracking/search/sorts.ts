import type { Sql } from '#kit/sql.ts'
import { empty, join, raw, sql } from '#kit/sql.ts'
import { findEntity, TYPES } from './to-sql.ts'
import type { Entity, OrderKey, Subject } from './tree.ts'

/** A key of the order as SQL sees it: always ascending for numbers, so that NaN and then the missing come last both ways. */
export type Sort = { value: Sql; type: Sql; descending: boolean; nullable: boolean; place: Entity['place'] }

export function sortOf(subject: Subject, { entity: name, key, kind, descending, on }: OrderKey): Sort {
  const entity = findEntity(subject, name)
  const { column, from, nullable, first = empty } = entity.value(key, on)
  const value = entity.place === 'row' ? column : sql`(select ${column} from ${from} ${first})`
  const flip = kind === 'number' && descending
  return {
    value: flip ? sql`-${value}` : value,
    type: TYPES[kind],
    descending: descending && !flip,
    nullable,
    place: entity.place,
  }
}

/** The values of a row under the keys of the order, as the database prints them. */
export type Position = readonly (string | null)[]

const list = (parts: readonly Sql[]): Sql => join(parts, ', ')

/** The key of the subject as `n`, and the values of the order as `k0`, `k1` … */
export const selected = (subject: Subject, sorts: readonly Sort[]): Sql =>
  sql`select ${subject.key} as n, ${list(sorts.map(({ value }, index) => sql`${value} as ${raw(`k${index}`)}`))}`

/** The same sorts where their values are columns of what was selected already. */
export const ofSelected = (sorts: readonly Sort[]): Sort[] =>
  sorts.map((sort, index) => ({ ...sort, value: raw(`k${index}`) }))

export const ordered = (sorts: readonly Sort[], limit: number): Sql =>
  sql`order by ${list(sorts.map(direction))} limit ${limit}`

// An index serves an order only when it agrees about nulls too, even where there can be none.
const direction = ({ value, descending, nullable }: Sort): Sql =>
  sql`${value} ${raw(descending ? 'desc' : 'asc')} ${raw(nullable ? 'nulls last' : '')}`

/** Written inside out, so that its length grows with the number of keys and not with its square. */
export function after(sorts: readonly Sort[], last: Position): Sql {
  const condition = sorts.reduceRight<Sql>((rest, { value, type, descending, nullable }, index) => {
    const passed = last[index]
    if (passed === null) return sql`(${value} is null and ${rest})`
    const at = sql`${passed}::${type}`
    const orNull = nullable ? sql`or ${value} is null` : empty
    return sql`(${value} ${raw(descending ? '<' : '>')} ${at} ${orNull} or (${value} = ${at} and ${rest}))`
  }, raw('false'))
  const [first] = sorts
  if (!first || first.nullable) return condition
  // implied by the condition, and a place in the index where the scan can begin
  return sql`${first.value} ${raw(first.descending ? '<=' : '>=')} ${last[0]}::${first.type} and ${condition}`
}
