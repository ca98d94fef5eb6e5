import { formatIso, formatNumber, formatTime } from '../lib/format.ts'
import c from './marks.module.css'

/** The colour of a run; hollow where the run is not drawn. */
export function RunDot({ color, hollow = false, size = 10 }: { color: string; hollow?: boolean; size?: number }) {
  return (
    <span
      className={c.dot}
      data-hollow={hollow || undefined}
      style={hollow ? { width: size, height: size } : { width: size, height: size, background: color }}
      aria-hidden
    />
  )
}

export function Time({ ms }: { ms: number | bigint }) {
  const iso = formatIso(ms)
  return (
    <time className="tn" dateTime={iso} title={iso}>
      {formatTime(ms)}
    </time>
  )
}

/** A number as its column writes it; NaN and ∞ as words in red, nothing as a grey dash. The hover has the exact value. */
export function Value({ value, format }: { value: number | undefined; format?: (value: number) => string }) {
  if (value === undefined) return <span className="t3">–</span>
  if (!Number.isFinite(value)) return <span className={c.broken}>{formatNumber(value)}</span>
  return <span title={String(value)}>{(format ?? formatNumber)(value)}</span>
}
