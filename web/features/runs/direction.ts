import type { RunRow } from './runs.ts'

const LOWER =
  /(^|[^a-z])(loss|err|error|rmse|mse|mae|mape|ece|brier|perplexity|ppl|latency|gap|wer|cer|fpr|fnr|bias|drift|kl|deviance)([^a-z]|$)/i
const HIGHER =
  /(^|[^a-z])(acc|accuracy|auc|f1|precision|recall|r2|score|reward|bleu|rouge|map|ndcg|kappa|mcc|hit|lift|coverage|specificity|sensitivity|tpr)([^a-z0-9]|$)/i

/** Which way a metric gets better, as far as its name tells: the word that comes first decides (recall@1%fpr is a recall). */
export function betterDirection(metric: string): 'higher' | 'lower' | undefined {
  const lower = metric.search(LOWER)
  const higher = metric.search(HIGHER)
  if (lower < 0 && higher < 0) return undefined
  return higher < 0 || (lower >= 0 && lower <= higher) ? 'lower' : 'higher'
}

/** Shades of a column by rank among the shown runs: 1 (no shade) to 5 (best fifth), and which value is the best. */
export type Heat = { shade: (value: number) => number; best: number }

export function heatOf(rows: readonly RunRow[], metric: string): Heat | undefined {
  const direction = betterDirection(metric)
  if (!direction) return undefined
  const values = rows.flatMap((row) => row.metrics.get(metric) ?? []).filter(Number.isFinite)
  const ranked = [...new Set(values)].sort((a, b) => (direction === 'higher' ? a - b : b - a))
  const best = ranked.at(-1)
  if (best === undefined || ranked.length < 2) return undefined
  const rank = new Map(ranked.map((value, i) => [value, i / (ranked.length - 1)]))
  return { best, shade: (value) => Math.min(5, 1 + Math.floor((rank.get(value) ?? 0) * 5)) }
}
