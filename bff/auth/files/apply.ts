import { ApiError } from '#contract'
import type { Database } from '#kit/db.ts'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import type { Change, NewExperiment, Plan } from './changes.ts'
import type { Experiments } from './experiments.ts'
import type { Texts } from './folder.ts'
import { planAccess } from './plan.ts'
import type { ReadRules, Wanted } from './read.ts'
import { invalidFiles, readWanted } from './read.ts'
import { readState } from './state.ts'
import type { Author } from './write.ts'
import { write } from './write.ts'

export type FilesParts = { database: Database; experiments: Experiments; rules: ReadRules }

/** The difference that a folder makes. Changes nothing. Throws INVALID_PARAMETER_VALUE with every problem. */
export async function planFiles(parts: FilesParts, texts: Texts): Promise<Plan> {
  return planned(parts, readWanted(texts, parts.rules))
}

async function planned({ database, experiments }: FilesParts, wanted: Wanted): Promise<Plan> {
  const all = await experiments.all()
  return sound(
    await database.reads.transaction(async (db) => planAccess(await readState(db, all), wanted), { snapshot: true }),
  )
}

export type ApplyOptions = Author & {
  /** do it though much is taken away */
  confirm: boolean
}

/**
 * Makes it so, in one transaction and one at a time; says what was changed. Experiments may be another server's and are
 * created before it: where it fails afterwards they stay, nobody's, and the next apply finds them.
 */
export async function applyFiles(parts: FilesParts, texts: Texts, options: ApplyOptions): Promise<Plan> {
  const { database, experiments, rules } = parts
  const wanted = readWanted(texts, rules)
  const first = confirmed(await planned(parts, wanted), options)
  if (!isWork(first) && (await lastDigest(database)) === wanted.digest) return first
  const missing = first.changes.filter((change) => change.action === 'create-experiment')
  await eachOf(missing, (experiment) => experiments.create(experiment))
  const all = await experiments.all()
  const plan = await database.transaction(async (db) => {
    await lockFiles(db)
    const state = await readState(db, all)
    const plan = confirmed(sound(planAccess(state, wanted)), options)
    const left = plan.changes.find((change) => change.action === 'create-experiment')
    if (left) throw new ApiError('ABORTED', `${left.at}: experiment ${left.resource} was renamed or removed meanwhile`)
    const report = { ...plan, changes: inOrder(missing, plan.changes) }
    if (isWork(report) || (await lastDigest(db)) !== wanted.digest) await write(db, wanted, report, options)
    return report
  })
  const described = plan.changes.filter((change) => change.action === 'describe-experiment')
  await eachOf(described, ({ resource_id, description }) => experiments.describe(resource_id, description))
  return plan
}

/** One apply at a time, until the transaction ends. */
const lockFiles = (db: Db) => db.query(sql`select pg_advisory_xact_lock(hashtext('assay access files'))`)

const isWork = ({ changes, takesOver }: Plan) => changes.length > 0 || takesOver.length > 0

const lastDigest = async (db: Db) =>
  (await row<{ digest: string }>(db, sql`select digest from access_applies order by apply_id desc limit 1`))?.digest

/** Who and what there is comes before what they are given. */
const inOrder = (created: readonly NewExperiment[], changes: readonly Change[]): Change[] => {
  const at = changes.findIndex(({ action }) => action === 'give' || action === 'take')
  return at < 0 ? [...changes, ...created] : [...changes.slice(0, at), ...created, ...changes.slice(at)]
}

function sound(plan: Plan): Plan {
  if (plan.problems.length) throw invalidFiles(plan.problems)
  return plan
}

function confirmed(plan: Plan, { confirm }: ApplyOptions): Plan {
  if (plan.toConfirm.length && !confirm)
    throw new ApiError(
      'RESOURCE_CONFLICT',
      `${plan.toConfirm.join('. ')}. If that is meant, apply it with --confirm (confirm: true).`,
      { details: { to_confirm: plan.toConfirm } },
    )
  return plan
}

const AT_ONCE = 8

/** A few at a time. */
async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of left) await work(item)
    }),
  )
}
