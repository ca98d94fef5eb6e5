import { isDeepStrictEqual } from 'node:util'
import type { Db, Sql } from '#kit/sql.ts'
import { empty, join, raw, sql } from '#kit/sql.ts'
import { findEntity, TYPES, testEqual, testOf } from './to-sql.ts'
import type { Comparison, Filter, Operator, Subject } from './tree.ts'

const BY_BEGINNING = new Set<Operator>(['=', 'IN', 'IS NOT NULL'])
const BY_NUMBER = new Set<Operator>([...BY_BEGINNING, '<', '<=', '>', '>=', 'BETWEEN'])

/** At most so many of them are counted for one search. */
const MOST = 8

/** The clauses that all rows found must pass and that an index can follow: each by itself is a way to all of these rows. */
export function driversOf(subject: Subject, filter: Filter | undefined): Comparison[] {
  if (!filter) return []
  const clauses = filter.type === 'and' ? filter.terms.flatMap((term) => driversOf(subject, term)) : [filter]
  return clauses
    .filter((clause): clause is Comparison => clause.type === 'comparison' && leads(subject, clause))
    .slice(0, MOST)
}

function leads(subject: Subject, { entity, operator }: Comparison): boolean {
  const { index } = findEntity(subject, entity)
  return index !== undefined && (index.of === 'beginnings' ? BY_BEGINNING : BY_NUMBER).has(operator)
}

/** The filter that is left for rows found by one of its drivers. */
export function withoutDriver(filter: Filter, driver: Comparison): Filter | undefined {
  if (isDeepStrictEqual(filter, driver)) return undefined
  if (filter.type !== 'and') return filter
  const terms = filter.terms.flatMap((term) => withoutDriver(term, driver) ?? [])
  return terms.length > 0 ? { ...filter, terms } : undefined
}

/** `select` of the keys of the rows that pass a clause: in these groups, or in all where the index knows no groups. */
export const driverToSql = (subject: Subject, clause: Comparison, groups: readonly string[]): Sql =>
  join(
    passing(subject, clause, groups).map(({ owner, rows }) => sql`select ${owner} ${rows}`),
    ' union all ',
  )

/** Their `from` and `where`, in one part or two. */
function passing(subject: Subject, clause: Comparison, groups: readonly string[]): { owner: Sql; rows: Sql }[] {
  const entity = findEntity(subject, clause.entity)
  const { index } = entity
  if (!index) throw new TypeError(`No index has a ${entity.name}`)
  const { owner, table } = index
  const { column } = entity.value(clause.key)
  const any = clause.operator === 'IS NOT NULL'
  const rows = sql`from ${table} where v.key = ${clause.key}`
  if (index.of === 'beginnings')
    return [{ owner, rows: any ? rows : sql`${rows} and ${testBeginning(column, clause)}` }]
  const within = sql`${rows} and ${inGroups(index.group, groups)} and`
  return [
    { owner, rows: sql`${within} ${any ? sql`${index.settled} is not null` : testOf(index.settled, clause)}` },
    { owner, rows: sql`${within} ${index.settled} is null ${any ? empty : sql`and ${testOf(column, clause)}`}` },
  ]
}

/** How many pass, counted to a limit. In the order of the index, so that nothing is collected from it beyond the limit. */
function countToSql(subject: Subject, clause: Comparison, groups: readonly string[], limit: number): Sql {
  const { index } = findEntity(subject, clause.entity)
  const parts = passing(subject, clause, groups).map(({ owner, rows }) => {
    const order = index?.of === 'beginnings' ? sql`order by ${owner}` : empty
    return sql`(select count(*) from (select ${rows} ${order} limit ${limit}) counted)`
  })
  return join(parts, ' + ')
}

const inGroups = (group: Sql, ids: readonly string[]): Sql =>
  ids.length === 1 ? sql`${group} = ${ids[0]}::bigint` : sql`${group} = any (${ids}::bigint[])`

/** Its index has the beginning of each value, since a whole one may be too long for an index. */
function testBeginning(column: Sql, clause: Comparison): Sql {
  const beginnings = clause.values.map((value) => [...String(value)].slice(0, INDEXED_CHARACTERS))
  const begins = testEqual(
    sql`left(${column}, ${raw(String(INDEXED_CHARACTERS))})`,
    '=',
    beginnings.map((characters) => characters.join('')),
    TYPES.text,
  )
  const isWhole = beginnings.every(({ length }) => length < INDEXED_CHARACTERS)
  return isWhole ? begins : sql`${begins} and ${testOf(column, clause)}`
}

const INDEXED_CHARACTERS = 64

/**
 * The clause that the fewest rows pass, if they are fewer than `limit`. Counted in the index, and no further than to the limit;
 * not left to the planner, whose statistics know neither an experiment nor what goes together, and come up to a minute late.
 */
export async function rarestOf(
  db: Db,
  subject: Subject,
  drivers: readonly Comparison[],
  groups: readonly string[],
  limit: number,
): Promise<Comparison | undefined> {
  const counts = drivers.map((clause) => countToSql(subject, clause, groups, limit))
  const [found = []] = await db.texts(sql`select ${join(counts, ', ')}`)
  const [rarest] = drivers.map((clause, n) => ({ clause, count: Number(found[n]) })).sort((a, b) => a.count - b.count)
  return rarest && rarest.count < limit ? rarest.clause : undefined
}
