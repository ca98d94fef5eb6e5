import type { Sql } from '#kit/sql.ts'
import { join, raw, sql } from '#kit/sql.ts'
import type { Position, Sort } from './sorts.ts'
import { after, ofSelected, ordered, selected } from './sorts.ts'
import { allOf, findEntity, TYPES } from './to-sql.ts'
import type { Entity, OrderKey, Subject, ValueIndex } from './tree.ts'

/**
 * The groups that an index of settled numbers has each by itself: their ids, how a row is in one, and what else it must be. `row`
 * finds it by its key.
 */
export type Walked = {
  ids: readonly string[]
  member: (id: Sql) => Sql
  conditions: readonly Sql[]
  row: (key: Sql) => Sql
}

type Walk = Walked & { index: ValueIndex & { of: 'settled numbers' }; entity: Entity; key: string; descending: boolean }

/** The way along an index of settled numbers, where there is one that has the first key of the order. */
export function walkOf(subject: Subject, [first]: readonly OrderKey[], walked?: Walked): Walk | undefined {
  if (!first || !walked) return undefined
  const entity = findEntity(subject, first.entity)
  if (entity.index?.of !== 'settled numbers') return undefined
  return { ...walked, index: entity.index, entity, key: first.key, descending: first.descending }
}

type Query = { filter: readonly Sql[]; sorts: readonly Sort[]; limit: number; last: Position | undefined }

/** Rows of one kind: what they have under the first key of the order, and how an index has it. */
type Part = { from: Sql; value: Sql; indexed?: Sql; conditions: (group: Sql) => readonly Sql[] }

/**
 * Row by row along the index, together with the few numbers that are not settled; and for when these end, rows with NaN and those
 * without a value.
 */
export function walkToSql(subject: Subject, walk: Walk, query: Query): Sql[] {
  const { numbers, rest } = partsOf(subject, walk, query.last?.[0])
  const [first] = query.last ?? []
  const isBehindNumbers = first === null || first === 'NaN'
  return (isBehindNumbers ? [rest] : [numbers, rest]).map((parts) => {
    const all = join(
      parts.map((part) => partToSql(subject, walk, part, query)),
      ' union all ',
    )
    return sql`select * from (${all}) page ${ordered(ofSelected(query.sorts), query.limit)}`
  })
}

/** The rows with a number, and the rows that come after them. `first` is where the page begins. */
function partsOf(
  subject: Subject,
  { index, entity, key, descending, member, row }: Walk,
  first: string | null | undefined,
) {
  const { column, from } = entity.value(key)
  const { settled, group, table, owner } = index
  const held = (value: Sql, ...is: Sql[]): Part => ({
    from: sql`${table} cross join ${row(owner)}`,
    value: descending ? sql`-${value}` : value,
    conditions: (id) => [sql`${group} = ${id}`, sql`v.key = ${key}`, ...is],
  })
  const begin = first ? [sql`${settled} ${raw(descending ? '<= -' : '>= ')}(${first}::float8)`] : []
  const missing: Part = {
    from: subject.from,
    value: sql`null::float8`,
    conditions: (id) => [member(id), sql`coalesce((select 1 from ${from} limit 1), 0) <> 1`],
  }
  return {
    numbers: [
      { ...held(settled, sql`${settled} < 'NaN'`, ...begin), indexed: settled },
      held(column, sql`${settled} is null`, sql`${column} < 'NaN'`),
    ],
    rest: [
      ...(first === null
        ? []
        : [held(settled, sql`${settled} = 'NaN'`), held(column, sql`${settled} is null`, sql`${column} = 'NaN'`)]),
      missing,
    ],
  }
}

function partToSql(
  subject: Subject,
  { ids, conditions, descending }: Walk,
  part: Part,
  { sorts: [, ...others], filter, limit, last }: Query,
): Sql {
  const number = { type: TYPES.number, nullable: false, place: 'row' } as const
  const sorts: Sort[] = [
    { ...number, value: part.value, descending: false, nullable: part.indexed === undefined },
    ...others,
  ]
  const rows = (id: Sql) => sql`
    ${selected(subject, sorts)} from ${part.from}
    where ${allOf([...part.conditions(id), ...conditions, ...(last ? [after(sorts, last)] : []), ...filter])}
    ${part.indexed ? inIndex(part.indexed, descending, limit) : ordered(sorts, limit)}`
  return ids.length === 1
    ? sql`(${rows(sql`${ids[0]}::bigint`)})`
    : sql`(select page.* from unnest(${ids}::bigint[]) walked (id) cross join lateral (${rows(raw('walked.id'))}) page)`
}

/**
 * The index has the numbers, not their negatives and not what comes next in the order, which is for all parts together. With that
 * asked for here too, a planner whose statistics are older than the experiment would look at all rows to sort them.
 */
const inIndex = (indexed: Sql, descending: boolean, limit: number): Sql =>
  sql`order by ${indexed} ${raw(descending ? 'desc' : 'asc')} fetch first ${limit} rows with ties`
