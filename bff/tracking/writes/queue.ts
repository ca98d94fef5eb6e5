import { ApiError } from '#contract'

/** What became of one write of a group: its answer, or why it alone was refused. */
export type Outcome<R> = { answer: R } | { refused: unknown }

type Waiting<W, R> = { write: W; settle: (outcome: Outcome<R>) => void }

export type QueueOptions<W, R> = {
  /** Writes a group in one transaction and returns after its commit. A refused write leaves no trace; a throw means nothing was written. */
  commit: (writes: readonly W[]) => Promise<Outcome<R>[]>
  /** Groups that are committed at the same time. */
  lanes: number
  /** How much a write adds to a group, and how much a group may have: rows, roughly. */
  weigh: (write: W) => number
  groupWeight: number
  /** Rows that may wait; beyond it callers are turned away. */
  waitingWeight: number
}

/**
 * Group commit. A write that finds a free lane goes at once, with those that arrived in the same turn of the event loop; those
 * that come while all lanes are busy go together when the next one is free. Each is answered after its commit.
 */
export class WriteQueue<W, R> {
  readonly #options: QueueOptions<W, R>
  #waiting: Waiting<W, R>[] = []
  #waitingWeight = 0
  /** Groups under way, and the writes in them. */
  #busy = 0
  #committing = 0
  #starting = false
  #idle: (() => void)[] = []

  constructor(options: QueueOptions<W, R>) {
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting.length
  }

  submit(write: W): Promise<R> {
    const weight = this.#options.weigh(write)
    if (this.#waiting.length > 0 && this.#waitingWeight + weight > this.#options.waitingWeight)
      throw new ApiError(
        'TEMPORARILY_UNAVAILABLE',
        'The server has more writes waiting than it can take; try again in a moment',
      )
    return new Promise<R>((resolve, reject) => {
      this.#waitingWeight += weight
      this.#waiting.push({
        write,
        settle: (outcome) => ('answer' in outcome ? resolve(outcome.answer) : reject(outcome.refused)),
      })
      this.#startSoon()
    })
  }

  /** Resolves when everything submitted has been answered. */
  async drained(): Promise<void> {
    if (this.#busy > 0 || this.#waiting.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** After what else this turn of the event loop brings, so that requests that came together are one group. */
  #startSoon() {
    if (this.#starting) return
    this.#starting = true
    setImmediate(() => {
      this.#starting = false
      this.#start()
    })
  }

  /** One more group beside others only when it is as large as they are on average: fewer, larger groups cost less. */
  #start() {
    while (
      this.#busy < this.#options.lanes &&
      this.#waiting.length > 0 &&
      this.#waiting.length * this.#busy >= this.#committing
    ) {
      const group = this.#take()
      this.#busy++
      this.#committing += group.length
      void this.#run(group).finally(() => {
        this.#busy--
        this.#committing -= group.length
        this.#startSoon()
        if (this.#busy === 0 && this.#waiting.length === 0) for (const resolve of this.#idle.splice(0)) resolve()
      })
    }
  }

  #take(): Waiting<W, R>[] {
    let weight = 0
    let count = 0
    for (const { write } of this.#waiting) {
      weight += this.#options.weigh(write)
      if (count > 0 && weight > this.#options.groupWeight) break
      count++
    }
    const group = this.#waiting.splice(0, count)
    for (const { write } of group) this.#waitingWeight -= this.#options.weigh(write)
    return group
  }

  async #run(group: readonly Waiting<W, R>[]): Promise<void> {
    try {
      await this.commitAndSettle(group)
    } catch (refused) {
      // nothing of the group was written: one by one, so that only the write that cannot be done fails
      if (group.length === 1) group[0]?.settle({ refused })
      else for (const one of group) await this.#run([one])
    }
  }

  /** The one place where a write is acknowledged: after the commit. */
  async commitAndSettle(group: readonly Waiting<W, R>[]): Promise<void> {
    const outcomes = await this.#options.commit(group.map(({ write }) => write))
    for (const [i, { settle }] of group.entries())
      settle(outcomes[i] ?? { refused: new ApiError('INTERNAL_ERROR', 'A write was not answered') })
  }
}
