import type { Comparison, Field, Filter, OrderKey, Span, Value } from './tree.ts'

type Held = string | number | bigint

/** A row of a search as plain data: what it has under each field, several values only for datasets. */
export type ModelRow = { key: bigint; values: ReadonlyMap<string, readonly Held[]> }

const fieldName = ({ entity, key }: Pick<Field, 'entity' | 'key'>) => `${entity}.${key}`

const held = (row: ModelRow, field: Pick<Field, 'entity' | 'key'>): readonly Held[] =>
  row.values.get(fieldName(field)) ?? []

/** Search as it is meant, row by row, in plain JavaScript: the judge of the SQL. */
export function evaluate(filter: Filter | undefined, row: ModelRow): boolean {
  if (!filter) return true
  switch (filter.type) {
    case 'and':
      return filter.terms.every((term) => evaluate(term, row))
    case 'or':
      return filter.terms.some((term) => evaluate(term, row))
    case 'not':
      return !evaluate(filter.term, row)
    case 'comparison':
      return passes(filter, held(row, filter))
  }
}

function passes(comparison: Comparison, values: readonly Held[]): boolean {
  if (comparison.operator === 'IS NULL') return values.length === 0
  if (comparison.operator === 'IS NOT NULL') return values.length > 0
  return values.some((value) => compares(comparison, value))
}

function compares({ operator, values, kind }: Comparison, value: Held): boolean {
  const [a, b] = values
  const equals = (other: Value) => (kind === 'time' ? within(value, other as Span) : value === other)
  switch (operator) {
    case '=':
    case 'IN':
      return values.some(equals)
    case '!=':
    case 'NOT IN':
      return !values.some(equals)
    case '<':
      return value < first(a)
    case '<=':
      return value <= last(a)
    case '>':
      return value > last(a)
    case '>=':
      return value >= first(a)
    case 'BETWEEN':
      return value >= first(a) && value <= last(b)
    case 'NOT BETWEEN':
      return !(value >= first(a) && value <= last(b))
    case 'LIKE':
      return like(String(value), String(a))
    case 'NOT LIKE':
      return !like(String(value), String(a))
    case 'ILIKE':
      return like(String(value).toLowerCase(), String(a).toLowerCase())
    case 'NOT ILIKE':
      return !like(String(value).toLowerCase(), String(a).toLowerCase())
    case 'RLIKE':
      return new RegExp(String(a), 'su').test(String(value))
    case 'NOT RLIKE':
      return !new RegExp(String(a), 'su').test(String(value))
    default:
      throw new TypeError(`no value for ${operator}`)
  }
}

const first = (value: Value | undefined): Held => (typeof value === 'object' ? value.first : (value ?? ''))
const last = (value: Value | undefined): Held => (typeof value === 'object' ? value.last : (value ?? ''))
const within = (value: Held, span: Span) => typeof value === 'bigint' && value >= span.first && value <= span.last

function like(text: string, pattern: string): boolean {
  let regex = ''
  const characters = [...pattern]
  for (let n = 0; n < characters.length; n += 1) {
    const character = characters[n]!
    if (character === '%') regex += '.*'
    else if (character === '_') regex += '.'
    else regex += (character === '\\' ? characters[++n]! : character).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  }
  return new RegExp(`^${regex}$`, 'su').test(text)
}

/** The rows in order: real values, then NaN, then rows without a value, whichever the direction. */
export function sorted(rows: readonly ModelRow[], order: readonly OrderKey[]): ModelRow[] {
  return rows.toSorted((left, right) => {
    for (const key of order) {
      const difference = compareBy(key, held(left, key)[0], held(right, key)[0])
      if (difference !== 0) return difference
    }
    return 0
  })
}

function compareBy({ descending }: OrderKey, left: Held | undefined, right: Held | undefined): number {
  const rank = rankOf(left) - rankOf(right)
  if (rank !== 0 || rankOf(left) > 0) return rank
  return descending ? compare(right!, left!) : compare(left!, right!)
}

const rankOf = (value: Held | undefined) => (value === undefined ? 2 : Number.isNaN(value) ? 1 : 0)

/** Texts by code point, as UTF-8 has them; an order has values of one kind only. */
function compare(left: Held, right: Held): number {
  if (typeof left === 'string' || typeof right === 'string')
    return Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)))
  return left < right ? -1 : left > right ? 1 : 0
}
