import type { KeyValue, MetricField } from '#contract'
import type { Database } from '#kit/db.ts'
import { sqlState } from '#kit/db.ts'
import type { Db } from '#kit/sql.ts'
import type { ClientRoot } from '../artifacts/client-root.ts'
import { advanceSeries, canAdvance } from '../metrics/advance.ts'
import type { PointsByKey, SeriesName } from '../metrics/record.ts'
import { byKey, lockSeries, recordPoints, seriesName } from '../metrics/record.ts'
import type { CreatedRun, NewRun } from '../runs/create.ts'
import { insertRuns, whyNoRun } from '../runs/create.ts'
import type { WantedName } from '../runs/names.ts'
import { nameRuns, requireFreeNames } from '../runs/names.ts'
import { insertParams } from '../runs/params.ts'
import { findRuns, noSuchRun, notActive } from '../runs/require.ts'
import { RUN_NAME_TAG, upsertTags } from '../runs/tags.ts'
import type { Outcome } from './queue.ts'
import { WriteQueue } from './queue.ts'

/** What log-metric, log-parameter, set-tag and log-batch have in common. */
type RunWrite = {
  run_id: string
  metrics: readonly MetricField[]
  params: readonly KeyValue[]
  tags: readonly KeyValue[]
}
type Write = { create: NewRun } | { log: RunWrite }
type Written = CreatedRun | undefined

export type RunWrites = Pick<WriteQueue<Write, Written>, 'submit' | 'waiting' | 'drained'>

const weigh = (write: Write) =>
  'create' in write
    ? 1 + write.create.tags.length
    : 1 + write.log.metrics.length + write.log.params.length + write.log.tags.length

type Rules = { clientRoot: ClientRoot; uniqueNames: boolean }

/** The way that all writes to runs go, whichever endpoint they came by: through one of three queues, or from the second on to the third. */
export function openRunWrites(database: Database, rules: Rules): RunWrites {
  const queue = {
    // PGlite is one connection. On Postgres two: while one group waits for the disk, the next one computes.
    lanes: database.dialect === 'pglite' ? 1 : 2,
    weigh,
    groupWeight: 8_000,
    waitingWeight: 400_000,
  }
  const creations = new WriteQueue<Write, Written>({
    ...queue,
    // one statement writes, so a transaction is needed only where names are locked first
    commit: (group) =>
      rules.uniqueNames ? database.transaction((db) => commit(db, group, rules)) : commit(database, group, rules),
  })
  const advances = new WriteQueue<{ log: RunWrite }, boolean>({
    ...queue,
    commit: async (group) => {
      const stored = await advance(database, group)
      return group.map((_, i) => ({ answer: stored[i] ?? false }))
    },
  })
  const writes = new WriteQueue<Write, Written>({
    ...queue,
    commit: (group) => database.transaction((db) => commit(db, group, rules)),
  })
  return {
    async submit(write) {
      if ('create' in write) return creations.submit(write)
      // asked first, since trainings hardly write anything else
      const stored = mayAdvance(write.log) && (await advances.submit(write))
      return stored ? undefined : writes.submit(write)
    },
    get waiting() {
      return creations.waiting + advances.waiting + writes.waiting
    },
    async drained() {
      await creations.drained()
      await advances.drained()
      await writes.drained()
    },
  }
}

const mayAdvance = ({ metrics, params, tags }: RunWrite) =>
  params.length === 0 && tags.length === 0 && canAdvance(metrics)

/** Where Postgres asks for another try (a deadlock), or a sum becomes infinite, the other way is free: nothing was written. */
const advance = (db: Db, group: readonly { log: RunWrite }[]) =>
  advanceSeries(
    db,
    group.map(({ log }) => log),
  ).catch((error: unknown) => {
    if (['40001', '40P01', '22003'].includes(sqlState(error) ?? '')) return []
    throw error
  })

/**
 * A write to a run that is not there or not active is left out. What else can be wrong with a write (a param that has another
 * value already, a name that is taken) throws, so that nothing of the group is written and the queue tries its writes one by one.
 */
async function commit(db: Db, writes: readonly Write[], rules: Rules): Promise<Outcome<Written>[]> {
  const outcomes: Outcome<Written>[] = writes.map(() => ({ answer: undefined }))
  if (rules.uniqueNames) await requireFreeNames(db, await wantedNames(db, writes))
  await create(db, writes, outcomes, rules)
  await log(db, writes, outcomes)
  return outcomes
}

async function create(db: Db, writes: readonly Write[], outcomes: Outcome<Written>[], rules: Rules) {
  const creations = writes.flatMap((write, i) => ('create' in write ? [{ i, run: write.create }] : []))
  if (creations.length === 0) return
  const generated = await nameRuns(
    db,
    creations.flatMap(({ run }) => (run.run_name === undefined ? [{ ...run, experiment_id: run.experiment }] : [])),
    rules.uniqueNames,
  )
  const runs = creations.map(({ run }) => ({ ...run, run_name: run.run_name ?? generated.get(run.run_id) ?? '' }))
  const created = await insertRuns(db, runs, rules.clientRoot)
  for (const { i, run } of creations) {
    const answer = created.get(run.run_id)
    outcomes[i] = answer
      ? { answer }
      : { refused: await whyNoRun(db, run.experiment).catch((unknown: unknown) => unknown) }
  }
}

/** The names that these writes give: to new runs, and by the tag. */
async function wantedNames(db: Db, writes: readonly Write[]): Promise<WantedName[]> {
  const created = writes.flatMap((write) => {
    if (!('create' in write) || write.create.run_name === undefined) return []
    const { run_id, run_name, experiment } = write.create
    return [{ run_id, run_name, experiment_id: experiment }]
  })
  const renamed = writes.flatMap((write) =>
    'log' in write
      ? write.log.tags
          .filter(({ key }) => key === RUN_NAME_TAG)
          .map(({ value }) => ({ run_id: write.log.run_id, run_name: value }))
      : [],
  )
  if (renamed.length === 0) return created
  const runs = await findRuns(db, [...new Set(renamed.map(({ run_id }) => run_id))])
  return [
    ...created,
    ...renamed.flatMap(({ run_id, run_name }) => {
      const run = runs.get(run_id)
      return run ? [{ run_id, run_name, experiment_id: run.experiment_id }] : []
    }),
  ]
}

async function log(db: Db, writes: readonly Write[], outcomes: Outcome<Written>[]) {
  const logs = writes.flatMap((write, i) =>
    'log' in write ? [{ i, write: write.log, points: byKey(write.log.metrics) }] : [],
  )
  if (logs.length === 0) return
  // what does not wait for an answer goes out together: a group takes as few journeys to the database as it can
  const [runs, locked] = await Promise.all([
    findRuns(db, [...new Set(logs.map(({ write }) => write.run_id))]),
    lockSeries(db, seriesOf(logs)),
  ])
  const accepted = logs.flatMap(({ i, write, points }) => {
    const run = runs.get(write.run_id)
    if (run?.lifecycle_stage === 'active') return [{ run, write, points }]
    outcomes[i] = { refused: run ? notActive(write.run_id) : noSuchRun(write.run_id) }
    return []
  })
  const ofRuns = (listed: (write: RunWrite) => readonly KeyValue[]) =>
    accepted.flatMap(({ run: { run_no, run_id }, write }) =>
      listed(write).map(({ key, value }) => ({ run_no, run_id, key, value })),
    )
  await Promise.all([
    insertParams(
      db,
      ofRuns((write) => write.params),
    ),
    upsertTags(
      db,
      ofRuns((write) => write.tags),
    ),
    recordPoints(db, accepted, locked),
  ])
}

function seriesOf(logs: readonly { write: RunWrite; points: PointsByKey }[]): SeriesName[] {
  const names = new Map<string, SeriesName>()
  for (const { write, points } of logs)
    for (const key of points.keys()) {
      const name = { run_id: write.run_id, key }
      names.set(seriesName(name), name)
    }
  return [...names.values()]
}
