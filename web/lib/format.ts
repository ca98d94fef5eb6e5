/** How values look. What is copied or exported is always the exact value, never one of these. */

const MINUS = '−'
const THIN = '\u2009'
const whole = new Intl.NumberFormat('en-GB')

export const formatCount = (n: number | bigint): string => whole.format(n)

export const plural = (n: number | bigint, one: string, many = `${one}s`): string =>
  `${formatCount(n)} ${n === 1 || n === 1n ? one : many}`

/** NaN and ∞ are words, and shown as a failure by whoever draws them. */
export function formatNumber(value: number | bigint, digits = 6): string {
  if (typeof value === 'bigint') return whole.format(value)
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : `${MINUS}∞`
  if (value === 0) return '0'
  const size = Math.abs(value)
  const text =
    size >= 1e9 || size < 1e-4
      ? value.toExponential(Math.min(3, digits - 1)).replace(/\.?0+e/, 'e')
      : Number.isInteger(value)
        ? whole.format(value)
        : new Intl.NumberFormat('en-GB', { maximumSignificantDigits: digits }).format(value)
  return text.replaceAll('-', MINUS)
}

/** Numbers of one column share their decimals: as many as the longest needs within `digits` significant ones. */
export function columnFormat(values: readonly number[], digits = 4): (value: number) => string {
  const finite = values.filter((v) => Number.isFinite(v) && v !== 0)
  if (finite.length === 0 || finite.every(Number.isInteger)) return (value) => formatNumber(value)
  const sizes = finite.map(Math.abs)
  const [largest, smallest] = [Math.max(...sizes), Math.min(...sizes)]
  if (largest >= 1e7 || largest < 1e-4 || smallest < largest * 1e-5) return (value) => formatNumber(value, digits)
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(largest)))
  const fixed = new Intl.NumberFormat('en-GB', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
  return (value) => (Number.isFinite(value) ? fixed.format(value).replaceAll('-', MINUS) : formatNumber(value))
}

const SIZE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

export function formatBytes(bytes: number | bigint): string {
  let size = Number(bytes)
  let unit = 0
  while (size >= 1000 && unit < SIZE_UNITS.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : Number(size.toPrecision(2))}${THIN}${SIZE_UNITS[unit]}`
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const dayMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const dayMonthYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

/** "23 Nov 16:42", with the year when it is not this one. */
export function formatTime(ms: number | bigint, now = Date.now()): string {
  const date = new Date(Number(ms))
  if (Number.isNaN(date.getTime())) return String(ms)
  const thisYear = date.getFullYear() === new Date(now).getFullYear()
  return `${(thisYear ? dayMonth : dayMonthYear).format(date)} ${clock.format(date)}`
}

/** ISO 8601 with the reader's own offset: what a hover and a copy give. */
export function formatIso(ms: number | bigint): string {
  const date = new Date(Number(ms))
  if (Number.isNaN(date.getTime())) return String(ms)
  const offset = -date.getTimezoneOffset()
  const two = (n: number) => String(Math.trunc(Math.abs(n))).padStart(2, '0')
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19)
  return offset === 0 ? `${local}Z` : `${local}${offset < 0 ? '-' : '+'}${two(offset / 60)}:${two(offset % 60)}`
}

/** "41 m", "1 h 22 m", "12 s", "0.4 s". */
export function formatDuration(ms: number | bigint): string {
  const seconds = Number(ms) / 1000
  if (seconds < 0) return '–'
  if (seconds < 10) return `${Number(seconds.toFixed(1))}${THIN}s`
  if (seconds < 60) return `${Math.round(seconds)}${THIN}s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes}${THIN}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours}${THIN}h ${String(minutes % 60).padStart(2, '0')}${THIN}m`
  return `${Math.floor(hours / 24)}${THIN}d ${hours % 24}${THIN}h`
}

/** The first line of a note as plain words: markdown's marks are left out. */
export const firstLine = (markdown = ''): string =>
  (markdown.split('\n').find((line) => line.trim() !== '') ?? '').replaceAll(/^#+\s*|\*\*|__|`/g, '').trim()
