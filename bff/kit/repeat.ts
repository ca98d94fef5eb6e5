type Repeated = {
  everyMs: number
  /** The first time is now, and not after `everyMs`. */
  atOnce?: boolean
  /** Ends early when the signal says so. */
  work: (closing: AbortSignal) => Promise<unknown>
  /** Hears why a time failed; the next one comes all the same. */
  failed: (error: unknown) => void
}

/** Work of the background: again and again, never twice at once, and no reason for the process to go on. */
export function repeat({ everyMs, atOnce = false, work, failed }: Repeated): { close(): Promise<void> } {
  const closing = new AbortController()
  let working: Promise<unknown> | undefined
  const start = () => {
    working ??= work(closing.signal)
      .catch((error: unknown) => {
        if (!closing.signal.aborted) failed(error)
      })
      .finally(() => {
        working = undefined
      })
  }
  if (atOnce) start()
  const timer = setInterval(start, everyMs).unref()
  return {
    /** After this nothing is under way. */
    async close() {
      clearInterval(timer)
      closing.abort()
      await working
    },
  }
}
