import { WriteQueue } from '../../bff/tracking/writes/queue.ts'
import type { Write, Written } from '../../bff/tracking/writes/run-write.ts'

type Queue = WriteQueue<Write, Written>

/**
 * The negative control of the kill test, loaded with `node --import`: metrics, params and tags are acknowledged before they
 * are committed. A test that does not fail with this server would not notice a lost write.
 */
const commitAndSettle: Queue['commitAndSettle'] = WriteQueue.prototype.commitAndSettle

const early: Queue['commitAndSettle'] = async function (this: Queue, group) {
  const logs = group.filter(({ write }) => 'log' in write)
  for (const { settle } of logs) settle({ answer: undefined })
  const late = group.map((one) => (logs.includes(one) ? { ...one, settle: () => undefined } : one))
  await commitAndSettle.call(this, late)
}

WriteQueue.prototype.commitAndSettle = early as typeof WriteQueue.prototype.commitAndSettle
