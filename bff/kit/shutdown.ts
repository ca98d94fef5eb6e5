import type { Log } from './log.ts'

export type Shutdown = {
  /** What to close; what was opened last is closed first. */
  onStop: (name: string, close: () => unknown) => void
  /** As a signal does. */
  stop: (why: string) => void
  isStopping: () => boolean
}

export type ShutdownParts = {
  log: Log
  /** Counted from the first signal; when it is over, the process ends whatever is open. */
  limitMs: number
  exit: (code: number) => void
  /** A worker leaves it to the first process to lose patience: a terminal's Ctrl-C reaches both of them. */
  patient?: boolean
}

/** The first signal closes everything in order and leaves with 0; a second one, or too long a wait, leaves at once with 1. */
export function openShutdown({ log, limitMs, exit, patient = false }: ShutdownParts): Shutdown {
  const steps: { name: string; close: () => unknown }[] = []
  let stopping = false

  function stop(why: string) {
    if (!stopping) {
      stopping = true
      log.info({ why }, 'stopping')
      setTimeout(() => giveUp('not everything ended in time: leaving'), limitMs).unref()
      void closeAll().then(exit)
    } else if (!patient) giveUp('asked to stop again: leaving at once')
  }

  function giveUp(message: string) {
    log.error({ limitMs }, message)
    exit(1)
  }

  async function closeAll(): Promise<number> {
    let code = 0
    for (const { name, close } of steps.reverse()) {
      try {
        await close()
      } catch (error) {
        log.error({ err: error, part: name }, 'a part could not be closed')
        code = 1
      }
    }
    return code
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop(signal))

  return {
    onStop: (name, close) => void steps.push({ name, close }),
    stop,
    isStopping: () => stopping,
  }
}
