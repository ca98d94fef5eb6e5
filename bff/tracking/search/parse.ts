import { RE2JS } from 're2js'
import { invalid } from '#contract'
import type { Fail, Token } from './lex.ts'
import { lex } from './lex.ts'
import { parseIsoTime, parseMilliseconds } from './time.ts'
import type { Comparison, Entity, Field, Filter, Kind, Operator, OrderKey, Subject, Value } from './tree.ts'

export const MAX_FILTER_BYTES = 16_384
export const MAX_CLAUSES = 100
const MAX_DEPTH = 64

const COMPARE = ['=', '!=', '<', '<=', '>', '>='] as const
const SETS = ['IN', 'NOT IN'] as const
const NULLS = ['IS NULL', 'IS NOT NULL'] as const
const RANGES = ['BETWEEN', 'NOT BETWEEN'] as const
const OPERATORS: Record<Kind, readonly Operator[]> = {
  number: [...COMPARE, ...SETS, ...RANGES, ...NULLS],
  integer: [...COMPARE, ...SETS, ...RANGES, ...NULLS],
  time: [...COMPARE, ...SETS, ...RANGES, ...NULLS],
  text: ['=', '!=', 'LIKE', 'NOT LIKE', 'ILIKE', 'NOT ILIKE', 'RLIKE', 'NOT RLIKE', ...SETS, ...NULLS],
  id: ['=', '!=', ...SETS],
}

/** Reads tokens from left to right and never goes back, so parsing is linear in the text. */
class Reader {
  readonly fail: Fail
  readonly subject: Subject
  readonly #tokens: Token[]
  #next = 0

  constructor(source: string, subject: Subject, fail: Fail) {
    this.fail = fail
    this.subject = subject
    this.#tokens = lex(source, fail)
  }

  get token(): Token {
    return this.#tokens[this.#next]!
  }

  get atEnd(): boolean {
    return this.token.type === 'end'
  }

  take(): Token {
    const { token } = this
    if (token.type !== 'end') this.#next += 1
    return token
  }

  /** The token in capitals when it is a bare word, else ''. */
  get word(): string {
    const { token } = this
    return token.type === 'name' && token.parts.length === 1 && token.parts[0]?.quote === ''
      ? token.text.toUpperCase()
      : ''
  }

  takeWord(word: string): boolean {
    const found = this.word === word
    if (found) this.take()
    return found
  }

  takeMark(mark: string): boolean {
    const found = this.token.type === 'punctuation' && this.token.text === mark
    if (found) this.take()
    return found
  }
}

/** The tree of a filter; undefined when it is blank, which is to say that everything passes. */
export function parseFilter(subject: Subject, source: string): Filter | undefined {
  if (source.length > MAX_FILTER_BYTES || Buffer.byteLength(source) > MAX_FILTER_BYTES)
    throw invalid(`The filter is too long: at most ${MAX_FILTER_BYTES} bytes are allowed`)
  const reader = new Reader(source, subject, failInFilter)
  if (reader.atEnd) return undefined
  const state = { clauses: 0, depth: 0 }
  const filter = parseOr(reader, state)
  if (!reader.atEnd) refuseRest(reader)
  return filter
}

type State = { clauses: number; depth: number }

const failInFilter: Fail = (message, { position, text }) => {
  throw invalid(`${message} (at character ${position + 1})`, { position, length: text.length })
}

function refuseRest({ token, fail }: Reader): never {
  if (token.text === ';') fail('The search filter contains multiple expressions; join them by AND or OR', token)
  if (token.text === ')') fail("Invalid clause(s) in filter string: ')' closes nothing", token)
  return fail(`Invalid clause(s) in filter string: ${show(token)} where AND, OR or the end was expected`, token)
}

const show = (token: Token) => (token.type === 'end' ? 'the end of the filter' : `'${token.text}'`)

function parseOr(reader: Reader, state: State): Filter {
  const terms = [parseAnd(reader, state)]
  while (reader.takeWord('OR')) terms.push(parseAnd(reader, state))
  return terms.length === 1 ? terms[0]! : { type: 'or', terms }
}

function parseAnd(reader: Reader, state: State): Filter {
  const terms = [parseTerm(reader, state)]
  while (reader.takeWord('AND')) terms.push(parseTerm(reader, state))
  return terms.length === 1 ? terms[0]! : { type: 'and', terms }
}

function parseTerm(reader: Reader, state: State): Filter {
  const { token } = reader
  const negated = reader.takeWord('NOT')
  if (!negated && !reader.takeMark('(')) return parseComparison(reader, state)
  state.depth += 1
  if (state.depth > MAX_DEPTH) reader.fail(`The filter is nested more than ${MAX_DEPTH} levels deep`, token)
  const term = negated ? parseTerm(reader, state) : parseOr(reader, state)
  if (!negated && !reader.takeMark(')'))
    reader.fail(`Invalid clause(s) in filter string: ${show(reader.token)} where ')' was expected`, reader.token)
  state.depth -= 1
  return negated ? { type: 'not', term } : term
}

function parseComparison(reader: Reader, state: State): Comparison {
  const start = reader.token
  const field = parseField(reader)
  state.clauses += 1
  if (state.clauses > MAX_CLAUSES) reader.fail(`The filter has more than ${MAX_CLAUSES} clauses`, start)
  const operator = parseOperator(reader, field)
  return { type: 'comparison', ...field, operator, values: parseValues(reader, field, operator) }
}

const RESERVED = new Set(['AND', 'OR', 'NOT', 'IN', 'IS', 'LIKE', 'ILIKE', 'RLIKE', 'BETWEEN'])

function parseField(reader: Reader): Field {
  const { token, fail, word } = reader
  if (token.type !== 'name' || RESERVED.has(word)) {
    if (token.text === ';') return refuseRest(reader)
    const isValue = token.type === 'string' || token.type === 'number' || token.type === 'date'
    const hint = isValue ? '; the field goes on the left of the comparison and the value on the right' : ''
    return fail(`Invalid clause(s) in filter string: ${show(token)} where a field was expected${hint}`, token)
  }
  reader.take()
  const [first, ...rest] = token.parts
  const entity = rest.length === 0 ? attributeOf(reader.subject) : findEntity(reader, first!.text, token)
  const key = (rest.length === 0 ? token.parts : rest).map((part) => part.text).join('.')
  return resolve(reader, entity, key, token)
}

/** What a field without an entity belongs to. */
const attributeOf = ({ entities }: Subject): Entity => entities.find(({ name }) => name === 'attribute')!

function findEntity({ subject, fail }: Reader, alias: string, token: Token): Entity {
  const entity = subject.entities.find(({ aliases }) => aliases.includes(alias))
  const known = subject.entities.map(({ name }) => `'${name}'`).join(', ')
  return entity ?? fail(`Invalid entity type '${alias}'. Valid entity types are ${known}`, token)
}

function resolve({ fail }: Reader, entity: Entity, written: string, token: Token): Field {
  return fieldOf(entity, written) ?? fail(noSuchKey(entity, written), token)
}

/** The field of an entity that has this key, or this other spelling of it. */
function fieldOf({ name, keys, synonyms }: Entity, written: string): Field | undefined {
  if (typeof keys === 'string') return { entity: name, key: written, kind: keys }
  const key = synonyms && Object.hasOwn(synonyms, written) ? synonyms[written]! : written
  const kind = Object.hasOwn(keys, key) ? keys[key] : undefined
  return kind && { entity: name, key, kind }
}

const noSuchKey = ({ name, keys }: Entity, written: string) =>
  `Invalid ${name} key '${written}' specified. Valid keys are ${Object.keys(keys)
    .map((valid) => `'${valid}'`)
    .join(', ')}`

function parseOperator(reader: Reader, field: Field): Operator {
  const { token } = reader
  const text = readOperator(reader)
  const allowed = OPERATORS[field.kind]
  const operator = allowed.find((known) => known === text)
  const what = field.entity === 'attribute' ? `attribute '${field.key}'` : field.entity
  return operator ?? reader.fail(`Invalid comparator '${text}' for ${what}, not one of ${allowed.join(', ')}`, token)
}

/** An operator in its normal spelling, of one to three tokens, or whatever stands in its place. */
function readOperator(reader: Reader): string {
  const { token, word } = reader
  if (token.type === 'operator') return reader.take().text
  if (word === 'IS') {
    reader.take()
    const not = reader.takeWord('NOT')
    if (!reader.takeWord('NULL'))
      reader.fail(`Invalid clause(s) in filter string: ${show(reader.token)} where NULL was expected`, reader.token)
    return not ? 'IS NOT NULL' : 'IS NULL'
  }
  if (word === 'NOT') {
    reader.take()
    if (RESERVED.has(reader.word)) return `NOT ${reader.take().text.toUpperCase()}`
  }
  if (!word || word === 'AND' || word === 'OR' || word === 'NOT')
    reader.fail(
      `Invalid clause(s) in filter string: ${show(reader.token)} where a comparator was expected`,
      reader.token,
    )
  reader.take()
  return word
}

function parseValues(reader: Reader, field: Field, operator: Operator): Value[] {
  if (operator === 'IS NULL' || operator === 'IS NOT NULL') return []
  if (operator === 'IN' || operator === 'NOT IN') return parseList(reader, field)
  const value = parseValue(reader, field, operator)
  if (operator !== 'BETWEEN' && operator !== 'NOT BETWEEN') return [value]
  if (!reader.takeWord('AND'))
    reader.fail(
      `Invalid clause(s) in filter string: ${show(reader.token)} where the AND of ${operator} was expected`,
      reader.token,
    )
  return [value, parseValue(reader, field, operator)]
}

function parseList(reader: Reader, field: Field): Value[] {
  const example = field.kind === 'number' || field.kind === 'integer' ? '(1, 2)' : "('a', 'b')"
  if (!reader.takeMark('('))
    reader.fail(
      `Invalid clause(s) in filter string: ${show(reader.token)} where a list such as ${example} was expected`,
      reader.token,
    )
  const values: Value[] = []
  // a comma may trail: Python prints a tuple of one as ('a',)
  do values.push(parseValue(reader, field, 'IN'))
  while (reader.takeMark(',') && reader.token.text !== ')')
  if (!reader.takeMark(')'))
    reader.fail(`Invalid clause(s) in filter string: ${show(reader.token)} where ',' or ')' was expected`, reader.token)
  return values
}

function parseValue(reader: Reader, field: Field, operator: Operator): Value {
  const { token, fail } = reader
  if (token.type === 'end' || token.type === 'punctuation' || token.type === 'operator')
    return fail(`Invalid clause(s) in filter string: ${show(token)} where a value was expected`, token)
  reader.take()
  if (field.kind === 'number')
    return token.type === 'number'
      ? Number(token.text)
      : fail(`Expected numeric value type for ${field.entity}. Found ${token.text}`, token)
  const text = stringValue(token)
  if (field.kind === 'time') {
    const time = token.type === 'number' ? parseMilliseconds(token.text) : parseIsoTime(text ?? token.text)
    return time ?? fail(expectedTime(field, token), token)
  }
  if (field.kind === 'integer')
    return parseInteger(text ?? token.text) ?? fail(`Invalid ${field.key} ${token.text}: it must be an integer`, token)
  if (text === undefined) return fail(expectedString(field, token), token)
  if (field.kind === 'id')
    return parseInteger(text) ?? fail(`Invalid ${field.key} '${text}': it must be an integer`, token)
  if (operator.endsWith('RLIKE')) {
    const problem = expressionProblem(text)
    return problem ? fail(`Invalid regular expression: ${problem}`, token) : text
  }
  if (operator.endsWith('LIKE') && /(?:^|[^\\])(?:\\\\)*\\$/.test(text))
    fail(
      'A LIKE pattern must not end with a single backslash, which takes the meaning from the character after it',
      token,
    )
  return text
}

const MAX_EXPRESSION = 1_000

/**
 * RE2 has what can be matched in one pass over the text, and nothing else: no backreference, no look-around, no repetition
 * of repetitions without end. What it takes, Postgres may search for.
 */
function expressionProblem(expression: string): string | undefined {
  if (expression.length > MAX_EXPRESSION) return `it has more than ${MAX_EXPRESSION} characters`
  try {
    RE2JS.compile(expression)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : 'it cannot be read'
  }
}

/** A quoted value. `"x"` is lexed as a name, since on the left of a comparison it is one. */
function stringValue(token: Token): string | undefined {
  if (token.type === 'string') return token.value
  return token.type === 'name' && token.parts.length === 1 && token.parts[0]?.quote === '"'
    ? token.parts[0].text
    : undefined
}

const expectedString = ({ entity }: Field, { text, type }: Token) =>
  type === 'name'
    ? `Parameter value is either not quoted or in unidentified quotes: ${text}. Use single or double quotes`
    : `Expected a quoted string value for ${entity} (e.g. 'my-value'). Got value ${text}`

const expectedTime = ({ key }: Field, { text }: Token) =>
  `Expected numeric value type for numeric attribute: ${key}, in milliseconds, or a date such as '2026-11-01' or '2026-11-01T08:30:00Z'. Found ${text}`

const parseInteger = (text: string) => (/^-?\d{1,18}$/.test(text) ? BigInt(text) : undefined)

const MAX_ORDER_KEYS = 100
const MAX_ORDER_LENGTH = 1_000

/** The order that is asked for, without the tie-breakers. */
export function parseOrder(subject: Subject, clauses: readonly string[]): OrderKey[] {
  if (clauses.length > MAX_ORDER_KEYS) throw invalid(`order_by has more than ${MAX_ORDER_KEYS} keys`)
  const keys = clauses.map((clause) => parseOrderKey(subject, clause))
  const seen = new Set<string>()
  for (const { entity, key } of keys) {
    const name = `${entity}.${key}`
    if (seen.has(name)) throw invalid(`order_by contains duplicate fields: ${name}`)
    seen.add(name)
  }
  return keys
}

function parseOrderKey(subject: Subject, clause: string): OrderKey {
  if (clause.length > MAX_ORDER_LENGTH) throw invalid(`An order_by clause has more than ${MAX_ORDER_LENGTH} characters`)
  const fail: Fail = (message, { position }) => {
    throw invalid(`Invalid order_by clause '${clause}': ${message} (at character ${position + 1})`)
  }
  const reader = new Reader(clause, subject, fail)
  const start = reader.token
  const field = parseField(reader)
  if (!subject.entities.find(({ name }) => name === field.entity)?.orderable)
    fail(`Invalid order_by entity '${field.entity}'`, start)
  const descending = reader.takeWord('DESC')
  if (!descending) reader.takeWord('ASC')
  if (!reader.atEnd)
    fail(`Invalid ordering key: ${show(reader.token)} where ASC, DESC or the end was expected`, reader.token)
  return { ...field, descending }
}

/** A key of an order that comes as an object: its field is a name as it is, with no quotes around any part. */
export type OrderObject = {
  field_name: string
  ascending: boolean
  dataset_name?: string | undefined
  dataset_digest?: string | undefined
}

/** The same for logged models, whose order comes in objects. A key that is there already changes nothing and is left out. */
export function parseOrderObjects(subject: Subject, objects: readonly OrderObject[]): OrderKey[] {
  if (objects.length > MAX_ORDER_KEYS) throw invalid(`order_by has more than ${MAX_ORDER_KEYS} keys`)
  const keys = new Map<string, OrderKey>()
  for (const object of objects) {
    const key = orderKeyOf(subject, object)
    const name = JSON.stringify([key.entity, key.key, key.on])
    if (!keys.has(name)) keys.set(name, key)
  }
  return [...keys.values()]
}

function orderKeyOf(subject: Subject, { field_name, ascending, dataset_name, dataset_digest }: OrderObject): OrderKey {
  const dot = field_name.indexOf('.')
  const alias = field_name.slice(0, Math.max(dot, 0))
  const entity = dot < 0 ? attributeOf(subject) : subject.entities.find(({ aliases }) => aliases.includes(alias))
  if (!entity?.orderable)
    throw invalid(`Invalid order by field name: ${field_name}. Order by an attribute or by metrics.<key>`)
  const written = field_name.slice(dot + 1)
  const field = fieldOf(entity, written)
  if (!field) throw invalid(`Invalid order by field name: ${field_name}. ${noSuchKey(entity, written)}`)
  if (dataset_digest && !dataset_name)
    throw invalid('order_by: a dataset_digest needs the dataset_name that it belongs to')
  return { ...field, descending: !ascending, on: dataset_name ? [{ name: dataset_name, digest: dataset_digest }] : [] }
}
