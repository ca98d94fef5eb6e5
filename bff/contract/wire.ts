import * as z from 'zod'
import type { Int64 } from './json.ts'
import { int64 } from './json.ts'

// The scalars of MLflow's wire (protobuf JSON, with what its R and Java clients really send).
// Messages have the words that MLflow's own tests compare: "Missing value …" and "Invalid value … supplied" are put in front
// by asInvalid() of kit/route.ts, which knows the path.

const MAX = 2n ** 63n - 1n
const MIN = -(2n ** 63n)
/** "1e+05", "1.7e+12": R prints whole numbers so. */
const EXPONENT = /^([+-]?\d{1,19})(?:\.(\d{1,19}))?[eE]\+?(\d{1,2})$/

/** The digits with the point moved, exactly; undefined where a fraction is left. */
function readExponent(text: string): bigint | undefined {
  const [, whole, fraction = '', exponent] = EXPONENT.exec(text) ?? []
  if (whole === undefined) return undefined
  const digits = fraction.replace(/0+$/, '')
  const places = Number(exponent) - digits.length
  return places < 0 ? undefined : BigInt(whole.replace('+', '') + digits) * 10n ** BigInt(places)
}

function readInt64(value: unknown): Int64 | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined
  let exact: bigint | undefined
  if (typeof value === 'bigint') exact = value
  else if (typeof value === 'string')
    exact = /^[+-]?\d{1,19}$/.test(value) ? BigInt(value.replace('+', '')) : readExponent(value)
  return exact !== undefined && exact >= MIN && exact <= MAX ? int64(exact) : undefined
}

/** MLflow's "required": neither absent nor null nor empty. */
const isMissing = (value: unknown) => value === undefined || value === null || value === ''

const HINT = 'a 64-bit integer is needed'

/** int64: JSON number, decimal string, or a whole number in exponent form. Booleans and fractions are refused. */
export const Int64Field = z
  .unknown()
  .transform((value, context): Int64 => {
    const number = readInt64(value)
    if (number !== undefined) return number
    context.issues.push({
      code: 'custom',
      message: HINT,
      input: value,
      params: { missing: isMissing(value) },
    })
    return z.NEVER
  })
  .meta({ type: 'integer', format: 'int64' }) as unknown as z.ZodType<Int64, Int64 | string>

/** An int64 that may be absent; null and the empty string of a query count as absent. */
export const OptionalInt64 = z
  .unknown()
  .transform((value, context): Int64 | undefined => {
    if (isMissing(value)) return undefined
    const number = readInt64(value)
    if (number !== undefined) return number
    context.issues.push({ code: 'custom', message: HINT, input: value })
    return z.NEVER
  })
  .optional()
  .meta({ type: 'integer', format: 'int64' }) as unknown as z.ZodOptional<
  z.ZodType<Int64 | undefined, Int64 | string | null>
>

const WORDS = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

const DECIMAL = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/

/** double: number, numeric string, "NaN", "Infinity", "-Infinity"; a boolean counts as 1 or 0 as in MLflow.
 * A number that is too large for a double is refused rather than made infinite. */
export const Double = z
  .unknown()
  .transform((value, context): number => {
    if (typeof value === 'boolean') return value ? 1 : 0
    const word = typeof value === 'string' ? WORDS.get(value) : undefined
    if (word !== undefined) return word
    if (typeof value !== 'string' || DECIMAL.test(value)) {
      const number = typeof value === 'object' ? Number.NaN : Number(value)
      if (Number.isFinite(number)) return number
    }
    context.issues.push({
      code: 'custom',
      message: 'a number is needed',
      input: value,
      params: { missing: isMissing(value) },
    })
    return z.NEVER
  })
  .meta({ type: 'number', format: 'double' }) as unknown as z.ZodType<number, number | string | boolean>

/** A string that the database can keep as it is: no NUL, no half of a surrogate pair. */
export const Characters = z
  .string()
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'NUL and lone surrogates cannot be stored')

/** bool: JSON's, or a word in any case, as a query has it and R writes it. Absent is false. */
export const Flag = z
  .unknown()
  .transform((value, context): boolean => {
    if (isMissing(value)) return false
    const word = typeof value === 'string' ? value.toLowerCase() : value
    if (word === true || word === 'true') return true
    if (word === false || word === 'false') return false
    context.issues.push({ code: 'custom', message: 'true or false is needed', input: value })
    return z.NEVER
  })
  .optional()
  .meta({ type: 'boolean' }) as unknown as z.ZodOptional<z.ZodType<boolean, boolean | string | null>>

/** An optional string: null is the same as absent. */
export const Text = Characters.nullish().transform((value) => value ?? undefined)

/** A required string: absent, null and empty are all "missing" (MLflow's _assert_required). */
export const Required = Characters.min(1, 'missing')

/** max_results: from 1 to `max`, `fallback` where absent. */
export const pageSize = (fallback: number, max: number) =>
  OptionalInt64.transform((value) => value ?? fallback)
    .refine((value) => value >= 1 && value <= max, `max_results must be between 1 and ${max}`)
    .transform(Number)

/** A list: null and absent are empty; one scalar of a query string is a list of one. One that is too long is not looked through. */
export const listOf = <T extends z.ZodType>(item: T, most = Number.POSITIVE_INFINITY, tooMany = '') =>
  z
    .preprocess((value, context) => {
      if (!Array.isArray(value) || value.length <= most)
        return value === null ? [] : typeof value === 'string' ? [value] : value
      context.issues.push({ code: 'custom', message: tooMany, input: value })
      return z.NEVER
    }, z.array(item))
    .prefault([]) as unknown as z.ZodPrefault<z.ZodType<z.output<T>[], z.input<T>[] | string | null>>

/** What a search takes that gives its rows page by page. */
export const searchInput = (fallback: number, max: number) =>
  z.object({ filter: Text, max_results: pageSize(fallback, max), order_by: listOf(Characters), page_token: Text })

const namesOf = <const N extends readonly [string, ...string[]]>(names: N, name: z.ZodType) =>
  z.preprocess((value) => {
    if (value === null || value === '') return undefined
    const number =
      typeof value === 'number' ? value : typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : 0
    return names[number - 1] ?? value
  }, name)

/** An enum by name or by protobuf number, which may be absent. */
export const byNameOrNumber = <const N extends readonly [string, ...string[]]>(names: N) =>
  namesOf(names, z.enum(names).optional()).optional() as unknown as z.ZodOptional<
    z.ZodType<N[number] | undefined, N[number] | number | null>
  >

/** The same, required. */
export const requiredByNameOrNumber = <const N extends readonly [string, ...string[]]>(names: N) =>
  namesOf(names, z.enum(names)) as unknown as z.ZodType<N[number], N[number] | number>

/** A pair in an answer. */
export const KeyValue = z.object({ key: z.string(), value: z.string() }).meta({ id: 'KeyValue' })
export type KeyValue = z.infer<typeof KeyValue>

/** What the wire has where it prints a list only when it has something in it. */
export const printedList = <T extends z.ZodType>(item: T) => z.array(item).default([])

/** An int64 in an answer. */
export const AnswerInt64 = z.union([z.number(), z.bigint()]).meta({ type: 'integer', format: 'int64' })

/** A double in an answer: NaN and infinities are printed as words; a whole one of 16 digits and more is read as a bigint. */
export const AnswerDouble = z
  .union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']), z.bigint()])
  .transform(Number)
  .meta({ type: 'number', format: 'double' })

/** Characters, as Python counts them: code points. */
export const codePoints = (text: string) => {
  let count = text.length
  for (let i = 1; i < text.length; i++) if (isHigh(text.charCodeAt(i - 1)) && isLow(text.charCodeAt(i))) count--
  return count
}

const isHigh = (unit: number) => unit >= 0xd800 && unit < 0xdc00
const isLow = (unit: number) => unit >= 0xdc00 && unit < 0xe000

/** A refinement: at most so many code points. Texts that are short or long in any case are not counted. */
export const within = (max: number) =>
  [
    (text: string | undefined) =>
      text === undefined || text.length <= max || (text.length <= 2 * max && codePoints(text) <= max),
    `at most ${max} characters`,
  ] as const

const PLAIN_KEY = /^[A-Za-z0-9_: -]{1,250}$/
const KEY_CHARACTERS = /^[/\p{L}\p{N}_.\- :]*$/u

const RESOLVES =
  'Names may be treated as files in certain cases, and must not resolve to other names when treated as such'

/** Why MLflow refuses this metric, param or tag key, or undefined (mlflow/utils/validation.py). */
export function keyProblem(key: string): string | undefined {
  if (PLAIN_KEY.test(key)) return undefined
  if (codePoints(key) > 250) return `a key has at most 250 characters, this one has ${codePoints(key)}`
  if (!KEY_CHARACTERS.test(key))
    return 'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)'
  if (key.startsWith('..') || key.split('/').some((part) => part === '' || part === '.' || part === '..'))
    return RESOLVES
  return undefined
}

/** A metric, param or tag key. MLflow calls a metric's key `name` in its messages: `calledName`. */
export const keyField = (options: { calledName?: boolean } = {}) =>
  Required.check((context) => {
    const problem = context.value === '' ? undefined : keyProblem(context.value)
    if (problem)
      context.issues.push({
        code: 'custom',
        message: problem,
        input: context.value,
        params: { calledName: options.calledName ?? false },
      })
  })

/** Why this is no name for a registered model, or undefined. */
function modelNameProblem(name: string): string | undefined {
  if (name.trim() === '') return 'missing'
  if (name === '*') return `Invalid model name '*': in permissions it stands for all models.`
  if (/[/:]/.test(name)) return `Invalid model name '${name.slice(0, 100)}'. Names cannot contain '/' or ':'.`
  if (name === '.' || name.startsWith('..')) return RESOLVES
  return codePoints(name) > 256 ? 'a name has at most 256 characters' : undefined
}

/** A string that a rule must allow: `problem` says why not, or `missing`. */
export const ruled = (problem: (text: string) => string | undefined) =>
  Required.check((context) => {
    const message = context.value === '' ? undefined : problem(context.value)
    if (message) context.issues.push({ code: 'custom', message, input: context.value })
  })

/** The name of a registered model or a prompt. */
export const ModelName = ruled(modelNameProblem)

/** A pair that a caller sends; a value that is absent is the empty string. */
export const PairField = z.object({ key: keyField(), value: Text.transform((value) => value ?? '') })

const names = (input: object, field: string): unknown =>
  Object.hasOwn(input, field) ? input[field as never] : undefined

/**
 * An input that names its run by run_id or, as the old clients do, by run_uuid. Two different ids are refused.
 */
export const withRunId = <S extends z.ZodRawShape>(shape: S) =>
  z.preprocess(
    (input: object, context) => {
      const [run_id, run_uuid] = [names(input, 'run_id'), names(input, 'run_uuid')]
      if (!isMissing(run_id) && !isMissing(run_uuid) && run_id !== run_uuid)
        context.issues.push({
          code: 'custom',
          message: `run_uuid is '${String(run_uuid)}'; send one id, or the same twice`,
          path: ['run_id'],
          input: run_id,
        })
      return isMissing(run_id) && !isMissing(run_uuid) ? { ...input, run_id: run_uuid } : input
    },
    z.object({ run_id: Required, ...shape }),
  ) as unknown as z.ZodType<
    z.output<z.ZodObject<S & { run_id: typeof Required }>>,
    z.input<z.ZodObject<S & { run_id: typeof Text; run_uuid: typeof Text }>>
  >

const RUN_ID = /^[a-zA-Z0-9][\w-]{0,255}$/

/** Where MLflow looks at the form of a run's id before it looks for the run. */
export const checkRunId = [
  ({ run_id }: { run_id: string }) => RUN_ID.test(run_id),
  { path: ['run_id'] as PropertyKey[], message: 'a run id has up to 256 letters, digits, dashes and underscores' },
] as const

export const Nothing = z.object({})
export type Nothing = Record<string, never>
