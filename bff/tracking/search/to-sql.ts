import type { Sql } from '#kit/sql.ts'
import { join, raw, sql } from '#kit/sql.ts'
import type { Comparison, Entity, Filter, Kind, Operator, Span, Subject, Value } from './tree.ts'

/** Where Unicode decides what a small letter is. Every Postgres with ICU has it, PGlite too; the columns are collate "C". */
const FOLDING = raw('collate "und-x-icu"')

export const TYPES: Record<Kind, Sql> = {
  number: raw('float8'),
  integer: raw('bigint'),
  text: raw('text'),
  time: raw('bigint'),
  id: raw('bigint'),
}

export const findEntity = (subject: Subject, entity: string): Entity => {
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
 * Which rows are looked at is not left to its guesses either: see driverToSql and pageToSql.
 */
export function filterToSql(subject: Subject, filter: Filter): Sql {
  if (filter.type === 'not') return sql`not ${filterToSql(subject, filter.term)}`
  if (filter.type !== 'comparison')
    return sql`(${join(
      filter.terms.map((term) => filterToSql(subject, term)),
      ` ${filter.type} `,
    )})`
  const entity = findEntity(subject, filter.entity)
  return entity.place === 'row' ? inRow(entity, filter) : beside(entity, filter)
}

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

const isAbsence = ({ operator }: Comparison) => operator === 'IS NULL' || operator === 'IS NOT NULL'

export const testOf = (value: Sql, { kind, operator, values }: Comparison): Sql =>
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
export function testEqual(value: Sql, operator: Operator, values: readonly unknown[], type: Sql): Sql {
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

export const allOf = (conditions: readonly Sql[]): Sql =>
  conditions.length > 0 ? join(conditions, ' and ') : raw('true')
