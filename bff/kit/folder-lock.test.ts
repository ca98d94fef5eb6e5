import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, utimesSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lockFolder } from './folder-lock.ts'

let home: string
let folder: string
const lost = vi.fn()
const take = () => lockFolder(folder, { lost, beatMs: 20 })
const owner = () => JSON.parse(readFileSync(`${folder}.lock`, 'utf8'))
const plant = (changed: object) => writeFile(`${folder}.lock`, JSON.stringify({ ...own, ...changed }))
let own: object

beforeEach(async () => {
  lost.mockClear()
  home = await mkdtemp(join(tmpdir(), 'lock-'))
  folder = join(home, 'db')
  const lock = await take()
  own = owner()
  await lock.release()
})
afterEach(() => rm(home, { recursive: true }))

test('one at a time, and the next after release; nothing else stays behind', async () => {
  const lock = await take()
  await expect(take()).rejects.toThrow(`${folder} is in use by process ${process.pid}`)
  await lock.release()
  await (await take()).release()
  expect(await readdir(home)).toEqual([])
})

test('of many that try at once, one gets it', async () => {
  await plant({ pid: 2 ** 22 + 1 })
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, take))
  const got = outcomes.filter((outcome) => outcome.status === 'fulfilled')
  expect(got).toHaveLength(1)
  await got[0]?.value.release()
})

test.each([
  { why: 'a process that is gone', planted: { pid: 2 ** 22 + 1 } },
  { why: 'a process whose number another one has by now', planted: { pid: process.ppid, started: 'long ago' } },
  { why: 'a container that is gone', planted: { host: 'elsewhere pid:[1]' } },
])('the lock of $why is taken over', async ({ planted }) => {
  await plant(planted)
  const lock = await take()
  expect(owner()).toEqual(own)
  await lock.release()
})

test('a lock that cannot be read is taken over', async () => {
  await writeFile(`${folder}.lock`, '')
  await (await take()).release()
})

test('another container that lives keeps its lock', async () => {
  await plant({ host: 'elsewhere pid:[1]' })
  const beat = setInterval(() => utimesSync(`${folder}.lock`, Date.now() / 1000, Date.now() / 1000), 20)
  await expect(take()).rejects.toThrow('on elsewhere')
  clearInterval(beat)
})

test('whoever loses the lock is told, and leaves it to its new owner', async () => {
  const lock = await take()
  await plant({ host: 'elsewhere pid:[1]' })
  await vi.waitFor(() => expect(lost).toHaveBeenCalledOnce())
  await lock.release()
  expect(existsSync(`${folder}.lock`)).toBe(true)
})

test('the lock of a killed process is free at once', async () => {
  const program = `
    import { lockFolder } from '${new URL('./folder-lock.ts', import.meta.url)}'
    await lockFolder(process.argv[1], { lost() {} })
    console.log('locked')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  await expect(take()).rejects.toThrow(`process ${child.pid}`)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (await take()).release()
})
