import Papa from 'papaparse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AuditFilters } from '#contract'
import { createExperiment, createRun, deleteRun, endpoints, exportAudit, searchAudit } from '#contract'
import { openLog } from '#kit/log.ts'
import { ask } from '../../test/ask.ts'
import type { TestUser } from '../../test/people.ts'
import { peopleOf } from '../../test/people.ts'
import { startServer } from '../../test/server.ts'
import { openAuditHeads } from './heads.ts'
import { READS } from './reads.ts'
import { recordAudit } from './record.ts'

let server: Awaited<ReturnType<typeof startServer>>
let admin: TestUser
let ann: TestUser
beforeAll(async () => {
  server = await startServer({ auth: { auditReads: true } })
  const people = peopleOf(server)
  admin = await people.add('root', { is_admin: true })
  ann = await people.add('ann')
})
afterAll(() => server.close())

const record = (...object_ids: string[]) =>
  recordAudit(
    server.database!,
    ...object_ids.map((object_id) => ({
      actor: 'ann',
      action: 'thing.change' as const,
      object_type: 'thing',
      object_id,
      details: { n: 1 },
    })),
  )
const things = (filters: Partial<AuditFilters> = {}) => ({ object_type: 'thing', ...filters })
const idsOf = (rows: { object_id: string }[]) => rows.map(({ object_id }) => object_id)

describe('the audit', () => {
  test('comes page by page, the newest first', async () => {
    await record('a', 'b', 'c', 'd', 'e')
    const pages: string[][] = []
    let page_token: string | undefined
    do {
      const page = await admin.ask(searchAudit, { ...things(), max_results: 2, page_token })
      pages.push(idsOf(page.rows))
      page_token = page.next_page_token
      // what is recorded meanwhile shifts nothing
      await record('later')
    } while (page_token)
    expect(pages).toEqual([['e', 'd'], ['c', 'b'], ['a']])
  })

  test.each([
    ['actor', { actor: 'ann' }, { actor: 'an' }],
    ['action', { action: 'thing.change' }, { action: 'thing.chang' }],
    ['the beginning of actions', { action: 'thing.' }, { action: 'thin.' }],
    ['type', { object_type: 'thing' }, { object_type: 'run' }],
    ['object', { object_id: 'found' }, { object_id: 'foun' }],
    ['since', { since: 0 }, { since: Date.now() + 3_600_000 }],
    ['until', { until: Date.now() + 3_600_000 }, { until: 1 }],
  ])('is found by %s', async (_what, finds, misses) => {
    await record('found')
    const search = async (filters: object) => idsOf((await admin.ask(searchAudit, { ...things(), ...filters })).rows)
    expect(await search(finds)).toContain('found')
    expect(await search(misses)).not.toContain('found')
  })

  test.each(['0', '-1', 'x', '1e3', '9'.repeat(30)])('refuses the page token %s', async (page_token) => {
    await expect(admin.ask(searchAudit, { page_token })).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
  })

  test('is for administrators', async () => {
    await expect(ann.ask(searchAudit, {})).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    const csv = await ask(`${server.base}${exportAudit.path}`, { headers: ann.headers })
    expect(csv).toMatchObject({ status: 403, json: { error_code: 'PERMISSION_DENIED' } })
  })

  test('tells who deleted what', async () => {
    const { experiment_id } = await ann.ask(createExperiment, { name: 'audited' })
    const { run_id } = (await ann.ask(createRun, { experiment_id })).run.info
    await ann.ask(deleteRun, { run_id })
    const { rows } = await admin.ask(searchAudit, { object_type: 'run', object_id: run_id })
    expect(rows).toMatchObject([{ actor: 'ann', action: 'run.delete', hash: expect.stringMatching(/^[0-9a-f]{64}$/) }])
    expect(Math.abs(Number(rows[0]?.at) - Date.now())).toBeLessThan(60_000)
  })
})

describe('as CSV, the audit', () => {
  const csvOf = async (query: string) => ask(`${server.base}${exportAudit.path}?${query}`, { headers: admin.headers })

  test('is complete, over many batches', async () => {
    const ids = Array.from({ length: 2_500 }, (_, i) => `many-${i}`)
    await record(...ids)
    const { headers, text } = await csvOf('object_type=thing&actor=ann')
    expect(headers['content-type']).toMatch(/^text\/csv/)
    expect(headers['content-disposition']).toBe('attachment; filename="audit.csv"')
    const { data } = Papa.parse<{ object_id: string; seq: string }>(text.trim(), { header: true })
    expect(data.filter(({ object_id }) => object_id.startsWith('many-')).map(({ object_id }) => object_id)).toEqual(
      ids.reverse(),
    )
    const seqs = data.map(({ seq }) => Number(seq))
    expect(seqs).toEqual(seqs.toSorted((a, b) => b - a))
  })

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '=cmd|"/c calc"!A0', '=1+1\nsecond line', '=1,2'])(
    'issue 7169: has no formula in %j',
    async (formula) => {
      await record(formula)
      const { text } = await csvOf(`object_type=thing&object_id=${encodeURIComponent(formula)}`)
      const [row] = Papa.parse<{ object_id: string }>(text, { header: true }).data
      expect(row?.object_id).toBe(`'${formula}`)
    },
  )
})

describe('--audit-reads', () => {
  test('records who downloads what, and who asks for an address to', async () => {
    const { experiment_id } = await ann.ask(createExperiment, { name: 'read' })
    const { run_id } = (await ann.ask(createRun, { experiment_id })).run.info
    const address = `${server.base}/api/2.0/mlflow-artifacts/artifacts/${experiment_id}/${run_id}/artifacts/a/b.txt`
    expect((await ask(address, { method: 'PUT', body: 'text', headers: ann.headers })).status).toBe(200)
    const download = `${server.base}/get-artifact?run_id=${run_id}&path=a/b.txt`
    expect((await ask(download, { headers: admin.headers })).text).toBe('text')
    expect((await ask(download, { method: 'HEAD', headers: admin.headers })).status).toBe(200)
    expect((await ask(address, { headers: ann.headers })).text).toBe('text')
    const { rows } = await admin.ask(searchAudit, { action: 'artifact.read' })
    expect(rows).toMatchObject([
      { actor: 'ann', object_type: 'artifact', object_id: `${experiment_id}/${run_id}/artifacts/a/b.txt` },
      { actor: 'root', object_type: 'run', object_id: run_id, details: { by: 'getArtifact', path: 'a/b.txt' } },
    ])
  })

  test('knows every endpoint that gives bytes, but for the one that asks for no more than an address', () => {
    const downloads = Object.entries(endpoints).filter(([, { transfer }]) => transfer === 'download')
    expect(Object.keys(READS)).toEqual(
      expect.arrayContaining(downloads.map(([name]) => name).filter((name) => name !== 'openPreview')),
    )
  })
})

test('the head of the audit is in the log at the start and at the end, once for each', async () => {
  const lines: { head?: string; seq?: number }[] = []
  const { log } = openLog({ level: 'info' }, undefined, { write: (line) => void lines.push(JSON.parse(line)) })
  await record('before')
  const heads = await openAuditHeads(server.database!, log)
  await record('between')
  await heads.close()
  const [between, before] = (await admin.ask(searchAudit, { max_results: 2 })).rows
  expect(lines).toMatchObject([
    { seq: before?.seq, head: before?.hash },
    { seq: between?.seq, head: between?.hash },
  ])
  const quiet = await openAuditHeads(server.database!, log)
  await quiet.close()
  expect(lines).toHaveLength(3)
})
