import { expect, test } from 'vitest'
import { int64, parseJson, stringifyJson } from './json.ts'

test.each([
  ['0', 0],
  ['-0.5', -0.5],
  ['9007199254740991', 9_007_199_254_740_991],
  ['9007199254740992', 9_007_199_254_740_992n],
  ['-9007199254740993', -9_007_199_254_740_993n],
  ['9223372036854775807', 9_223_372_036_854_775_807n],
  ['1e300', 1e300],
  ['1.7976931348623157e308', Number.MAX_VALUE],
  ['1234567890123456.5', 1_234_567_890_123_456.5],
])('%s is read without loss', (text, value) => {
  expect(parseJson(text)).toBe(value)
  expect(parseJson(`{"deep":[{"in":${text}}]}`)).toEqual({ deep: [{ in: value }] })
})

test.each(Array.from({ length: 32 }, (_, n) => n))('a long integer is found after %i characters', (n) => {
  const before = ' '.repeat(n)
  expect(parseJson(`${before}9007199254740993`)).toBe(9_007_199_254_740_993n)
  expect(parseJson(`${before}{"a":9007199254740993, "b": 900719925474099}  `)).toEqual({
    a: 9_007_199_254_740_993n,
    b: 900_719_925_474_099,
  })
})

test('digits in a string stay a string', () => {
  expect(parseJson('{"a":"9223372036854775807"}')).toEqual({ a: '9223372036854775807' })
})

test.each([{ a: 1 }, { a: 2n ** 63n - 1n, b: [-(2n ** 63n)], c: 'x' }, [], 'text', null, 7n])(
  'what is printed is read again: %o',
  (value) => {
    const read = parseJson(stringifyJson(value))
    expect(read).toEqual(value === 7n ? 7 : value)
  },
)

test('__proto__ is a member like any other', () => {
  const value = parseJson('{"__proto__":{"x":1},"long":1234567890123456789}') as Record<string, unknown>
  expect(Object.keys(value)).toEqual(['__proto__', 'long'])
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  expect(({} as { x?: number }).x).toBeUndefined()
})

test('an int64 is a number as far as that is exact', () => {
  expect(int64('9007199254740991')).toBe(9_007_199_254_740_991)
  expect(int64('9007199254740992')).toBe(9_007_199_254_740_992n)
  expect(int64(-5n)).toBe(-5)
})
