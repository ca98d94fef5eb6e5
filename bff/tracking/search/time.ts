import type { Span } from './tree.ts'

const ISO = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?([Zz]|[-+]\d{2}:\d{2})?)?$/
const DAY = 86_400_000
const MINUTE = 60_000
const SECOND = 1_000
const LARGEST = 2n ** 63n

/** A time in milliseconds as a number token has it, whole or not. What int64 cannot hold is cut to the next beyond it. */
export function parseMilliseconds(text: string): Span | undefined {
  if (/^[-+]?\d{1,400}$/.test(text)) return span(BigInt(text.replace('+', '')), BigInt(text.replace('+', '')))
  const value = Number(text)
  return Number.isFinite(value) ? span(BigInt(Math.ceil(value)), BigInt(Math.floor(value))) : undefined
}

const span = (first: bigint, last: bigint): Span => ({ first: inReach(first), last: inReach(last) })

const inReach = (value: bigint) => (value > LARGEST ? LARGEST : value < -LARGEST - 1n ? -LARGEST - 1n : value)

/** An ISO date with or without a time of day, in UTC unless it says otherwise: all milliseconds that it leaves open. */
export function parseIsoTime(text: string): Span | undefined {
  const [, day, minute, second, fraction, zone] = ISO.exec(text) ?? []
  const midnight = Date.parse(`${day}T00:00:00Z`)
  // Date rolls 30 February over into March
  if (!day || Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return undefined
  const milliseconds = (fraction ?? '').slice(0, 3)
  const start = Date.parse(
    `${day}T${minute ?? '00:00'}:${second ?? '00'}.${milliseconds.padEnd(3, '0')}${zone?.toUpperCase() ?? 'Z'}`,
  )
  const length = !minute ? DAY : !second ? MINUTE : SECOND / 10 ** milliseconds.length
  return Number.isNaN(start) ? undefined : span(BigInt(start), BigInt(start + length - 1))
}
