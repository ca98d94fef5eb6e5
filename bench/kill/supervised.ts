import { setTimeout as wait } from 'node:timers/promises'
import type { Program } from '../servers/process.ts'
import { untilServed } from '../servers/process.ts'

export type Supervised = {
  /** Kills the server now, starts it again, and waits until it answers; gives the milliseconds without it. */
  killNow(): Promise<number>
  stop(): Promise<void>
}

export async function supervise(launch: () => Program, url: string): Promise<Supervised> {
  const start = async () => {
    const program = launch()
    await untilServed(`${url}/api/2.0/mlflow/experiments/search?max_results=1`, program, 60)
    return program
  }
  let program = await start()
  return {
    killNow: async () => {
      const began = performance.now()
      program.kill('SIGKILL')
      await program.ended
      await wait(10) // the port
      program = await start()
      return performance.now() - began
    },
    stop: () => program.stop(),
  }
}
