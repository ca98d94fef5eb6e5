import * as fc from 'fast-check'

// Random searches for the tests: what rows hold, and what filters and orders say of them.

const LONG = 'x'.repeat(64)
export const TEXTS = [
  '',
  'a',
  'A',
  'ab',
  'ä',
  'Ä',
  'ΣΑΣ',
  'σας',
  '50%',
  'a_b',
  'a\\b',
  '10',
  '9',
  '😀',
  '\uffef',
  LONG,
  `${LONG}y`,
  "it's",
]
const PATTERNS = ['%', 'a%', '%b', '_', '__', 'ä', '%Σ', 'σ%', '50\\%', 'a\\_b', 'a\\\\b', '%😀%', 'X%', '', "it's"]
export const TIMES = ['0', '5', '1793491200000', '1793577599999', '9007199254740993', '-3']
export const KEYS = ['k', 'with space/x']
export const pick = <T>(values: readonly T[]) => fc.constantFrom(...values)
export const usually = <T>(value: T, other: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: other })
export const keyed = <T>(value: fc.Arbitrary<T>) =>
  fc
    .tuple(...KEYS.map((key) => fc.tuple(fc.constant(key), fc.option(value, { freq: 3 }))))
    .map((pairs) =>
      Object.fromEntries(pairs.flatMap(([key, held]): [string, T][] => (held === null ? [] : [[key, held]]))),
    )

// What a filter may say, as text.
const quote = (text: string) => `'${text.replaceAll("'", "''")}'`
export const list = (values: fc.Arbitrary<string>) =>
  fc.array(values, { minLength: 1, maxLength: 3 }).map((all) => `(${all.join(', ')})`)
const ABSENCE = ['IS NULL', 'is not null'].map((text) => fc.constant(text))
export const a = (...parts: readonly (fc.Arbitrary<string> | string)[]) =>
  fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part))).map((all) => all.join(' '))
export const ranged = (value: fc.Arbitrary<string>) =>
  fc.oneof(
    a(pick(['=', '!=', '<', '<=', '>', '>=']), value),
    a(pick(['IN', 'NOT IN']), list(value)),
    a(pick(['BETWEEN', 'NOT BETWEEN']), value, 'AND', value),
    ...ABSENCE,
  )
export const aNumberTest = ranged(pick(['0', '1', '-1.5', '0.1', '1e308', '1e400', '-1e400', '5e-324']))
export const aTimeTest = ranged(pick([...TIMES, '2026-11-01', "'2026-11-01T00:00'", '4.5', '1e30', '-1e30']))
const aText = pick(TEXTS).map(quote)
export const aTextTest = fc.oneof(
  a(pick(['=', '!=']), aText),
  a(pick(['IN', 'NOT IN']), list(aText)),
  a(pick(['LIKE', 'ILIKE', 'NOT LIKE', 'NOT ILIKE']), pick(PATTERNS).map(quote)),
  a(pick(['RLIKE', 'NOT RLIKE']), pick(['^a', 'b$', '[A-Ba-b]', '^.?$', 'a|B', '']).map(quote)),
  ...ABSENCE,
)
export const aField = (entity: string) => pick([...KEYS, 'absent']).map((key) => `${entity}.\`${key}\``)

export const logic = (clause: fc.Arbitrary<string>) =>
  fc.letrec<{ filter: string }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      clause,
      a(tie('filter'), pick(['AND', 'or']), tie('filter')),
      a('NOT', tie('filter')),
      a('(', tie('filter'), ')'),
    ),
  })).filter

export const orderOf = (field: fc.Arbitrary<string>) =>
  fc.uniqueArray(a(field, pick(['', 'ASC', 'desc'])), {
    maxLength: 4,
    selector: (clause) => clause.replace(/ (ASC|desc)?$/, ''),
  })
