/** How long a look at one work takes, and how big its data are. */
export type Pace = {
  rounds: number
  seconds: number
  repeats: number
  trainings: number
  long: number
  artifact_mib: number
}

export const fullPace: Pace = { rounds: 3, seconds: 8, repeats: 5, trainings: 4000, long: 100_000, artifact_mib: 512 }
export const quickPace: Pace = { rounds: 1, seconds: 2, repeats: 3, trainings: 400, long: 20_000, artifact_mib: 64 }

/** What one round brought: figures of which the median is taken, the slowest per cent in ms, what went wrong. */
export type Round = { values: number[]; p99_ms?: number; errors: number; first_error?: string }
