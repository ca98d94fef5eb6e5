/** A 64-bit integer: a number where that is exact, a bigint beyond ±(2^53 − 1). */
export type Int64 = number | bigint

const DIGITS = 16
const isDigit = (code: number) => code >= 48 && code <= 57

/**
 * Has a text sixteen digits in a row? Every such row has one of each sixteen characters, so only those are looked at: a
 * twentieth of the time of a regular expression, which looked through long batches for longer than JSON.parse.
 */
function mayLoseDigits(text: string): boolean {
  for (let at = DIGITS - 1; at < text.length; at += DIGITS) {
    if (!isDigit(text.charCodeAt(at))) continue
    let [from, to] = [at, at + 1]
    while (isDigit(text.charCodeAt(from - 1))) from--
    while (isDigit(text.charCodeAt(to))) to++
    if (to - from >= DIGITS) return true
  }
  return false
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown
/** JSON with source text access, which TypeScript's library does not describe yet. */
const sourceJson = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown
  rawJSON(text: string): unknown
}

const exactInteger: Reviver = (_key, value, context) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && context.source && /^-?[0-9]+$/.test(context.source)
    ? BigInt(context.source)
    : value

/**
 * JSON.parse which keeps integers beyond 2^53 exact, as bigint. The slower reviver runs only where the text has a number
 * (or a string) of 16 digits at all.
 */
export const parseJson = (text: string): unknown =>
  mayLoseDigits(text) ? sourceJson.parse(text, exactInteger) : (JSON.parse(text) as unknown)

type Replacer = (key: string, value: unknown) => unknown

const printable = (value: unknown) => (typeof value === 'bigint' ? sourceJson.rawJSON(value.toString()) : value)

/** JSON.stringify which prints a bigint as a JSON number. */
export function stringifyJson(value: unknown, replacer?: Replacer): string {
  try {
    return JSON.stringify(value, replacer)
  } catch (error) {
    // a bigint is rare: only then is the replacer paid for
    if (!(error instanceof TypeError && /BigInt/.test(error.message))) throw error
    return JSON.stringify(value, (key, inner) => printable(replacer ? replacer(key, inner) : inner))
  }
}

export const int64 = (value: bigint | string): Int64 => {
  const exact = BigInt(value)
  return exact >= BigInt(Number.MIN_SAFE_INTEGER) && exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : exact
}
