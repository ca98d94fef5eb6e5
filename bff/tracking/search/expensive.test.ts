import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRun, searchRuns } from '#contract'
import { call } from '../../../web/lib/client.ts'
import { testDatabase } from '../../test/database.ts'
import { startServer } from '../../test/server.ts'

/** Long values and many clauses: every run costs milliseconds, all of them seconds. */
const RUNS = 300
const VALUE = 'Ä'.repeat(8000)
const CLAUSES = 100
const expensive = {
  experiment_ids: ['0'],
  filter: Array.from({ length: CLAUSES }, (_, n) => `tags.note ILIKE '%x${n}%'`).join(' OR '),
}
const cheap = { experiment_ids: ['0'], max_results: 3 }

// the embedded database runs one statement after another, and none can be cut
describe.runIf(process.env.ASSAY_TEST_DATABASE_URL)('a search that takes too long', () => {
  let server: Awaited<ReturnType<typeof startServer>>
  beforeAll(async () => {
    server = await startServer({ database: { ...(await testDatabase()), limits: { readTimeoutMs: 1_000 } } })
    for (let run = 0; run < RUNS; run++)
      await call(createRun, { experiment_id: '0', tags: [{ key: 'note', value: VALUE }] }, server)
  }, 60_000)
  afterAll(() => server.close())

  const isCut = () =>
    expect(call(searchRuns, expensive, server)).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining('narrow the query'),
    })

  test('is cut, and the caller is told what to do', isCut)

  test('leaves its connection to the next: more of them than there are connections, then all answer', async () => {
    await Promise.all(Array.from({ length: 8 }, isCut))
    const answers = await Promise.all(Array.from({ length: 8 }, () => call(searchRuns, cheap, server)))
    expect(answers.map(({ runs }) => runs.length)).toEqual(Array(8).fill(3))
  })

  test('does not stop others, who read while it runs', async () => {
    const cut = isCut()
    expect((await call(searchRuns, cheap, server)).runs).toHaveLength(3)
    await cut
  })
})
