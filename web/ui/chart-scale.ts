// Ranges and ticks for the charts: pure, so that they can be tested.

export type Range = { start: number; end: number }

/** Four or five round ticks with equal decimals. */
export function ticksOf(low: number, high: number, about = 4.5): number[] {
  if (!(high > low)) return [low]
  const rough = (high - low) / about
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((size) => size >= rough * 0.999) ?? 10 * power
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

/** Powers of ten, with 2 and 5 between where there are few. */
export function logTicksOf(low: number, high: number): number[] {
  const from = Math.floor(Math.log10(low))
  const to = Math.ceil(Math.log10(high))
  const between = to - from > 4 ? [1] : [1, 2, 5]
  const ticks: number[] = []
  for (let e = from; e <= to; e++)
    for (const m of between) {
      const value = Number((m * 10 ** e).toPrecision(3))
      if (value >= low * 0.999 && value <= high * 1.001) ticks.push(value)
    }
  return ticks
}

/** The values' range with air above and below; a flat line stands in the middle. */
export function spread(values: readonly number[], log: boolean): Range | undefined {
  let low = Infinity
  let high = -Infinity
  for (const value of values)
    if (Number.isFinite(value) && (!log || value > 0)) {
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  if (low > high) return undefined
  if (log) return { start: low / 1.15, end: high * 1.15 }
  const air = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1
  return { start: low - air, end: high + air }
}

const decimalsOf = (value: number) => (String(value).split('e')[0]?.split('.')[1] ?? '').length

/** How the ticks of one axis are written: all with the decimals of the longest. */
export function tickFormat(ticks: readonly number[]): (value: number) => string {
  const size = Math.max(...ticks.map(Math.abs))
  const unit = size >= 1e6 ? ([1e6, 'M'] as const) : size >= 10_000 ? ([1e3, 'k'] as const) : ([1, ''] as const)
  const scaled = ticks.map((tick) => Number((tick / unit[0]).toPrecision(10)))
  if (size > 0 && size < 1e-4) return (value) => value.toExponential(1).replace('-', '−')
  const decimals = Math.min(6, Math.max(0, ...scaled.map(decimalsOf)))
  return (value) =>
    value === 0 ? '0' : `${(value / unit[0]).toFixed(decimals).replace('-', '−')}${unit[1] && ` ${unit[1]}`}`
}

/** Half or twice as much around the middle, within what there is. */
export function zoomed(now: Range, whole: Range, factor: number): Range | undefined {
  const middle = (now.start + now.end) / 2
  const half = ((now.end - now.start) / 2) * factor
  const next = { start: Math.max(whole.start, middle - half), end: Math.min(whole.end, middle + half) }
  return next.start <= whole.start && next.end >= whole.end ? undefined : next
}
