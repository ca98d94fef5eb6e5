import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createModelVersion,
  createRegisteredModel,
  deleteModelVersion,
  deleteRegisteredModel,
  deleteRegisteredModelAlias,
  getRegisteredModel,
  searchModelVersions,
  setRegisteredModelAlias,
  transitionModelVersionStage,
} from '#contract'
import { call } from '../../../web/lib/client.ts'
import { onServer, testDatabase } from '../../test/database.ts'
import type { TestServer } from '../../test/server.ts'
import { startServer, testServer } from '../../test/server.ts'

let models = 0
async function newModel(server: TestServer, versions: number) {
  const name = `moved ${++models}`
  await call(createRegisteredModel, { name }, server)
  for (let i = 0; i < versions; i++) await call(createModelVersion, { name, source: 's3://bucket/model' }, server)
  return name
}

/** The writes that move something, of one model. */
const writes = (name: string) => ({
  alias: (version: number, server: TestServer, alias = 'champion') =>
    call(setRegisteredModelAlias, { name, alias, version: String(version) }, server),
  noAlias: (server: TestServer) => call(deleteRegisteredModelAlias, { name, alias: 'champion' }, server),
  stage: (version: number, stage: string, server: TestServer, archive_existing_versions = false) =>
    call(transitionModelVersionStage, { name, version: String(version), stage, archive_existing_versions }, server),
  noVersion: (version: number, server: TestServer) =>
    call(deleteModelVersion, { name, version: String(version) }, server),
  noModel: (server: TestServer) => call(deleteRegisteredModel, { name }, server),
})

/** Aliases and stages as a reader finds them. */
async function places(name: string, server: TestServer) {
  const { aliases } = (await call(getRegisteredModel, { name }, server)).registered_model
  const { model_versions } = await call(searchModelVersions, { filter: `name = '${name}'` }, server)
  return {
    aliases: Object.fromEntries(aliases.map(({ alias, version }) => [alias, version])),
    stages: Object.fromEntries(model_versions.map(({ version, current_stage }) => [version, current_stage])),
  }
}

const tally = (outcomes: readonly PromiseSettledResult<unknown>[]) => ({
  done: outcomes.filter(({ status }) => status === 'fulfilled').length,
  refused: outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason as { code: string; status: number; message: string }] : [],
  ),
})

describe('on one server', () => {
  const server = testServer()

  test('who asks for one move after another is never refused', async () => {
    const name = await newModel(server, 3)
    const { alias, noAlias, stage } = writes(name)
    for (let i = 0; i < 30; i++) {
      await alias((i % 3) + 1, server)
      await stage((i % 3) + 1, i % 2 ? 'Production' : 'Staging', server, true)
      if (i % 5 === 0) await noAlias(server)
    }
    expect(await places(name, server)).toEqual({
      aliases: { champion: '3' },
      stages: { 1: 'Archived', 2: 'Staging', 3: 'Production' },
    })
  })

  test('moves of different aliases and versions do not disturb one another', async () => {
    const name = await newModel(server, 4)
    const { alias, stage } = writes(name)
    await Promise.all([1, 2, 3, 4].flatMap((n) => [alias(n, server, `alias${n}`), stage(n, 'Staging', server)]))
    expect(await places(name, server)).toEqual({
      aliases: { alias1: '1', alias2: '2', alias3: '3', alias4: '4' },
      stages: { 1: 'Staging', 2: 'Staging', 3: 'Staging', 4: 'Staging' },
    })
  })

  test('of several that move one alias at once, one wins, and the others hear of it or came later', async () => {
    for (let round = 0; round < 20; round++) {
      const name = await newModel(server, 3)
      const { alias } = writes(name)
      const { done, refused } = tally(await Promise.allSettled([1, 2, 3].map((n) => alias(n, server))))
      expect(done).toBeGreaterThanOrEqual(1)
      for (const { code, status, message } of refused) {
        expect([code, status]).toEqual(['RESOURCE_CONFLICT', 409])
        expect(message).toMatch(/^The alias 'champion' of 'moved \d+' was set to version \d by another request/)
      }
    }
  })
})

// The embedded database belongs to one process.
describe.runIf(process.env.ASSAY_TEST_DATABASE_URL)('two servers on one database', () => {
  let servers: Awaited<ReturnType<typeof startServer>>[] = []
  let url: string
  let holder: pg.Client
  beforeAll(async () => {
    const database = await testDatabase()
    servers = [await startServer({ database }), await startServer({ database })]
    url = (database as { url: string }).url
    holder = new pg.Client({ connectionString: url })
    await holder.connect()
  })
  afterAll(async () => {
    for (const server of servers) await server.close()
    await holder.end()
  })
  const server = (n: number): TestServer => ({ base: servers[n % servers.length]?.base ?? '' })

  /** All of them, none done before the last one waits: the model is held until then. */
  async function overlapping(name: string, ...asked: ((server: TestServer) => Promise<unknown>)[]) {
    await holder.query('begin')
    await holder.query('select from assay.registered_models where name = $1 for update', [name])
    const outcomes = Promise.allSettled(asked.map((ask, n) => ask(server(n))))
    for (let waiting = 0; waiting < asked.length; ) {
      const found = await onServer(
        url,
        "select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
      waiting = Number(found[0]?.waiting)
    }
    await holder.query('commit')
    return tally(await outcomes)
  }

  const conflict = (message: string) => ({
    code: 'RESOURCE_CONFLICT',
    status: 409,
    message: expect.stringContaining(message),
  })

  test('of six that move one alias at once, one wins and the others are told where it went', async () => {
    for (let round = 0; round < 20; round++) {
      const name = await newModel(server(0), 6)
      const { alias } = writes(name)
      await alias(6, server(round))
      const { done, refused } = await overlapping(
        name,
        ...[1, 2, 3, 4, 5, 6].map((n) => (to: TestServer) => alias(n, to)),
      )
      const { champion } = (await places(name, server(round))).aliases
      expect(done).toBe(1)
      expect(refused).toMatchObject(Array(5).fill(conflict(`was set to version ${champion} by another request`)))
    }
  })

  test('those that want the same all succeed', async () => {
    const name = await newModel(server(0), 2)
    const { alias, stage } = writes(name)
    const same = [(to: TestServer) => alias(2, to), (to: TestServer) => stage(2, 'Production', to, true)]
    expect(await overlapping(name, ...same, ...same, ...same)).toMatchObject({ done: 6, refused: [] })
    expect(await places(name, server(1))).toEqual({
      aliases: { champion: '2' },
      stages: { 1: 'None', 2: 'Production' },
    })
  })

  test('of two that move one version, one wins', async () => {
    for (let round = 0; round < 10; round++) {
      const name = await newModel(server(0), 1)
      const { stage } = writes(name)
      const { done, refused } = await overlapping(
        name,
        (to) => stage(1, 'Staging', to),
        (to) => stage(1, 'Production', to),
      )
      const { stages } = await places(name, server(round))
      expect([done, refused]).toMatchObject([
        1,
        [conflict(`Version 1 of '${name}' was put into the stage ${stages[1]}`)],
      ])
    }
  })

  test('of two that take a stage for themselves, one wins: no version is archived that was just promoted', async () => {
    for (let round = 0; round < 10; round++) {
      const name = await newModel(server(0), 3)
      const { stage } = writes(name)
      await stage(3, 'Production', server(round))
      const { done, refused } = await overlapping(
        name,
        (to) => stage(1, 'Production', to, true),
        (to) => stage(2, 'Production', to, true),
      )
      expect([done, refused]).toMatchObject([1, [conflict('by another request')]])
      const { stages } = await places(name, server(round))
      expect(Object.values(stages).sort()).toEqual(['Archived', 'None', 'Production'])
    }
  })

  test('an alias is not removed that was just moved, and not moved when it was just removed', async () => {
    for (let round = 0; round < 10; round++) {
      const name = await newModel(server(0), 2)
      const { alias, noAlias } = writes(name)
      await alias(1, server(round))
      const { done, refused } = await overlapping(name, noAlias, (to) => alias(2, to))
      const { aliases } = await places(name, server(round))
      expect([done, refused]).toMatchObject([1, [conflict(aliases.champion ? 'set to version 2' : 'was removed')]])
    }
  })

  test('a version or a model that just became the champion is not deleted, and what was deleted becomes none', async () => {
    for (let round = 0; round < 20; round++) {
      const name = await newModel(server(0), 2)
      const { alias, noVersion, noModel } = writes(name)
      const { done, refused } = await overlapping(
        name,
        (to) => alias(2, to),
        (to) => (round % 2 ? noVersion(2, to) : noModel(to)),
      )
      expect([done, refused.length]).toEqual([1, 1])
      expect(['RESOURCE_CONFLICT', 'RESOURCE_DOES_NOT_EXIST']).toContain(refused[0]?.code)
      if (refused[0]?.code === 'RESOURCE_CONFLICT')
        expect((await places(name, server(round))).aliases).toEqual({ champion: '2' })
    }
  })

  test('whatever is asked at once, the history of moves is unbroken and ends where readers find things', async () => {
    const name = await newModel(server(0), 4)
    const { alias, noAlias, stage, noVersion } = writes(name)
    const dice = (sides: number) => Math.floor(Math.random() * sides)
    const any = (to: TestServer) =>
      [
        () => alias(dice(4) + 1, to),
        () => alias(dice(4) + 1, to, 'other'),
        () => noAlias(to),
        () => stage(dice(4) + 1, ['Staging', 'Production'][dice(2)] ?? '', to, dice(2) === 1),
        () => stage(dice(4) + 1, 'Archived', to),
      ][dice(5)]?.()
    for (let round = 0; round < 40; round++) {
      const { refused } = tally(await Promise.allSettled([0, 1, 2, 3].map((n) => any(server(n)))))
      for (const { code } of refused) expect(code).toBe('RESOURCE_CONFLICT')
    }
    await noVersion(4, server(1))
    const history = await onServer(
      url,
      `select h.* from assay.registry_moves h join assay.registered_models m using (model_no) where m.name = '${name}' order by move_no`,
    )
    expect(history.map(({ move_no }) => Number(move_no))).toEqual(history.map((_, n) => n + 1))
    const at: Record<string, Record<string, unknown>> = {
      alias: {},
      stage: Object.fromEntries([1, 2, 3, 4].map((n) => [n, 'None'])),
    }
    for (const { what, subject, from_place, to_place } of history as Record<string, string>[]) {
      const of = at[what ?? ''] ?? {}
      expect(of[subject ?? ''] ?? null).toBe(from_place)
      if (to_place === null || to_place === 'Deleted_Internal') delete of[subject ?? '']
      else of[subject ?? ''] = to_place
    }
    expect(await places(name, server(0))).toEqual({ aliases: at.alias, stages: at.stage })
  })
})

test('nothing but moves.ts writes an alias or a stage', () => {
  const folder = join(import.meta.dirname, '..')
  const writing =
    /(insert into|update|delete from) registered_model_aliases|set current_stage|current_stage =(?= moved)/
  const found = globSync('**/*.ts', { cwd: folder }).filter(
    (file) => !file.endsWith('.test.ts') && writing.test(readFileSync(join(folder, file), 'utf8')),
  )
  expect(found).toEqual(['registry/moves.ts'])
})
