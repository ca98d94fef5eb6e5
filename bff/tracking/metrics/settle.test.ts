import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import type { Db } from '#kit/sql.ts'
import { row, sql } from '#kit/sql.ts'
import { testDatabase } from '../../test/database.ts'
import { ensureDefaultExperiment } from '../experiments/experiments.ts'
import { newRun } from '../runs/create.ts'
import { requireRun } from '../runs/require.ts'
import { updateRun } from '../runs/update.ts'
import type { RunWrites } from '../writes/run-write.ts'
import { openRunWrites } from '../writes/run-write.ts'
import { advanceSeries } from './advance.ts'
import { byKey, lockSeries, recordPoints } from './record.ts'
import { settleSilent } from './settle.ts'

let db: Database
let writes: RunWrites
beforeAll(async () => {
  db = await openDatabase(await testDatabase())
  await ensureDefaultExperiment(db, 'x')
  writes = openRunWrites(db, { clientRoot: { uri: 'mlflow-artifacts:', proxied: true }, uniqueNames: false })
})
afterAll(() => db.close())

const NOON = 1_793_534_400_000

const point = (value: number) => ({
  key: 'loss',
  value,
  step: 0,
  timestamp: NOON,
  model_id: undefined,
  dataset_name: undefined,
  dataset_digest: undefined,
})

/** Of series by this connection: all of them, and those that left the indexes alone. */
async function updates(tx: Db) {
  const counted = await row<{ all: number; hot: number }>(
    tx,
    sql`select pg_stat_get_xact_tuples_updated('series'::regclass) as all, pg_stat_get_xact_tuples_hot_updated('series'::regclass) as hot`,
  )
  return counted ?? { all: 0, hot: 0 }
}

async function startRun() {
  const run = newRun({ experiment_id: '0', run_name: '', user_id: '', start_time: 0, tags: [] })
  await writes.submit({ create: run })
  const log = (value: number) =>
    writes.submit({ log: { run_id: run.run_id, metrics: [point(value)], params: [], tags: [] } })
  const settled = async () =>
    (
      await row<{ settled_value: number | null }>(
        db,
        sql`select s.settled_value from series s join runs r using (run_no) where r.run_id = ${run.run_id}`,
      )
    )?.settled_value
  return { run_id: run.run_id, log, settled }
}

test('the value that the index has stands still while points come in, and is the last one afterwards', async () => {
  const { run_id, log, settled } = await startRun()
  await log(3)
  expect(await settled()).toBe(3)
  await log(5)
  expect(await settled()).toBeNull()
  await db.transaction((tx) => updateRun(tx, { run_id, status: 'FINISHED', end_time: 9, run_name: undefined }, false))
  expect(await settled()).toBe(5)
  await log(7)
  expect(await settled()).toBeNull()
})

test('a series that nobody writes to any more is settled, one that may still grow is not', async () => {
  const { log, settled } = await startRun()
  await log(3)
  await log(Number.NaN)
  await log(5)
  await settleSilent(db, NOON + 60_000)
  expect(await settled()).toBeNull()
  await settleSilent(db, NOON + 3_600_000)
  expect(await settled()).toBe(5)
})

test('a point more in a growing series changes no index, whichever way it takes', async () => {
  const { run_id, log } = await startRun()
  await log(1)
  await log(2)
  const run = await requireRun(db, run_id)
  const [before, after] = await db.transaction(async (tx) => {
    const locked = await lockSeries(tx, [{ run_id, key: 'loss' }])
    const before = await updates(tx)
    await recordPoints(tx, [{ run, points: byKey([point(3)]) }], locked)
    expect(await advanceSeries(tx, [{ run_id, metrics: [{ ...point(4), step: 1 }] }])).toEqual([true])
    return [before, await updates(tx)]
  })
  expect(after).toEqual({ all: before.all + 2, hot: before.hot + 2 })
})

test('a series that goes on is not settled', async () => {
  const { run_id, log, settled } = await startRun()
  await log(1)
  expect(await advanceSeries(db, [{ run_id, metrics: [{ ...point(4), step: 1 }] }])).toEqual([true])
  expect(await settled()).toBeNull()
})
