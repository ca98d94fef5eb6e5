/**
 * The negative control of the kill test, loaded with `node --import`: metrics, params and tags are acknowledged before they
 * are committed. A test that does not fail with this server would not notice a lost write. It goes round the core's one
 * door on purpose, so the queue is loaded by its address and described here.
 */
type Waiting = { write: object; settle(outcome: { answer: undefined }): void }
type Queue = { commitAndSettle(group: readonly Waiting[]): Promise<void> }

const address = new URL('../../bff/tracking/writes/queue.ts', import.meta.url).href
const queue = (await import(address)) as { WriteQueue: { prototype: Queue } }
const { prototype } = queue.WriteQueue
const commitAndSettle = prototype.commitAndSettle
if (!commitAndSettle) throw new Error('The queue acknowledges elsewhere by now: adapt the negative control')

prototype.commitAndSettle = function (this: Queue, group) {
  const early = group.filter(({ write }) => 'log' in write)
  for (const { settle } of early) settle({ answer: undefined })
  return commitAndSettle.call(
    this,
    group.map((one) => (early.includes(one) ? { ...one, settle: () => undefined } : one)),
  )
}
