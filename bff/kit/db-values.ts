import type { CustomTypesConfig } from 'pg'
import { types } from 'pg'

const OID = { int8: 20, float8: 701, int4Array: 1007, int8Array: 1016, float8Array: 1022 }

const toInt64 = (text: string): number | bigint => {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

/** `{1,2,NULL}` of numbers needs no real parser: nothing in it is quoted. (Arrays of one dimension, which is all we have.) */
const arrayOf =
  <T>(parse: (text: string) => T) =>
  (text: string): (T | null)[] =>
    text === '{}'
      ? []
      : text
          .slice(1, -1)
          .split(',', -1)
          .map((item) => (item === 'NULL' ? null : parse(item)))

const parsers = new Map<number, (text: string) => unknown>([
  [OID.int8, toInt64],
  [OID.float8, Number],
  [OID.int4Array, arrayOf(Number)],
  [OID.int8Array, arrayOf(toInt64)],
  [OID.float8Array, arrayOf(Number)],
])

const keep = (text: string) => text

export const parsedTypes: CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text' | 'binary' = 'text') =>
    parsers.get(oid) ?? types.getTypeParser(oid, format)) as CustomTypesConfig['getTypeParser'],
}

export const rawTypes: CustomTypesConfig = { getTypeParser: () => keep }

/**
 * A value as `pg` takes it. `pg` loses the sign of −0 and quotes every number of an array; batches carry thousands, so
 * arrays are printed here.
 */
export function encode(value: unknown): unknown {
  if (Array.isArray(value)) return printArray(value)
  return Object.is(value, -0) ? '-0' : value
}

function printArray(items: readonly unknown[]): string {
  let text = '{'
  for (let n = 0; n < items.length; n++) {
    if (n > 0) text += ','
    text += printItem(items[n])
  }
  return `${text}}`
}

function printItem(item: unknown): string {
  if (typeof item === 'number') return item === 0 && Object.is(item, -0) ? '-0' : String(item)
  if (typeof item === 'string') return quote(item)
  if (item === null || item === undefined) return 'NULL'
  if (Array.isArray(item)) return printArray(item)
  if (ArrayBuffer.isView(item))
    return quote(`\\x${Buffer.from(item.buffer, item.byteOffset, item.byteLength).toString('hex')}`)
  return typeof item === 'object' ? quote(JSON.stringify(item)) : String(item)
}

const SPECIAL = /["\\]/
const quote = (text: string) => `"${SPECIAL.test(text) ? text.replaceAll(/["\\]/g, '\\$&') : text}"`
