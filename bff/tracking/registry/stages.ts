import type { Stage } from '#contract'
import { invalid, STAGES } from '#contract'

/** A stage as it is stored, whatever its case. */
export function stageNamed(text: string): Stage {
  const stage = STAGES.find((known) => known.toLowerCase() === text.toLowerCase())
  if (!stage)
    throw invalid(`Invalid Model Version stage: ${text.slice(0, 100)}. Value must be one of ${STAGES.join(', ')}.`, {
      field: 'stage',
    })
  return stage
}

/** The stages that are named, in their own order; all where none is. */
export function stagesNamed(texts: readonly string[]): readonly Stage[] {
  const named = new Set(texts.map(stageNamed))
  return named.size === 0 ? STAGES : STAGES.filter((stage) => named.has(stage))
}
