import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmod, cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createRun, getMetricHistory, getRun, logBatch } from '#contract'
import { call, urlOf } from '../../web/lib/client.ts'
import { downloadArtifact, uploadArtifact } from '../contract/artifacts.ts'
import { temporaryFolder } from './artifact-places.ts'
import { databaseUrl, onServer } from './database.ts'
import type { TestPostgres } from './postgres.ts'
import { noPostgres, startPostgres } from './postgres.ts'
import { startAssay } from './process.ts'

const POINTS = 20

/** A run that was acknowledged with all that belongs to it. */
type Acknowledged = { run_id: string; depth: string; digest: string }

const artifactOf = (run_id: string) => `0/${run_id}/artifacts/model/weights.bin`

async function logRun(base: string): Promise<Acknowledged> {
  const { run } = await call(createRun, { experiment_id: '0' }, { base })
  const { run_id } = run.info
  const depth = randomBytes(4).toString('hex')
  const metrics = Array.from({ length: POINTS }, (_, step) => ({
    key: 'loss',
    value: 1 / (step + 1),
    timestamp: 1,
    step,
  }))
  await call(logBatch, { run_id, metrics, params: [{ key: 'depth', value: depth }] }, { base })
  const body = randomBytes(20_000)
  const { ok } = await fetch(urlOf(uploadArtifact, { path: artifactOf(run_id) }, base), { method: 'PUT', body })
  expect(ok).toBe(true)
  return { run_id, depth, digest: digestOf(body) }
}

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Writers that go on until they are stopped; `acknowledged` grows as the server answers. */
function startLoad(base: string, writers: number) {
  const acknowledged: Acknowledged[] = []
  let stopping = false
  const write = async () => {
    while (!stopping) acknowledged.push(await logRun(base))
  }
  const written = Promise.all(Array.from({ length: writers }, write))
  return {
    acknowledged,
    until: async (count: number) => expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(count),
    async stop() {
      stopping = true
      await written
    },
  }
}

async function expectWhole(base: string, { run_id, depth, digest }: Acknowledged) {
  const { run } = await call(getRun, { run_id }, { base })
  const { metrics = [] } = await call(getMetricHistory, { run_id, metric_key: 'loss' }, { base })
  const file = await fetch(urlOf(downloadArtifact, { path: artifactOf(run_id) }, base))
  const found = {
    run_id,
    depth: run.data.params?.find(({ key }) => key === 'depth')?.value,
    digest: digestOf(new Uint8Array(await file.arrayBuffer())),
  }
  expect({ ...found, points: metrics.length }).toEqual({ run_id, depth, digest, points: POINTS })
}

const serveOn = async (databaseUrlText: string, artifacts: string) => {
  const server = startAssay(['serve', '--port=0', '--artifacts', artifacts, '--log-level=warn'], {
    ASSAY_DATABASE_URL: databaseUrlText,
  })
  return { base: await server.url(), server }
}

describe.runIf(noPostgres === undefined)(`backups ${noPostgres ? `(skipped: ${noPostgres})` : ''}`, () => {
  let postgres: TestPostgres
  beforeAll(async () => {
    postgres = await startPostgres({
      settings: ['archive_mode=on', 'archive_command=cp %p {home}/archived-%f', 'wal_level=replica'],
    })
  })
  afterAll(() => postgres.close())

  test('a dump, and then a copy of the artifacts, both under load, restore all that was acknowledged before', async () => {
    await onServer(postgres.url, 'create database live', 'create database restored')
    const artifacts = await temporaryFolder()
    const { base } = await serveOn(databaseUrl(postgres.url, 'live'), artifacts)
    const load = startLoad(base, 4)
    await load.until(20)

    const before = [...load.acknowledged]
    const dump = join(postgres.home, 'live.dump')
    await postgres.run('pg_dump', '--format=custom', `--file=${dump}`, databaseUrl(postgres.url, 'live'))
    const copy = join(await temporaryFolder(), 'copy')
    const unfinished = (path: string) => path.includes('.assay-spool')
    await cp(artifacts, copy, { recursive: true, filter: (path) => !unfinished(path) })
    await load.until(before.length + 4)
    await load.stop()

    const url = databaseUrl(postgres.url, 'restored')
    await postgres.run('pg_restore', '--exit-on-error', `--dbname=${url}`, dump)
    const restored = await serveOn(url, copy)
    for (const run of before) await expectWhole(restored.base, run)
    // and it goes on from there
    await expectWhole(restored.base, await logRun(restored.base))
  })

  test('with archived write-ahead logs the database goes back to a moment: all before it, nothing after', async () => {
    await onServer(postgres.url, 'create database moments')
    const artifacts = await temporaryFolder()
    const { base, server } = await serveOn(databaseUrl(postgres.url, 'moments'), artifacts)
    await logRun(base)
    await postgres.run('pg_basebackup', '-d', postgres.url, '-D', join(postgres.home, 'base'), '-c', 'fast')
    const load = startLoad(base, 4)
    await load.until(20)
    await load.stop()
    const [{ moment } = {}] = await onServer(postgres.url, 'select now()::text as moment')
    const after = await logRun(base)
    server.child.kill('SIGTERM')
    await server.exited
    await onServer(postgres.url, 'select pg_switch_wal()')
    const archived =
      'select 1 from pg_stat_archiver where last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - 1)'
    await expect.poll(() => onServer(postgres.url, archived), { timeout: 60_000 }).toHaveLength(1)

    const restored = await startPostgres({
      settings: [
        `restore_command=cp ${postgres.home}/archived-%f %p`,
        `recovery_target_time=${moment}`,
        'recovery_target_action=promote',
      ],
      fill: async (data) => {
        // with their owner, which cp of Node would not keep
        execFileSync('cp', ['-a', join(postgres.home, 'base'), data])
        await writeFile(join(data, 'recovery.signal'), '')
        await chmod(join(data, 'recovery.signal'), 0o666)
      },
    })
    onTestFinished(() => restored.close())
    const again = await serveOn(databaseUrl(restored.url, 'moments'), artifacts)
    for (const run of load.acknowledged) await expectWhole(again.base, run)
    await expect(call(getRun, { run_id: after.run_id }, { base: again.base })).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    })
  })
})
