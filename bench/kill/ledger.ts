/** One write of a client. What it carries is unlike that of any other, so that each can be found again. */
export type Operation = {
  run_id: string
  kind: 'metric' | 'batch' | 'param' | 'tag'
  /** ok: acknowledged; refused: 4xx; unknown: no answer, or 5xx. */
  outcome: 'ok' | 'refused' | 'unknown'
  /** How often it was sent: what got no answer is sent again, as clients do, or left unknown. */
  sent: number
  points: Point[]
  texts: { key: string; value: string }[]
}

export type Point = { key: string; value: number; timestamp: number; step: number }

/** What the server holds of one run. */
export type Found = { points: Map<string, number>; params: Map<string, string>; tags: Map<string, string> }

export type Verdict = {
  acknowledged: number
  unknown: number
  refused: number
  points: number
  lost: number
  doubled: number
  /** Batches of which a part is there. */
  partial: number
  examples: string[]
}

export const nameOf = (point: Point) => `${point.key} ${point.step} ${point.timestamp} ${point.value}`

/** Acknowledged: all of it, once. Refused: nothing of it. Unknown: nothing, or all of it once. */
export function judge(operations: Operation[], found: Map<string, Found>): Verdict {
  const verdict: Verdict = {
    acknowledged: 0,
    unknown: 0,
    refused: 0,
    points: 0,
    lost: 0,
    doubled: 0,
    partial: 0,
    examples: [],
  }
  for (const operation of operations) {
    const held = found.get(operation.run_id)
    const counts = [
      ...operation.points.map((point) => held?.points.get(nameOf(point)) ?? 0),
      ...operation.texts.map(({ key, value }) =>
        held?.[operation.kind === 'tag' ? 'tags' : 'params'].get(key) === value ? 1 : 0,
      ),
    ]
    const there = counts.filter((count) => count > 0).length
    const missing = operation.outcome === 'ok' ? counts.length - there : 0
    const twice = counts.filter((count) => count > 1).length
    const partial = there > 0 && there < counts.length
    const unwanted = operation.outcome === 'refused' ? there : 0

    if (operation.outcome === 'ok') verdict.acknowledged++
    else verdict[operation.outcome]++
    if (operation.outcome === 'ok') verdict.points += operation.points.length
    verdict.lost += missing
    verdict.doubled += twice + unwanted
    if (partial) verdict.partial++
    if ((missing || twice || partial || unwanted) && verdict.examples.length < 5)
      verdict.examples.push(
        `${operation.kind}, ${operation.outcome}, sent ${operation.sent} times: ${there} of ${counts.length} there, ${twice} twice`,
      )
  }
  return verdict
}
