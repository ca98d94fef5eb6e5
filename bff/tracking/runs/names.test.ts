import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Call } from '#contract'
import {
  createExperiment,
  createRun,
  deleteExperiment,
  deleteRun,
  getRun,
  logBatch,
  restoreExperiment,
  restoreRun,
  searchRuns,
  setTag,
  updateRun,
} from '#contract'
import { openDatabase } from '#kit/db.ts'
import { rows, sql } from '#kit/sql.ts'
import { call } from '../../../web/lib/client.ts'
import { testDatabase } from '../../test/database.ts'
import { startServer, testServer } from '../../test/server.ts'
import { nameRuns } from './names.ts'

const taken = (run_id: string) => ({
  code: 'RESOURCE_ALREADY_EXISTS',
  status: 400,
  message: expect.stringMatching(
    new RegExp(`already exists in experiment \\d+: it is ${run_id}\\. Choose another name`),
  ),
})

describe('generated names', () => {
  test('are of none of the experiment, also where few are left and several runs come at once', async () => {
    const database = await openDatabase(await testDatabase())
    try {
      await rows(
        database,
        sql`insert into experiments (experiment_id, name, artifact_location, creation_time, last_update_time)
            values (7, 'seven', 'x', 0, 0), (8, 'eight', 'x', 0, 0)`,
      )
      const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(32)) as [string, string, string]
      await rows(
        database,
        sql`insert into runs (run_id, experiment_id, run_name, lifecycle_stage, artifact_uri)
            values (${'1'.repeat(32)}, 7, 'calm-otter-3', 'deleted', 'x'), (${'2'.repeat(32)}, 8, 'calm-otter-4', 'active', 'x')`,
      )
      const wanted = [a, b, c].map((run_id) => ({ run_id, experiment_id: 7 }))
      for (const unique of [true, false]) {
        let turn = 0
        const generate = (digits: number) => `calm-otter-${turn++ % 3 === 2 ? 'odd' : digits}`
        const names = await database.transaction((db) => nameRuns(db, wanted, unique, generate))
        expect([...names.keys()].sort()).toEqual([a, b, c])
        expect(new Set(names.values()).size).toBe(3)
        expect([...names.values()]).not.toContain('calm-otter-3')
        expect([...names.values()]).toContain('calm-otter-4')
      }
    } finally {
      await database.close()
    }
  })
})

describe('without --unique-run-names', () => {
  const server = testServer()
  test('two runs may have one name; those without get a name each', async () => {
    const { experiment_id } = await call(createExperiment, { name: 'equal names' }, server)
    const start = (input: Call<typeof createRun>) => call(createRun, { experiment_id, ...input }, server)
    await Promise.all([start({ run_name: 'train' }), start({ run_name: 'train' })])
    const unnamed = await Promise.all(Array.from({ length: 200 }, () => start({})))
    const names = unnamed.map(({ run }) => run.info.run_name)
    expect(names.filter((name) => !/^[a-z]+-[a-z]+-[1-9]\d{0,3}$/.test(name ?? ''))).toEqual([])
    expect(new Set(names).size).toBe(200)
  })
})

describe('with --unique-run-names', () => {
  const server = testServer({ uniqueRunNames: true })
  let experiment_id: string
  let held: string
  let other: string
  const start = async (run_name?: string, of = experiment_id) =>
    (await call(createRun, { experiment_id: of, ...(run_name === undefined ? {} : { run_name }) }, server)).run.info
      .run_id
  const nameOf = async (run_id: string) => (await call(getRun, { run_id }, server)).run.info.run_name
  const tag = (value: string) => ({ key: 'mlflow.runName', value })

  beforeAll(async () => {
    experiment_id = (await call(createExperiment, { name: 'unique names' }, server)).experiment_id
    held = await start('held')
    other = await start('other')
  })

  test.each<{ way: string; ask: () => Promise<unknown> }>([
    { way: 'a new run', ask: () => start('held') },
    { way: 'a new run, by the tag', ask: () => call(createRun, { experiment_id, tags: [tag('held')] }, server) },
    { way: 'an update', ask: () => call(updateRun, { run_id: other, run_name: 'held', status: 'FINISHED' }, server) },
    { way: 'the tag', ask: () => call(setTag, { run_id: other, ...tag('held') }, server) },
    {
      way: 'a batch',
      ask: () => call(logBatch, { run_id: other, tags: [tag('held')], params: [{ key: 'p', value: '1' }] }, server),
    },
  ])('$way cannot take a name of its experiment, and is left as it was', async ({ ask }) => {
    const before = await call(searchRuns, { experiment_ids: [experiment_id] }, server)
    await expect(ask()).rejects.toMatchObject(taken(held))
    expect(await call(searchRuns, { experiment_ids: [experiment_id] }, server)).toEqual(before)
  })

  test('a name may be given again to the run that has it, in another experiment, and when it has been given up', async () => {
    await call(updateRun, { run_id: held, run_name: 'held' }, server)
    await call(setTag, { run_id: held, ...tag('held') }, server)
    await start('held', '0')
    const passing = await start('passing')
    await call(setTag, { run_id: passing, ...tag('gone on') }, server)
    await start('passing')
  })

  test('any number of runs may have no name', async () => {
    const [a, b] = [await start(), await start()]
    await call(setTag, { run_id: a, ...tag('') }, server)
    await call(setTag, { run_id: b, ...tag('') }, server)
    expect([await nameOf(a), await nameOf(b)]).toEqual(['', ''])
  })

  test('a deleted run gives its name up, and is not restored while another has it', async () => {
    const first = await start('reused')
    await call(deleteRun, { run_id: first }, server)
    const second = await start('reused')
    await expect(call(restoreRun, { run_id: first }, server)).rejects.toMatchObject(taken(second))
    await call(updateRun, { run_id: second, run_name: 'renamed' }, server)
    await call(restoreRun, { run_id: first }, server)
  })

  test('a run deleted with its experiment keeps its name', async () => {
    const { experiment_id: gone } = await call(createExperiment, { name: 'gone and back' }, server)
    const first = await start('twice', gone)
    await call(deleteRun, { run_id: first }, server)
    const second = await start('twice', gone)
    await call(deleteExperiment, { experiment_id: gone }, server)
    await expect(call(restoreRun, { run_id: first }, server)).rejects.toMatchObject(taken(second))
    await call(restoreExperiment, { experiment_id: gone }, server)
    const { runs } = await call(searchRuns, { experiment_ids: [gone] }, server)
    expect(runs?.map(({ info }) => info.run_id)).toEqual([second])
  })

  test('long names differ behind their 64th character too', async () => {
    const long = 'x'.repeat(3000)
    const run_id = await start(`${long}a`)
    await start(`${long}b`)
    await expect(start(`${long}a`)).rejects.toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS' })
    expect(await nameOf(run_id)).toBe(`${long}a`)
  })

  test('of several that want a name at once, one gets it', async () => {
    const { experiment_id: crowded } = await call(createExperiment, { name: 'crowded' }, server)
    await oneWins(crowded, () => server)
  })
})

// The embedded database belongs to one process.
describe.runIf(process.env.ASSAY_TEST_DATABASE_URL)('with --unique-run-names on two servers', () => {
  let servers: Awaited<ReturnType<typeof startServer>>[] = []
  beforeAll(async () => {
    const database = await testDatabase()
    const start = () => startServer({ database, uniqueRunNames: true })
    servers = [await start(), await start()]
  })
  afterAll(() => Promise.all(servers.map((one) => one.close())))

  test('one of them gives the name', () => oneWins('0', (n) => servers[n % 2] ?? { base: '' }))
})

/** By create and by every way of renaming, all at the same time. */
async function oneWins(crowded: string, at: (n: number) => { base: string }) {
  const nameless = async (n: number) => (await call(createRun, { experiment_id: crowded }, at(n))).run.info.run_id
  for (let round = 0; round < 10; round++) {
    const run_name = `wanted ${round}`
    const runs = await Promise.all([0, 1, 2, 3].map(nameless))
    const outcomes = await Promise.allSettled(
      runs.flatMap((run_id, n) => [
        call(createRun, { experiment_id: crowded, run_name }, at(n)),
        call(updateRun, { run_id, run_name }, at(n)),
        call(setTag, { run_id, key: 'mlflow.runName', value: run_name }, at(n + 1)),
      ]),
    )
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []))
    expect(new Set(refusals)).toEqual(new Set(['RESOURCE_ALREADY_EXISTS']))
    const { runs: named } = await call(
      searchRuns,
      { experiment_ids: [crowded], filter: `attributes.run_name = '${run_name}'` },
      at(0),
    )
    expect(named).toHaveLength(1)
  }
}
