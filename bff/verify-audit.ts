import { openLog } from '#kit/log.ts'
import type { AuditFinding } from './auth/index.ts'
import type { Config } from './config.ts'
import { failToStart, leave } from './serve.ts'
import { openStorage } from './storage.ts'

type Print = (text: string) => void

/** The chain is broken: a result, not a failure. */
const BROKEN = 3

/** Prints a line for each place where the chain is broken, then how long it is and its head; leaves with 0 where it is whole. */
export async function verifyAudit(config: Config, head: string | undefined, print: Print, say: Print) {
  // standard output is the result's
  const logs = openLog({ level: 'silent' })
  try {
    if (config.tracking.mode === 'artifacts-only')
      throw new Error('--artifacts-only: without a database nothing is recorded. Leave it out.')
    const { verifyAudit } = await import('./auth/index.ts')
    const database = await openStorage({ ...config, migrate: false }, logs.log)
    const verified = await verifyAudit(database.reads, head, (finding) => print(told(finding))).finally(() =>
      database.close(),
    )
    print(`rows: ${verified.count}\nhead: ${verified.head}`)
    say(summary(verified.findings, head !== undefined))
    leave(logs, verified.findings > 0 ? BROKEN : 0)
  } catch (error) {
    failToStart(error, logs, config, say)
  }
}

function told(finding: AuditFinding): string {
  switch (finding.finding) {
    case 'edited':
      return `${finding.seq}: edited: it is not what was hashed`
    case 'unchained':
      return `${finding.seq}: does not follow the row before it: one of both was replaced`
    case 'missing':
      return `${finding.seq}: missing, ${finding.count} in all`
    case 'cut':
      return `${finding.head}: no row has this head: what came after was cut off, or all was made anew`
  }
}

function summary(findings: number, isHeadKnown: boolean): string {
  if (findings > 0) return `The audit is broken in ${findings} ${findings === 1 ? 'place' : 'places'}.`
  return isHeadKnown
    ? 'The audit is whole, and has the head that was given.'
    : 'The audit is whole as far as it goes. Whether its end was cut off only an older head can tell: --head HASH, from the log.'
}
