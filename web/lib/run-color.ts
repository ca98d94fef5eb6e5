const COLORS = 24

/**
 * A run's colour number: MLflow's two-sum checksum of the id, over our 24 colours, so that a run looks the same for everyone.
 */
function colorNumber(id: string): number {
  let a = 0
  let b = 0
  for (let i = 0; i < id.length; i++) {
    a = (a + id.charCodeAt(i)) % 255
    b = (a + b) % 255
  }
  return (a | (b << 8)) % COLORS
}

/** A CSS colour. The tag `mlflow.runColor` wins where it holds a plain hex colour. */
export function runColor(runId: string, tag?: string): string {
  return tag && /^#[0-9a-f]{6}$/i.test(tag) ? tag : `var(--run-${colorNumber(runId)})`
}
