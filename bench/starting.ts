import { setTimeout as wait } from 'node:timers/promises'
import { memoryOf, startProgram, untilServed } from './servers/process.ts'

/** Starts a server by a shell command, asks until its API answers, lets it rest for five seconds, weighs it, stops it. */
export async function measureStart(command: string, url: string): Promise<{ started_ms: number; idle_mb: number }> {
  const program = startProgram('sh', ['-c', command], { log: '/dev/null' })
  try {
    const started_ms = await untilServed(`${url}/api/2.0/mlflow/experiments/search?max_results=1`, program)
    await wait(5000)
    return { started_ms, idle_mb: memoryOf(program.pid) }
  } finally {
    await program.stop()
  }
}
