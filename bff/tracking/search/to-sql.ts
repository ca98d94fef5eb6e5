import type { Sql } from '#kit/sql.ts'
import { empty, join, raw, sql } from '#kit/sql.ts'
import type { Comparison, Entity, Filter, Kind, Operator, OrderKey, Span, Subject, Value } from './tree.ts'

/** Where Unicode decides what a small letter is. Every Postgres with ICU has it, PGlite too; the columns are collate "C". */
const FOLDING = raw('collate "und-x-icu"')

const TYPES: Record<Kind, Sql> = { number: raw('float8'), text: raw('text'), time: raw('bigint'), id: raw('bigint') }

export const findEntity = (subject: Subject, entity: string): Entity => {
  const found = subject.entities.find(({ name }) => name === entity)
  if (!found) throw new TypeError(`${subject.name} have no ${entity}`)
  return found
}

/** A condition on one row of the subject which is true or false and never null. */
export function filterToSql(subject: Subject, filter: Filter): Sql {
  switch (filter.type) {
    case 'and':
    case 'or':
      return sql`(${join(
        filter.terms.map((term) => filterToSql(subject, term)),
        ` ${filter.type} `,
      )})`
    case 'not':
      return sql`not ${filterToSql(subject, filter.term)}`
    case 'comparison':
      return comparisonToSql(findEntity(subject, filter.entity), filter)
  }
}

function comparisonToSql(entity: Entity, { key, kind, operator, values }: Comparison): Sql {
  if (operator === 'IS NOT NULL') return entity.some(key, () => sql`true`)
  if (operator === 'IS NULL') return sql`not ${entity.some(key, () => sql`true`)}`
  return entity.some(key, (value) => sql`(${TESTS[kind](value, operator, values)})`)
}

type Test = (value: Sql, operator: Operator, values: readonly Value[]) => Sql

const TESTS: Record<Kind, Test> = {
  number: testNumber,
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

function testText(value: Sql, operator: Operator, values: readonly Value[]): Sql {
  switch (operator) {
    case 'LIKE':
    case 'NOT LIKE':
      return sql`${value} ${raw(operator)} ${values[0]}`
    case 'ILIKE':
    case 'NOT ILIKE':
      return sql`${value} ${FOLDING} ${raw(operator)} ${values[0]}`
    default:
      return testEqual(value, operator, values, TYPES.text)
  }
}

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
type Sort = { value: Sql; type: Sql; descending: boolean; join: Sql }

function sortOf(subject: Subject, { entity, key, kind, descending }: OrderKey, index: number): Sort {
  const { column, join: joined } = findEntity(subject, entity).value!(key, raw(`o${index}`))
  const flip = kind === 'number' && descending
  return {
    value: flip ? sql`-${column}` : column,
    type: TYPES[kind],
    descending: descending && !flip,
    join: joined ?? empty,
  }
}

export type Order = { joins: Sql; columns: Sql; orderBy: Sql; after(last: readonly (string | null)[]): Sql }

/** The order of a search: its joins, what of each row goes into a page token, and the condition to come after such a row. */
export function orderToSql(subject: Subject, keys: readonly OrderKey[]): Order {
  const sorts = keys.map((key, index) => sortOf(subject, key, index))
  return {
    joins: join(
      sorts.map((sort) => sort.join),
      ' ',
    ),
    columns: join(
      sorts.map((sort) => sort.value),
      ', ',
    ),
    orderBy: join(
      sorts.map(({ value, descending }) => sql`${value} ${raw(descending ? 'desc nulls last' : 'asc nulls last')}`),
      ', ',
    ),
    after: (last) => after(sorts, last),
  }
}

/** Written inside out, so that its length grows with the number of keys and not with its square. */
function after(sorts: readonly Sort[], last: readonly (string | null)[]): Sql {
  return sorts.reduceRight<Sql>((rest, { value, type, descending }, index) => {
    const passed = last[index]
    if (passed === null) return sql`(${value} is null and ${rest})`
    const at = sql`${passed}::${type}`
    return sql`(${value} ${raw(descending ? '<' : '>')} ${at} or ${value} is null or (${value} = ${at} and ${rest}))`
  }, raw('false'))
}
