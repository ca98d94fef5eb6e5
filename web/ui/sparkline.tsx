const WIDTH = 64
const HEIGHT = 18

/** A curve the size of a word: shape only, the numbers stand beside it. */
export function Sparkline({ values, color }: { values: readonly number[]; color: string }) {
  const finite = values.filter(Number.isFinite)
  if (finite.length < 2) return null
  const low = Math.min(...finite)
  const span = Math.max(...finite) - low || 1
  const x = (i: number) => 1 + (i / (finite.length - 1)) * (WIDTH - 4)
  const y = (value: number) => HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4)
  const path = finite.map((value, i) => `${i ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join('')
  return (
    <svg width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true" display="block">
      <path d={path} fill="none" stroke={color} strokeWidth="1.4" strokeLinejoin="round" />
      <circle cx={x(finite.length - 1)} cy={y(finite.at(-1) ?? 0)} r="1.9" fill={color} />
    </svg>
  )
}
