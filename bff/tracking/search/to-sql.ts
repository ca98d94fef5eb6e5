import type { Sql } from '#kit/sql.ts'
import { empty, join, raw, sql } from '#kit/sql.ts'
import type { Comparison, Entity, Filter, Kind, Operator, OrderKey, Span, Subject, Value } from './tree.ts'

/** Where Unicode decides what a small letter is. Every Postgres with ICU has it, PGlite too; the columns are collate "C". */
const FOLDING = raw('collate "und-x-icu"')

const TYPES: Record<Kind, Sql> = {
  number: raw('float8'),
  integer: raw('bigint'),
  text: raw('text'),
  time: raw('bigint'),
  id: raw('bigint'),
}

const findEntity = (subject: Subject, entity: string): Entity => {
  const found = subject.entities.find(({ name }) => name === entity)
  if (!found) throw new TypeError(`${subject.name} have no ${entity}`)
  return found
}

/**
 * A condition on one row of the subject which is true or false and never null.
 *
 * The planner turns an `exists` into a join. With many of them its search for an order of joins grows beyond all bounds (100
 * took the server's memory), and with guesses multiplied it takes the worst (4,000 runs, 20 clauses: 3 s). So a clause is
 * a subquery that it cannot join or hash, one look into an index for each row, of which it believes that nearly all pass.
 * Shown to it as they are: a few that an index on values can drive, since those may be the way to ten runs of a million.
 * `byValue` says whether it knows how common values are, without which it is led astray by them.
 */
export function filterToSql(subject: Subject, filter: Filter, byValue = true): Sql {
  let shown = 0
  const isShown = ({ place }: Entity, { operator }: Comparison) =>
    byValue && place === 'beside, indexed' && (operator === '=' || operator === 'IN') && ++shown <= MAX_SHOWN
  const print = (node: Filter, top: boolean): Sql => {
    if (node.type === 'not') return sql`not ${print(node.term, false)}`
    if (node.type !== 'comparison') {
      const terms = node.terms.map((term) => print(term, top && node.type === 'and'))
      return sql`(${join(terms, ` ${node.type} `)})`
    }
    const entity = findEntity(subject, node.entity)
    if (entity.place === 'row') return inRow(entity, node)
    return top && isShown(entity, node) ? indexed(entity, node) : beside(entity, node)
  }
  return print(filter, true)
}

const MAX_SHOWN = 2

function inRow(entity: Entity, comparison: Comparison): Sql {
  const { column, nullable } = entity.value(comparison.key)
  if (isAbsence(comparison)) return sql`${column} is ${raw(comparison.operator === 'IS NULL' ? 'null' : 'not null')}`
  const test = testOf(column, comparison)
  return nullable ? sql`(${column} is not null and ${test})` : test
}

function beside(entity: Entity, comparison: Comparison): Sql {
  const { column, from } = entity.value(comparison.key)
  const found = isAbsence(comparison) ? from : sql`${from} and ${testOf(column, comparison)}`
  return sql`coalesce((select 1 from ${found} limit 1), 0) ${raw(comparison.operator === 'IS NULL' ? '<> 1' : '<> 0')}`
}

/** Its index has the beginning of each value, since a whole one may be too long for an index. */
function indexed(entity: Entity, comparison: Comparison): Sql {
  const { column, from } = entity.value(comparison.key)
  const beginnings = comparison.values.map((value) => [...String(value)].slice(0, INDEXED_CHARACTERS))
  const begins = sql`left(${column}, ${raw(String(INDEXED_CHARACTERS))})`
  const test = testEqual(
    begins,
    '=',
    beginnings.map((characters) => characters.join('')),
    TYPES.text,
  )
  // a beginning that is shorter is the whole; said twice, the planner would believe it to be twice as rare
  const isWhole = beginnings.every(({ length }) => length < INDEXED_CHARACTERS)
  return sql`exists (select from ${from} and ${isWhole ? test : sql`${test} and ${testOf(column, comparison)}`})`
}

const INDEXED_CHARACTERS = 64

const isAbsence = ({ operator }: Comparison) => operator === 'IS NULL' || operator === 'IS NOT NULL'

const testOf = (value: Sql, { kind, operator, values }: Comparison): Sql =>
  sql`(${TESTS[kind](value, operator, values)})`

type Test = (value: Sql, operator: Operator, values: readonly Value[]) => Sql

const TESTS: Record<Kind, Test> = {
  number: testNumber,
  integer: testInteger,
  text: testText,
  time: testTime,
  id: (value, operator, values) => testEqual(value, operator, values, raw('bigint')),
}

const isNegated = (operator: Operator) => operator === '!=' || operator.startsWith('NOT ')

/** =, !=, IN and NOT IN. */
function testEqual(value: Sql, operator: Operator, values: readonly unknown[], type: Sql): Sql {
  if (values.length === 1) return sql`${value} ${raw(isNegated(operator) ? '<>' : '=')} ${values[0]}::${type}`
  return sql`${value} ${raw(isNegated(operator) ? '<> all' : '= any')} (${values.map(String)}::${type}[])`
}

/**
 * As MLflow compares: NaN is no number, so only != and the NOT forms are true of it. Postgres has it above all numbers, which
 * is why an open upper end stops short of it.
 */
function testNumber(value: Sql, operator: Operator, values: readonly Value[]): Sql {
  const [low, high] = values
  switch (operator) {
    case '>':
    case '>=':
      return sql`${value} ${raw(operator)} ${low}::float8 and ${value} < 'NaN'`
    case '<':
    case '<=':
      return sql`${value} ${raw(operator)} ${low}::float8`
    case 'BETWEEN':
      return sql`${value} between ${low}::float8 and ${high}::float8`
    case 'NOT BETWEEN':
      return sql`${value} not between ${low}::float8 and ${high}::float8`
    default:
      return testEqual(value, operator, values, TYPES.number)
  }
}

function testInteger(value: Sql, operator: Operator, values: readonly Value[]): Sql {
  const [low, high] = values
  switch (operator) {
    case '<':
    case '<=':
    case '>':
    case '>=':
      return sql`${value} ${raw(operator)} ${low}::bigint`
    case 'BETWEEN':
    case 'NOT BETWEEN':
      return sql`${value} ${raw(operator)} ${low}::bigint and ${high}::bigint`
    default:
      return testEqual(value, operator, values, TYPES.integer)
  }
}

function testText(value: Sql, operator: Operator, values: readonly Value[]): Sql {
  switch (operator) {
    case 'LIKE':
    case 'NOT LIKE':
      return sql`${value} ${raw(operator)} ${values[0]}`
    case 'RLIKE':
    case 'NOT RLIKE':
      return sql`${value} ${raw(operator === 'RLIKE' ? '~' : '!~')} ${values[0]}`
    case 'ILIKE':
    case 'NOT ILIKE':
      // what ILIKE does, with the pattern made small once and not again for every row
      return sql`${folded(value)} ${raw(operator === 'ILIKE' ? 'like' : 'not like')} ${folded(sql`${values[0]}::text`)}`
    default:
      return testEqual(value, operator, values, TYPES.text)
  }
}

const folded = (text: Sql) => sql`lower(${text} ${FOLDING}) collate "C"`

function testTime(value: Sql, operator: Operator, values: readonly Value[]): Sql {
  const spans = values as readonly Span[]
  const { first } = spans[0]!
  const { last } = spans.at(-1)!
  switch (operator) {
    case '<':
    case '>=':
      return sql`${value} ${raw(operator)} ${instant(first)}`
    case '>':
    case '<=':
      return sql`${value} ${raw(operator)} ${instant(last)}`
    case 'BETWEEN':
    case 'NOT BETWEEN':
      return sql`${value} ${raw(operator)} ${instant(first)} and ${instant(last)}`
    default: {
      const within = spans.map((span) => sql`${value} between ${instant(span.first)} and ${instant(span.last)}`)
      return isNegated(operator) ? sql`not (${join(within, ' or ')})` : join(within, ' or ')
    }
  }
}

const LARGEST = 2n ** 63n - 1n

/** A number beyond int64 is legal in a filter, and no time is there. */
const instant = (value: bigint) =>
  value > LARGEST || value < -LARGEST - 1n ? sql`${String(value)}::numeric` : sql`${String(value)}::bigint`

/** A key of the order as SQL sees it: always ascending for numbers, so that NaN and then the missing come last both ways. */
type Sort = { value: Sql; type: Sql; descending: boolean; nullable: boolean; place: Entity['place'] }

function sortOf(subject: Subject, { entity: name, key, kind, descending }: OrderKey): Sort {
  const entity = findEntity(subject, name)
  const { column, from, nullable } = entity.value(key)
  const value = entity.place === 'row' ? column : sql`(select ${column} from ${from})`
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

/** What can be searched at all, before any filter. */
export type Within = {
  conditions: readonly Sql[]
  /** The same as a list of groups and the condition to be in one, where an index has each group in order but not all together. */
  groups?: { from: Sql; member: Sql }
}

type PageQuery = {
  within: Within
  filter: readonly Sql[]
  order: readonly OrderKey[]
  limit: number
  last: Position | undefined
}

/** `limit` rows in order, after a position if there is one. A row is its key and its values of the order. */
export function pageToSql(subject: Subject, { within, filter, order, limit, last }: PageQuery): Sql {
  const sorts = order.map((key) => sortOf(subject, key))
  const named = sorts.map((sort, index) => ({ ...sort, value: raw(`k${index}`) }))
  const columns = list(sorts.map(({ value }, index) => sql`${value} as ${raw(`k${index}`)}`))
  const select = sql`select ${subject.key} as n, ${columns} from ${subject.from}`
  // values from beside the row are looked up once, behind a fence, and not again for every mention
  if (sorts.some(({ place }) => place !== 'row'))
    return sql`
      select * from (${select} where ${allOf([...within.conditions, ...filter])} offset 0) page
      where ${last ? after(named, last) : raw('true')} order by ${list(named.map(direction))} limit ${limit}`
  const page = (conditions: readonly Sql[]) => sql`
    ${select} where ${allOf([...conditions, ...filter, ...(last ? [after(sorts, last)] : [])])}
    order by ${list(sorts.map(direction))} limit ${limit}`
  if (!within.groups) return page(within.conditions)
  return sql`
    select page.* from ${within.groups.from} cross join lateral (${page([within.groups.member])}) page
    order by ${list(named.map(direction))} limit ${limit}`
}

const list = (parts: readonly Sql[]): Sql => join(parts, ', ')

export const allOf = (conditions: readonly Sql[]): Sql =>
  conditions.length > 0 ? join(conditions, ' and ') : raw('true')

// An index serves an order only when it agrees about nulls too, even where there can be none.
const direction = ({ value, descending, nullable }: Sort): Sql =>
  sql`${value} ${raw(descending ? 'desc' : 'asc')} ${raw(nullable ? 'nulls last' : '')}`

/** Written inside out, so that its length grows with the number of keys and not with its square. */
function after(sorts: readonly Sort[], last: Position): Sql {
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
