import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '#kit/db.ts'
import { openDatabase } from '#kit/db.ts'
import { rows, sql } from '#kit/sql.ts'
import { testDatabase } from '../../test/database.ts'
import type { RunsQuery } from './search.ts'
import { findPage, runsSearch } from './search.ts'

let db: Database
beforeAll(async () => {
  db = await openDatabase(await testDatabase())
  await rows(
    db,
    sql`insert into experiments (experiment_id, name, artifact_location, creation_time, last_update_time) values (7, 'seven', 'x', 1, 1)`,
  )
  // start times fall with the number, so that without an order the runs come as 1, 2, 3 …
  await rows(
    db,
    sql`
    insert into runs (run_no, run_id, experiment_id, run_name, status, start_time, end_time, artifact_uri)
    overriding system value values
      (1, 'r1', 7, 'Ärger', 'FINISHED', 1793577599999, 5, 's3://x'),
      (2, 'r2', 7, 'ärger', 'FAILED', 1793491200000, null, 's3://x'),
      (3, 'r3', 7, 'ΣΟΦΟΣ', 'RUNNING', 1793491199999, 7, 's3://x'),
      (4, 'r4', 7, '50%', 'RUNNING', 4, 7, 's3://x'),
      (5, 'r5', 7, '50 of 100', 'RUNNING', 3, 7, 's3://x')`,
  )
  await rows(
    db,
    sql`
    insert into series (run_no, experiment_id, key, last_value, settled_value, last_step, last_timestamp, min_step, max_step,
                        min_timestamp, max_timestamp)
    select run_no, 7, 'm', value, value, 0, 0, 0, 0, 0, 0
    from (values (1, 1), (2, 'NaN'::float8), (3, 'Infinity'), (4, -1)) v (run_no, value)`,
  )
  await rows(
    db,
    sql`insert into params (run_no, key, value) values (1, 'p', 'a'), (2, 'p', 'B'), (3, 'p', '10'), (4, 'p', '9')`,
  )
  await rows(
    db,
    sql`insert into tags (run_no, key, value) select n, 't', repeat('x', 64) || n from generate_series(1, 3) n`,
  )
})
afterAll(() => db.close())

async function found(query: Partial<RunsQuery>): Promise<string> {
  const search = runsSearch({
    experiment_ids: [7],
    max_results: 100,
    scope: 'all',
    key: Buffer.alloc(32),
    ...query,
  })
  return (await findPage(db, search)).keys.join(' ')
}

describe('a search of runs', () => {
  test.each([
    { why: 'NaN is not above a number', filter: 'metrics.m > 0', runs: '1 3' },
    { why: 'nor below one', filter: 'metrics.m <= 1', runs: '1 4' },
    { why: 'nor equal to one', filter: 'metrics.m IN (0, 1)', runs: '1' },
    { why: 'but different from all', filter: 'metrics.m != 1', runs: '2 3 4' },
    { why: 'and outside of every range', filter: 'metrics.m NOT BETWEEN -1e400 AND 1e400', runs: '2' },
    { why: 'infinity is a number', filter: 'metrics.m >= 1e400', runs: '3' },
    { why: '!= does not find the runs without the key', filter: "params.p != 'a'", runs: '2 3 4' },
    { why: 'NOT finds them', filter: "NOT params.p = 'a'", runs: '2 3 4 5' },
    { why: 'IS NULL finds only them', filter: 'params.p IS NULL', runs: '5' },
    { why: 'a missing time is neither below nor above', filter: 'end_time < 6 OR end_time > 6', runs: '1 3 4 5' },
    { why: 'so that NOT finds it', filter: 'NOT end_time < 6', runs: '2 3 4 5' },
    { why: 'NOT IN leaves all of a list out', filter: "params.p NOT IN ('a', 'B')", runs: '3 4' },
    { why: 'NOT LIKE leaves a pattern out', filter: "params.p NOT LIKE '_'", runs: '3' },
    { why: 'LIKE knows capitals', filter: "run_name LIKE 'ä%'", runs: '2' },
    { why: 'ILIKE does not, in any alphabet', filter: "run_name ILIKE 'äRG%'", runs: '1 2' },
    { why: 'nor in Greek', filter: "run_name ILIKE '%σοφος'", runs: '3' },
    { why: 'a backslash makes % a character', filter: "run_name LIKE '50\\%'", runs: '4' },
    { why: 'values are equal to their last character', filter: `tags.t = '${'x'.repeat(64)}2'`, runs: '2' },
    { why: 'also out of a list', filter: `tags.t IN ('${'x'.repeat(64)}2', '${'x'.repeat(64)}3', 'y')`, runs: '2 3' },
    { why: 'and not when they only begin so', filter: `tags.t = '${'x'.repeat(64)}'`, runs: '' },
    { why: 'a date is its whole day', filter: 'start_time = 2026-11-01', runs: '1 2' },
    { why: 'and <= includes it', filter: 'start_time <= 2026-11-01', runs: '1 2 3 4 5' },
    { why: 'while > begins after it', filter: 'start_time > 2026-10-31', runs: '1 2' },
    { why: 'a time may be beyond all times', filter: 'start_time < 99999999999999999999', runs: '1 2 3 4 5' },
  ])('$why: $filter', async ({ filter, runs }) => {
    expect(await found({ filter })).toBe(runs)
  })

  test.each([
    { order_by: ['metrics.m'], runs: '4 1 3 2 5' },
    { order_by: ['metrics.m DESC'], runs: '3 1 4 2 5' },
    { order_by: ['params.p'], runs: '3 4 2 1 5' },
    { order_by: ['params.p DESC'], runs: '1 2 4 3 5' },
    { order_by: ['end_time DESC'], runs: '3 4 5 1 2' },
    { order_by: ['end_time', 'start_time'], runs: '1 5 4 3 2' },
    { order_by: ['status', 'metrics.m DESC'], runs: '2 1 3 4 5' },
  ])('$order_by: NaN and then the missing come last in both directions', async ({ order_by, runs }) => {
    expect(await found({ order_by })).toBe(runs)
  })

  test.each([
    { scope: 'all' as const, runs: '1 2 3 4 5' },
    { scope: [7], runs: '1 2 3 4 5' },
    { scope: [8], runs: '' },
    { scope: [], runs: '' },
  ])('within the scope $scope only', async ({ scope, runs }) => {
    expect(await found({ scope, experiment_ids: [7, 8, 7], run_view_type: 'ALL' })).toBe(runs)
  })

  // As joins, so many took a planner's memory.
  test('a hundred clauses and a hundred keys of order are answered', async () => {
    const clauses = ["params.p != 'x'", 'metrics.m > -5', "tags.t = 'y'", "dataset.name = 'd'", 'end_time > 1']
    const hundred = Array.from({ length: 100 }, (_, n) => clauses[n % clauses.length])
    const order_by = Array.from({ length: 100 }, (_, n) => `${['metrics', 'params', 'tags'][n % 3]}.k${n} DESC`)
    expect(await found({ filter: hundred.join(' OR '), order_by })).toBe('1 2 3 4 5')
    expect(await found({ filter: hundred.join(' AND '), order_by })).toBe('')
  })

  test('the first page and a later one are read along an index, without sorting', async () => {
    await rows(
      db,
      sql`insert into experiments (experiment_id, name, artifact_location, creation_time, last_update_time) values (8, 'eight', 'x', 1, 1)`,
    )
    await rows(
      db,
      sql`
      insert into runs (run_no, run_id, experiment_id, run_name, start_time, artifact_uri) overriding system value
      select 1000 + n, 'many' || n, 8, 'x', n, 'x' from generate_series(1, 5000) n`,
    )
    await rows(db, sql`analyze runs`)
    const query: RunsQuery = { experiment_ids: [8], max_results: 100, scope: 'all', key: Buffer.alloc(32) }
    const first = runsSearch(query)
    const { next_page_token } = await findPage(db, first)
    const second = runsSearch({ ...query, page_token: next_page_token })
    for (const { statements } of [first, second, runsSearch({ ...query, experiment_ids: [7, 8] })]) {
      const [statement] = statements
      const plan = (await db.texts(sql`explain ${statement}`)).join('\n')
      expect(plan).toContain('runs_by_start')
      expect(plan).not.toMatch(/Seq Scan/)
    }
  })

  test('an experiment that is newer than the statistics is read along indexes too', async () => {
    await rows(db, sql`analyze`)
    await rows(
      db,
      sql`insert into experiments (experiment_id, name, artifact_location, creation_time, last_update_time) values (9, 'nine', 'x', 1, 1)`,
    )
    await rows(
      db,
      sql`
      insert into runs (run_no, run_id, experiment_id, run_name, start_time, artifact_uri) overriding system value
      select 9000 + n, 'new' || n, 9, 'x', n, 'x' from generate_series(1, 2000) n`,
    )
    await rows(
      db,
      sql`
      insert into series (run_no, experiment_id, key, last_value, settled_value, last_step, last_timestamp, min_step, max_step,
                          min_timestamp, max_timestamp)
      select 9000 + n, 9, 'm', n, n, 0, 0, 0, 0, 0, 0 from generate_series(1, 2000) n`,
    )
    await rows(
      db,
      sql`insert into params (run_no, key, value) select 9000 + n * 40, 'p', 'few' from generate_series(1, 50) n`,
    )
    const planOf = async (query: Partial<RunsQuery>) => {
      const whole = { experiment_ids: [9], max_results: 10, order_by: ['metrics.m'], key: Buffer.alloc(32), ...query }
      const [statement] = runsSearch({ scope: 'all', ...whole }).statements
      return (await db.texts(sql`explain (analyze, costs off, timing off) ${statement}`)).join('\n')
    }
    const [, read] = /series_by_value on series v \(actual rows=(\d+)/.exec(await planOf({})) ?? []
    expect(Number(read)).toBeLessThan(20)
    const driver = {
      type: 'comparison',
      entity: 'parameter',
      key: 'p',
      kind: 'text',
      operator: '=',
      values: ['few'],
    } as const
    const driven = await planOf({ filter: "params.p = 'few'", driver })
    expect(driven).toContain('runs_pkey')
    expect(driven).not.toContain('runs_by_start')
  })
})
