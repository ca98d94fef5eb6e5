import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Log } from '#kit/log.ts'
import { openLog } from '#kit/log.ts'
import { row, sql } from '#kit/sql.ts'
import { openStorage } from '../../storage.ts'
import { startAssay } from '../../test/process.ts'

const USERS = 300
const mails = Array.from({ length: USERS }, (_, n) => `user-${n}@example.org`)
const file = (name: string, users: readonly string[]) =>
  `experiment: ${name}\naccess:\n  manage: [${users[0]}]\n  edit: [${users.slice(1).join(', ')}]\n`

/** What an apply makes: all of it, or nothing. */
type State = { users: number; grants: number; files: number; mails: number; links: number }

async function stateOf(data: string, log: Log): Promise<State> {
  const database = await openStorage({ database: { folder: join(data, 'database') }, migrate: true }, log)
  const state = await row<State>(
    database,
    sql`select (select count(*)::int from users) as users, (select count(*)::int from grants) as grants,
          (select count(*)::int from access_files) as files, (select count(*)::int from mails) as mails,
          (select count(*)::int from links) as links`,
  ).finally(() => database.close())
  return state!
}

async function newData() {
  const data = await mkdtemp(join(tmpdir(), 'assay-'))
  onTestFinished(() => rm(data, { recursive: true, force: true }))
  const folder = join(data, 'access')
  await mkdir(folder)
  await Promise.all(['one', 'two'].map((name) => writeFile(join(folder, `${name}.yaml`), file(name, mails))))
  return { data, apply: () => startAssay(['access', 'apply', folder, `--data=${data}`]) }
}

test('F-31: an apply that is killed at any moment did all or nothing, and the next one does it once', async () => {
  const { log } = openLog({ level: 'silent' })
  const undisturbed = await newData()
  const nothing = await stateOf(undisturbed.data, log)
  const started = performance.now()
  const whole = undisturbed.apply()
  expect([await whole.exited, whole.said()]).toEqual([0, expect.any(String)])
  const ms = performance.now() - started
  const all = await stateOf(undisturbed.data, log)
  expect(all).toMatchObject({ users: USERS, grants: 2 * USERS, files: 2, mails: USERS })

  const { data, apply } = await newData()
  await stateOf(data, log)
  const seen: State[] = []
  for (const share of [0.4, 0.6, 0.7, 0.8, 0.9]) {
    const { child, exited } = apply()
    const timer = setTimeout(() => child.kill('SIGKILL'), share * ms)
    await exited
    clearTimeout(timer)
    seen.push(await stateOf(data, log))
  }
  for (const state of seen) expect([nothing, all]).toContainEqual(state)
  expect(seen[0]).toEqual(nothing)

  for (let time = 0; time < 2; time++) {
    expect(await apply().exited).toBe(0)
    expect(await stateOf(data, log)).toEqual(all)
  }
}, 180_000)
