import { openLog } from '#kit/log.ts'
import type { Config } from './config.ts'
import { failToStart, leave } from './serve.ts'
import { openStorage } from './storage.ts'

type Print = (text: string) => void

/** Found something: a result, not a failure. */
const FOUND = 3

const MEANING = {
  unrecorded: 'not recorded',
  changed: 'not the file that was recorded',
  gone: 'recorded, but gone',
  ownerless: 'belongs to no run or model',
  unreachable: 'a place that the configuration does not name',
}

/** Prints a line for each finding, and leaves with 0 where there is none. */
export async function scan(config: Config, { keep, json }: { keep: boolean; json: boolean }, print: Print, say: Print) {
  // standard output is the findings'
  const logs = openLog({ level: 'silent' })
  try {
    if (config.tracking.mode === 'artifacts-only')
      throw new Error('--artifacts-only: without a database nothing is recorded. Leave it out.')
    const { scan } = await import('./tracking/index.ts')
    const database = await openStorage(config, logs.log)
    const counts = new Map<string, number>()
    await scan(config.tracking, database, keep, (found) => {
      const { finding, place } = found
      counts.set(finding, (counts.get(finding) ?? 0) + 1)
      print(json ? JSON.stringify(found) : `${place}: ${MEANING[finding]}`)
    }).finally(() => database.close())
    say(summary(counts, keep))
    leave(logs, counts.size > 0 ? FOUND : 0)
  } catch (error) {
    failToStart(error, logs, config, say)
  }
}

function summary(counts: ReadonlyMap<string, number>, keep: boolean): string {
  if (counts.size === 0) return 'All that is in the store is recorded, and all that is recorded is there.'
  const found = [...counts].map(([finding, count]) => `${count} ${finding}`).join(', ')
  const recorded = (counts.get('unrecorded') ?? 0) + (counts.get('changed') ?? 0)
  const done = keep ? `${recorded} recorded now` : 'nothing was changed'
  return `Found: ${found}; ${done}.`
}
