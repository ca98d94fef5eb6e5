import { describe, expect, test } from 'vitest'
import { ApiError } from '#contract'
import { lex } from './lex.ts'
import { MAX_CLAUSES, MAX_FILTER_BYTES, parseFilter, parseOrder } from './parse.ts'
import { EXPERIMENTS, RUNS } from './subjects.ts'
import type { Filter, Subject, Value } from './tree.ts'

/** A tree in one line: every comparison as [entity.key operator values], so that a table of them can be read. */
function print(filter: Filter | undefined): string {
  if (!filter) return '(all)'
  if (filter.type === 'not') return `not(${print(filter.term)})`
  if (filter.type !== 'comparison') return `${filter.type}(${filter.terms.map(print).join(', ')})`
  return `[${[`${filter.entity}.${filter.key}`, filter.operator, ...filter.values.map(printValue)].join(' ')}]`
}

const printValue = (value: Value) =>
  typeof value === 'object'
    ? value.first === value.last
      ? `@${value.first}`
      : `@${value.first}..${value.last}`
    : typeof value === 'string'
      ? JSON.stringify(value)
      : String(value)

const DAY = '@1793491200000..1793577599999' // 2026-11-01

const refusal = (subject: Subject, filter: string) => {
  try {
    return `accepted: ${print(parseFilter(subject, filter))}`
  } catch (error) {
    return error
  }
}

describe('a filter of runs', () => {
  test.each([
    ['', '(all)'],
    ['  \n\t ', '(all)'],
    // entities and their aliases
    ['metrics.acc > 0.5', '[metric.acc > 0.5]'],
    ['metric.acc > 0.5', '[metric.acc > 0.5]'],
    ["params.m = 'LR'", '[parameter.m = "LR"]'],
    ["param.m = 'LR'", '[parameter.m = "LR"]'],
    ["parameter.m = 'LR'", '[parameter.m = "LR"]'],
    ["parameters.m = 'LR'", '[parameter.m = "LR"]'],
    ["tags.t = 'x'", '[tag.t = "x"]'],
    ["tag.t = 'x'", '[tag.t = "x"]'],
    ["attributes.status = 'FINISHED'", '[attribute.status = "FINISHED"]'],
    ["attribute.status = 'FINISHED'", '[attribute.status = "FINISHED"]'],
    ["attr.status = 'FINISHED'", '[attribute.status = "FINISHED"]'],
    ["run.status = 'FINISHED'", '[attribute.status = "FINISHED"]'],
    ["status = 'FINISHED'", '[attribute.status = "FINISHED"]'],
    ["datasets.name = 'x'", '[dataset.name = "x"]'],
    ["dataset.digest LIKE 'x%'", '[dataset.digest LIKE "x%"]'],
    ["dataset.context IN ('train', 'eval')", '[dataset.context IN "train" "eval"]'],
    // attributes
    ["run_id = 'A'", '[attribute.run_id = "A"]'],
    ["run_name = 'x'", '[attribute.run_name = "x"]'],
    ["`Run Name` = 'x'", '[attribute.run_name = "x"]'],
    ['"run name" = \'x\'', '[attribute.run_name = "x"]'],
    ["attributes.`Run name` = 'x'", '[attribute.run_name = "x"]'],
    ["user_id != 'x'", '[attribute.user_id != "x"]'],
    ["artifact_uri LIKE 's3%'", '[attribute.artifact_uri LIKE "s3%"]'],
    ['created > 5', '[attribute.start_time > @5]'],
    ['attributes.Created > 5', '[attribute.start_time > @5]'],
    ['end_time <= 5', '[attribute.end_time <= @5]'],
    // keys
    ["tags.mlflow.source.type = 'x'", '[tag.mlflow.source.type = "x"]'],
    ["tags.`mlflow.user` = 'x'", '[tag.mlflow.user = "x"]'],
    ['tags."mlflow.user" = "x"', '[tag.mlflow.user = "x"]'],
    ['metrics.`val/loss` < 3', '[metric.val/loss < 3]'],
    ['metrics."val loss" < 3', '[metric.val loss < 3]'],
    ['metrics.`a"b` < 3', '[metric.a"b < 3]'],
    ['metrics.`a``b` < 3', '[metric.a`b < 3]'],
    ['metrics.5a > 1', '[metric.5a > 1]'],
    ['metrics.in > 1', '[metric.in > 1]'],
    ["params.select = 'x'", '[parameter.select = "x"]'],
    ["params.NOT = 'x'", '[parameter.NOT = "x"]'],
    ['metrics.A > 1', '[metric.A > 1]'],
    ['metrics.é > 1', '[metric.é > 1]'],
    ["tags.日本 = '語'", '[tag.日本 = "語"]'],
    ['`metrics`.`a` > 1', '[metric.a > 1]'],
    ['metrics.a.`b c` > 1', '[metric.a.b c > 1]'],
    ['metrics.`` > 1', '[metric. > 1]'],
    ['metrics.constructor > 1', '[metric.constructor > 1]'],
    // numbers
    ['metrics.a > -1', '[metric.a > -1]'],
    ['metrics.a > +5', '[metric.a > 5]'],
    ['metrics.a > .5', '[metric.a > 0.5]'],
    ['metrics.a > 5.', '[metric.a > 5]'],
    ['metrics.a > -1.5e-3', '[metric.a > -0.0015]'],
    ['metrics.a > 1E5', '[metric.a > 100000]'],
    ['metrics.a > 1e400', '[metric.a > Infinity]'],
    ['metrics.a>0.5', '[metric.a > 0.5]'],
    ['metrics.a = 12345678901234567890', '[metric.a = 12345678901234567000]'],
    ['metrics.a\n>=\t1', '[metric.a >= 1]'],
    ['metrics.a != 1', '[metric.a != 1]'],
    // strings
    ["params.a = ''", '[parameter.a = ""]'],
    ['params.a = ""', '[parameter.a = ""]'],
    ["params.a = 'it''s'", '[parameter.a = "it\'s"]'],
    ['params.a = "it\'s"', '[parameter.a = "it\'s"]'],
    ['params.a = "say ""x"""', '[parameter.a = "say \\"x\\""]'],
    ["params.a = 'C:\\'", '[parameter.a = "C:\\\\"]'],
    ["params.a = 'x;y'", '[parameter.a = "x;y"]'],
    ["params.a = 'x (y) OR z'", '[parameter.a = "x (y) OR z"]'],
    ["params.a='x'AND params.b='y'", 'and([parameter.a = "x"], [parameter.b = "y"])'],
    ["params.a like 'x%'", '[parameter.a LIKE "x%"]'],
    ["params.a iLiKe 'x%'", '[parameter.a ILIKE "x%"]'],
    ["params.a LIKE 'x\\\\'", '[parameter.a LIKE "x\\\\\\\\"]'],
    ["params.a LIKE '50\\%'", '[parameter.a LIKE "50\\\\%"]'],
    // sets, ranges, absence: more places than MLflow has them in
    ["run_id IN ('a','b')", '[attribute.run_id IN "a" "b"]'],
    ['run_id in ("a", \'b\')', '[attribute.run_id IN "a" "b"]'],
    ["run_id IN ('a',)", '[attribute.run_id IN "a"]'],
    ["run_id NOT IN ('a')", '[attribute.run_id NOT IN "a"]'],
    ["status IN ('FAILED', 'KILLED')", '[attribute.status IN "FAILED" "KILLED"]'],
    ["tags.a not in ('x')", '[tag.a NOT IN "x"]'],
    ["params.a IN ('x')", '[parameter.a IN "x"]'],
    ['metrics.a IN (1, 2.5)', '[metric.a IN 1 2.5]'],
    ['start_time IN (1)', '[attribute.start_time IN @1]'],
    ["params.a NOT LIKE 'x'", '[parameter.a NOT LIKE "x"]'],
    ["params.a NOT ILIKE 'x'", '[parameter.a NOT ILIKE "x"]'],
    ["params.a rlike '^resnet-[0-9]+$'", '[parameter.a RLIKE "^resnet-[0-9]+$"]'],
    ["tags.a NOT RLIKE 'x|y'", '[tag.a NOT RLIKE "x|y"]'],
    ['metrics.a BETWEEN 1 AND 2', '[metric.a BETWEEN 1 2]'],
    ['metrics.a NOT BETWEEN 1 AND 2', '[metric.a NOT BETWEEN 1 2]'],
    ['tags.a IS NULL', '[tag.a IS NULL]'],
    ['tags.a is not null', '[tag.a IS NOT NULL]'],
    ['metrics.a IS NULL', '[metric.a IS NULL]'],
    ['end_time IS NULL', '[attribute.end_time IS NULL]'],
    ['dataset.name IS NOT NULL', '[dataset.name IS NOT NULL]'],
    // logic
    ["metrics.a > 1 and params.b = 'x'", 'and([metric.a > 1], [parameter.b = "x"])'],
    ['metrics.a > 1 OR metrics.b > 2', 'or([metric.a > 1], [metric.b > 2])'],
    ['metrics.a > 1 OR metrics.b > 2 AND metrics.c > 3', 'or([metric.a > 1], and([metric.b > 2], [metric.c > 3]))'],
    ['(metrics.a > 1 OR metrics.b > 2) AND metrics.c > 3', 'and(or([metric.a > 1], [metric.b > 2]), [metric.c > 3])'],
    ['NOT metrics.a > 1 AND metrics.b > 2', 'and(not([metric.a > 1]), [metric.b > 2])'],
    ['NOT (metrics.a > 1 AND metrics.b > 2)', 'not(and([metric.a > 1], [metric.b > 2]))'],
    ['NOT NOT metrics.a > 1', 'not(not([metric.a > 1]))'],
    ['((metrics.a > 1))', '[metric.a > 1]'],
    ['metrics.a BETWEEN 1 AND 2 AND metrics.b > 3', 'and([metric.a BETWEEN 1 2], [metric.b > 3])'],
    // times
    ["start_time >= '2026-11-01'", `[attribute.start_time >= ${DAY}]`],
    ['start_time >= "2026-11-01"', `[attribute.start_time >= ${DAY}]`],
    ['start_time >= 2026-11-01', `[attribute.start_time >= ${DAY}]`],
    ['start_time = 2026-11-01T10:30', '[attribute.start_time = @1793529000000..1793529059999]'],
    ["start_time = '2026-11-01 10:30:05'", '[attribute.start_time = @1793529005000..1793529005999]'],
    ["start_time = '2026-11-01T10:30:05.25Z'", '[attribute.start_time = @1793529005250..1793529005259]'],
    ["start_time = '2026-11-01T10:30:05.123456Z'", '[attribute.start_time = @1793529005123]'],
    ["start_time = '2026-11-01T11:30:00+01:00'", '[attribute.start_time = @1793529000000..1793529000999]'],
    ["start_time BETWEEN '2026-11-01' AND 1793577600000", `[attribute.start_time BETWEEN ${DAY} @1793577600000]`],
    ['start_time > 1.7e12', '[attribute.start_time > @1700000000000]'],
    ['start_time > 1.5', '[attribute.start_time > @2..1]'],
    ['start_time > 9007199254740993', '[attribute.start_time > @9007199254740993]'],
    ['start_time < 99999999999999999999', '[attribute.start_time < @9223372036854775808]'],
    ['end_time > -1e300', '[attribute.end_time > @-9223372036854775809]'],
  ])('reads %s', (filter, tree) => {
    expect(print(parseFilter(RUNS, filter))).toBe(tree)
  })

  test.each([
    // filter, what the message says, the marked text and where it is (from 0)
    ["metrics.a > '1'", 'Expected numeric value type for metric', "'1'", 12],
    ['metrics.a > NaN', 'Expected numeric value type for metric', 'NaN', 12],
    ['metrics.a > metrics.b', 'Expected numeric value type for metric', 'metrics.b', 12],
    ['metrics.a > 2026-11-01', 'Expected numeric value type for metric', '2026-11-01', 12],
    ['params.a = 1', "Expected a quoted string value for parameter (e.g. 'my-value')", '1', 11],
    ['tags.a = 1.0', 'Expected a quoted string value for tag', '1.0', 9],
    ['params.a = LR', 'not quoted or in unidentified quotes', 'LR', 11],
    ['params.a = `LR`', 'not quoted or in unidentified quotes', '`LR`', 11],
    ['params.a = params.b', 'not quoted or in unidentified quotes', 'params.b', 11],
    ['dataset.name = 5', 'Expected a quoted string value for dataset', '5', 15],
    ["start_time > '1234'", 'Expected numeric value type for numeric attribute: start_time', "'1234'", 13],
    ['start_time > yesterday', 'Expected numeric value type for numeric attribute', 'yesterday', 13],
    ["start_time > '2026-02-30'", 'Expected numeric value type for numeric attribute', "'2026-02-30'", 13],
    ["start_time > '2026-11-01T25:00'", 'Expected numeric value type', "'2026-11-01T25:00'", 13],
    ['start_time > 2026-11', "'-11' where AND, OR or the end was expected", '-11', 17],
    ['start_time > 1e999', 'Expected numeric value type', '1e999', 13],
    ["foo = 'x'", "Invalid attribute key 'foo'", 'foo', 0],
    ["constructor = 'x'", "Invalid attribute key 'constructor'", 'constructor', 0],
    ["attributes.experiment_id = '1'", "Invalid attribute key 'experiment_id'", 'attributes.experiment_id', 0],
    ["lifecycle_stage = 'active'", "Invalid attribute key 'lifecycle_stage'", 'lifecycle_stage', 0],
    ['`metrics.a` > 1', "Invalid attribute key 'metrics.a'", '`metrics.a`', 0],
    ["dataset.foo = 'x'", "Invalid dataset key 'foo'", 'dataset.foo', 0],
    ["foo.bar = 'x'", "Invalid entity type 'foo'", 'foo.bar', 0],
    ['Metrics.a > 1', "Invalid entity type 'Metrics'", 'Metrics.a', 0],
    ['metrics.a == 3', "Invalid comparator '==' for metric, not one of =, !=, <, <=, >, >=", '==', 10],
    ['metrics.a <> 3', "Invalid comparator '<>'", '<>', 10],
    ["metrics.a LIKE 'x'", "Invalid comparator 'LIKE' for metric", 'LIKE', 10],
    ["params.a > 'x'", "Invalid comparator '>' for parameter, not one of =, !=, LIKE", '>', 9],
    ["params.a BETWEEN 'a' AND 'b'", "Invalid comparator 'BETWEEN'", 'BETWEEN', 9],
    ["params.a =~ 'x'", "Invalid comparator '=~'", '=~', 9],
    ["params.a ! = 'x'", "Invalid comparator '!'", '!', 9],
    ["end_time LIKE '5'", "Invalid comparator 'LIKE' for attribute 'end_time'", 'LIKE', 9],
    ["dataset.name > 'x'", "Invalid comparator '>' for dataset", '>', 13],
    ['metrics.a', 'the end of the filter where a comparator was expected', '', 9],
    ['metrics.a >', 'the end of the filter where a value was expected', '', 11],
    ['> 3', "'>' where a field was expected", '>', 0],
    ['0.5 < metrics.a', 'the field goes on the left', '0.5', 0],
    ["'a' = params.a", 'the field goes on the left', "'a'", 0],
    ['"LR" = params.a', "Invalid attribute key 'LR'", '"LR"', 0],
    ['metrics.a > 1;', 'multiple expression', ';', 13],
    ['metrics.a > 1; metrics.b > 2', 'multiple expression', ';', 13],
    [';', 'multiple expression', ';', 0],
    ['metrics.a > 1, metrics.b > 2', "',' where AND, OR or the end was expected", ',', 13],
    ["metrics.a > 1 params.b = 'x'", "'params.b' where AND, OR or the end was expected", 'params.b', 14],
    ['metrics.a > 1 AND', 'the end of the filter where a field was expected', '', 17],
    ['AND metrics.a > 1', "'AND' where a field was expected", 'AND', 0],
    ['metrics.a > 1 AND OR metrics.b > 2', "'OR' where a field was expected", 'OR', 18],
    ['NOT', 'the end of the filter where a field was expected', '', 3],
    ['()', "')' where a field was expected", ')', 1],
    ['(metrics.a > 1', "the end of the filter where ')' was expected", '', 14],
    ['metrics.a > 1)', "')' closes nothing", ')', 13],
    ['metrics.a > (1)', "'(' where a value was expected", '(', 12],
    ['metrics.a BETWEEN 1', 'where the AND of BETWEEN was expected', '', 19],
    ['metrics.a BETWEEN 1 OR 2', 'where the AND of BETWEEN was expected', 'OR', 20],
    ['metrics.a IS 5', "'5' where NULL was expected", '5', 13],
    ['metrics.a NOT 5', "'5' where a comparator was expected", '5', 14],
    ['metrics.a NOT IS NULL', "Invalid comparator 'NOT IS'", 'NOT', 10],
    ["run_id IN 'a'", 'where a list such as', "'a'", 10],
    ['run_id IN ()', "')' where a value was expected", ')', 11],
    ["run_id IN (,'a')", "',' where a value was expected", ',', 11],
    ["run_id IN ('a'", "where ',' or ')' was expected", '', 14],
    ["run_id IN ('a' 'b')", "where ',' or ')' was expected", "'b'", 15],
    ['run_id IN (a)', 'not quoted or in unidentified quotes', 'a', 11],
    ['run_id IN (1)', 'Expected a quoted string value', '1', 11],
    ["params.a = 'x", "the quote ' is not closed", "'", 11],
    ['params.a = "x\'', 'the quote " is not closed', '"', 11],
    ["params.a = 'it\\'s'", "the quote ' is not closed", "'", 17],
    ["params.'acc' = 'x'", 'no key follows the dot', "'", 7],
    ['metrics. > 1', 'no key follows the dot', ' ', 8],
    ['metrics.val/loss < 3', 'as in metrics.`val/loss`', '/', 11],
    ['metrics.f1-score > 0.5', 'as in metrics.`val/loss`', '-', 10],
    ["tags.a:b = 'x'", 'as in metrics.`val/loss`', ':', 6],
    ['metrics . a > 1', "'.' has no meaning here", '.', 8],
    ['metrics.a > 1 -- c', "'-' has no meaning here", '-', 14],
    ['metrics.a > 0x10', "'0x10' is not a number", '0x10', 12],
    ['metrics.a > 1_000', "'1_000' is not a number", '1_000', 12],
    ["params.a LIKE 'x\\'", 'must not end with a single backslash', "'x\\'", 14],
    ["params.a RLIKE '(a)\\1'", 'Invalid regular expression', "'(a)\\1'", 15],
    ["params.a RLIKE 'a(?=b)'", 'Invalid regular expression', "'a(?=b)'", 15],
    ["params.a RLIKE '(a{1000}){1000}'", 'Invalid regular expression', "'(a{1000}){1000}'", 15],
    ["params.a RLIKE '['", 'Invalid regular expression', "'['", 15],
    [`params.a RLIKE '${'a'.repeat(1001)}'`, 'more than 1000', `'${'a'.repeat(1001)}'`, 15],
    ["params.a ILIKE 'x\\\\\\'", 'must not end with a single backslash', "'x\\\\\\'", 15],
    ["params.a = 'x\0'", 'NUL', '\0', 13],
    ['\0', 'NUL', '\0', 0],
    ['metrics.a > 😀', "'😀' has no meaning here", '😀', 12],
    ["tags.😀 = 'x'", 'no key follows the dot', '\ud83d', 5],
  ])('refuses %s', (filter, message, marked, position) => {
    const error = refusal(RUNS, filter)
    expect(error).toBeInstanceOf(ApiError)
    const { code, details, message: said } = error as ApiError
    expect({ code, position: details.position, length: details.length }).toEqual({
      code: 'INVALID_PARAMETER_VALUE',
      position,
      length: marked.length,
    })
    expect(said).toContain(message)
    expect(said).toMatch(new RegExp(` \\(at character ${position + 1}\\)$`))
  })
})

describe('a filter of experiments', () => {
  test.each([
    ["name LIKE 'a%'", '[attribute.name LIKE "a%"]'],
    ["attribute.name = 'a'", '[attribute.name = "a"]'],
    ["name IN ('a', 'b')", '[attribute.name IN "a" "b"]'],
    ["experiment_id = '12'", '[attribute.experiment_id = 12]'],
    ["experiment_id NOT IN ('1', '2')", '[attribute.experiment_id NOT IN 1 2]'],
    ['creation_time > 5', '[attribute.creation_time > @5]'],
    ['last_update_time >= 2026-11-01', `[attribute.last_update_time >= ${DAY}]`],
    ["tags.team = 'x' AND tag.a IS NULL", 'and([tag.team = "x"], [tag.a IS NULL])'],
  ])('reads %s', (filter, tree) => {
    expect(print(parseFilter(EXPERIMENTS, filter))).toBe(tree)
  })

  test.each([
    ["attributes.name = 'a'", "Invalid entity type 'attributes'"],
    ["params.a = 'x'", "Invalid entity type 'params'"],
    ['experiment_id = 12', 'Expected a quoted string value'],
    ["experiment_id = 'x'", "Invalid experiment_id 'x'"],
    ["experiment_id LIKE '1%'", "Invalid comparator 'LIKE'"],
    ["experiment_id < '1'", "Invalid comparator '<'"],
    ["run_id = 'x'", "Invalid attribute key 'run_id'"],
  ])('refuses %s', (filter, message) => {
    expect(refusal(EXPERIMENTS, filter)).toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining(message),
    })
  })
})

describe('an order', () => {
  test.each([
    ['metrics.acc', 'metric.acc asc'],
    ['metrics.acc DESC', 'metric.acc desc'],
    ['metric.acc   desc  ', 'metric.acc desc'],
    ['metrics.`val loss` ASC', 'metric.val loss asc'],
    ['tags."mlflow.user" desc', 'tag.mlflow.user desc'],
    ['params.desc', 'parameter.desc asc'],
    ['params.desc desc', 'parameter.desc desc'],
    ['start_time', 'attribute.start_time asc'],
    ['attributes.created DESC', 'attribute.start_time desc'],
    ['attribute.`Run Name`', 'attribute.run_name asc'],
  ])('reads %s', (clause, expected) => {
    const [key] = parseOrder(RUNS, [clause])
    expect(`${key?.entity}.${key?.key} ${key?.descending ? 'desc' : 'asc'}`).toBe(expected)
  })

  test.each([
    {
      why: 'a wrong direction',
      clauses: ['metrics.a UP'],
      message: "Invalid order_by clause 'metrics.a UP': Invalid ordering key",
    },
    { why: 'two directions', clauses: ['metrics.a ASC DESC'], message: 'Invalid ordering key' },
    { why: 'two fields in one clause', clauses: ['metrics.a, metrics.b'], message: 'Invalid ordering key' },
    { why: 'an empty clause', clauses: [''], message: "Invalid order_by clause ''" },
    { why: 'an unknown attribute', clauses: ['foo'], message: "Invalid attribute key 'foo'" },
    { why: 'an unknown entity', clauses: ['foo.bar'], message: "Invalid entity type 'foo'" },
    { why: 'a dataset', clauses: ['dataset.name'], message: "Invalid order_by entity 'dataset'" },
    { why: 'an open quote', clauses: ['metrics.`a'], message: 'not closed' },
    {
      why: 'the same field twice',
      clauses: ['metrics.a', 'metric.`a` DESC'],
      message: 'order_by contains duplicate fields: metric.a',
    },
    { why: 'the same field under two names', clauses: ['created', 'start_time'], message: 'duplicate fields' },
    {
      why: 'more than 100 keys',
      clauses: Array.from({ length: 101 }, (_, n) => `metrics.m${n}`),
      message: 'more than 100 keys',
    },
    { why: 'an endless clause', clauses: [`metrics.${'m'.repeat(1_000)}`], message: 'more than 1000 characters' },
  ])('refuses $why', ({ clauses, message }) => {
    expect(() => parseOrder(RUNS, clauses)).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining(message) }),
    )
  })

  test('takes 100 keys', () => {
    expect(
      parseOrder(
        RUNS,
        Array.from({ length: 100 }, (_, n) => `metrics.m${n}`),
      ),
    ).toHaveLength(100)
  })
})

describe('limits', () => {
  const clauses = (count: number) => Array.from({ length: count }, (_, n) => `metrics.m${n} > ${n}`).join(' AND ')

  test('100 clauses pass and the 101st is marked', () => {
    expect(parseFilter(RUNS, clauses(MAX_CLAUSES))).toMatchObject({ type: 'and' })
    const text = clauses(MAX_CLAUSES + 1)
    expect(refusal(RUNS, text)).toMatchObject({
      message: expect.stringContaining('more than 100 clauses'),
      details: { position: text.indexOf('metrics.m100'), length: 'metrics.m100'.length },
    })
  })

  test('16 KB pass and one byte more is refused, counted in bytes', () => {
    const padded = (length: number) => `tags.a = '${'x'.repeat(length - 11)}'`
    expect(parseFilter(RUNS, padded(MAX_FILTER_BYTES))).toBeDefined()
    const tooLong = expect.objectContaining({ message: expect.stringContaining('at most 16384 bytes') })
    expect(() => parseFilter(RUNS, padded(MAX_FILTER_BYTES + 1))).toThrow(tooLong)
    expect(() => parseFilter(RUNS, `tags.a = '${'ä'.repeat(9_000)}'`)).toThrow(tooLong)
  })

  test('nesting ends at 64 levels, long before the stack does', () => {
    const nested = (open: string, close: string, count: number) =>
      `${open.repeat(count)}metrics.a > 1${close.repeat(count)}`
    expect(print(parseFilter(RUNS, nested('(', ')', 64)))).toBe('[metric.a > 1]')
    expect(() => parseFilter(RUNS, nested('(', ')', 65))).toThrow('nested more than 64 levels deep')
    expect(() => parseFilter(RUNS, nested('NOT ', '', 4_000))).toThrow('nested more than 64 levels deep')
    expect(() => parseFilter(RUNS, '('.repeat(16_000))).toThrow('nested more than 64 levels deep')
  })

  // Tokens do not overlap and the parser takes each one once, so this is what makes the whole linear.
  test.each([
    '"',
    "'",
    '`',
    '""',
    "a''",
    '1',
    '1e',
    '1-',
    '2026-',
    '2026-11-01T',
    '.',
    'a.',
    'é',
    '=',
    '(',
    'NOT ',
    ' ',
    '\\',
  ])('tokens of %s repeated never cover more than the text', (piece) => {
    const text = piece.repeat(Math.floor(MAX_FILTER_BYTES / piece.length / 2))
    let end = 0
    const fail = (_: string, at: { position: number }) => {
      expect(at.position).toBeGreaterThanOrEqual(0)
      throw new ApiError('INVALID_PARAMETER_VALUE', 'stop')
    }
    try {
      for (const token of lex(text, fail)) {
        expect(token.position).toBeGreaterThanOrEqual(end)
        end = token.position + token.text.length
      }
    } catch (error) {
      expect(error).toBeInstanceOf(ApiError)
    }
    expect(end).toBeLessThanOrEqual(text.length)
  })
})
