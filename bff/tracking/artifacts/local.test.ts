import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../../test/artifact-places.ts'
import { artifactPath } from './address.ts'
import { openLocalStore } from './local.ts'
import { SPOOL } from './spool.ts'

const at = artifactPath
const bytesOf = (text: string) => Readable.from([Buffer.from(text)])

async function newStore() {
  const root = await temporaryFolder()
  const store = await openLocalStore(root)
  onTestFinished(() => store.close())
  const leftovers = async () => (await readdir(join(root, SPOOL), { recursive: true })).slice(1)
  return { root, store, leftovers }
}

test("keeps MLflow's layout: plain files below experiment and run", async () => {
  const { root, store } = await newStore()
  await store.write(at('1/run/artifacts/model/MLmodel'), bytesOf('flavors:'))
  expect(await readFile(join(root, '1/run/artifacts/model/MLmodel'), 'utf8')).toBe('flavors:')
})

test('an unfinished upload is seen by nobody, and is in a folder that only this user may read', async () => {
  const { root, store, leftovers } = await newStore()
  const body = new PassThrough()
  const writing = store.write(at('1/run/artifacts/x'), body)
  body.write('half')
  await expect.poll(leftovers).toHaveLength(1)
  expect(await store.list(at('1/run/artifacts'))).toEqual([])
  expect(await store.list(at(''))).toEqual([])
  for (const name of await readdir(join(root, SPOOL), { recursive: true })) {
    const { mode } = await stat(join(root, SPOOL, name))
    expect(mode & 0o077).toBe(0)
  }
  body.end('whole')
  await writing
  expect(await store.list(at('1/run/artifacts'))).toMatchObject([{ name: 'x', isFolder: false, size: 9 }])
  expect(await leftovers()).toEqual([])
})

test.each(['', '/x', '/1/run'])('the folder of unfinished uploads has no address (%j)', async (rest) => {
  const { store } = await newStore()
  for (const spool of [SPOOL, SPOOL.toUpperCase()]) {
    await expect(store.list(at(spool + rest))).rejects.toThrow('Invalid path')
    await expect(store.open(at(spool + rest))).rejects.toThrow('Invalid path')
    await expect(store.write(at(spool + rest), bytesOf('x'))).rejects.toThrow('Invalid path')
    await expect(store.remove(at(spool + rest))).rejects.toThrow('Invalid path')
  }
})

test('what a dead process left is swept at start; what another one is writing stays', async () => {
  const { root } = await newStore()
  const left = (name: string) => join(root, SPOOL, `${name}.01234567-89ab-4cde-8f01-23456789abcd`)
  const dead = [left(`${hostname()}.999999999`), left(`${hostname()}.${process.pid}`)]
  const alive = [left(`${hostname()}.${process.ppid}`), left('another-host.1')]
  for (const folder of [...dead, ...alive]) {
    await mkdir(folder)
    await writeFile(join(folder, 'half'), 'half')
  }
  const again = await openLocalStore(root)
  await again.close()
  const kept = (await readdir(join(root, SPOOL))).map((name) => join(root, SPOOL, name))
  expect(kept).toEqual(expect.arrayContaining(alive))
  expect(kept.filter((folder) => dead.includes(folder))).toEqual([])
})

test('links lead nowhere: not to read, list, write or delete', async () => {
  const { root, store } = await newStore()
  const outside = await temporaryFolder()
  await writeFile(join(outside, 'canary.txt'), 'canary')
  await store.write(at('1/run/artifacts/real/x.txt'), bytesOf('x'))
  const here = join(root, '1/run/artifacts')
  await symlink(outside, join(here, 'folder'))
  await symlink(join(outside, 'canary.txt'), join(here, 'file'))
  await symlink(join(here, 'real'), join(here, 'inside'))

  expect(await store.list(at('1/run/artifacts'))).toEqual([{ name: 'real', isFolder: true }])
  for (const path of ['folder', 'file', 'folder/canary.txt', 'folder/new/x', 'inside/x.txt']) {
    const place = at(`1/run/artifacts/${path}`)
    const uses = [store.list, store.stat, store.open, store.remove, (p: typeof place) => store.write(p, bytesOf('new'))]
    for (const use of uses) await expect(use(place)).rejects.toThrow('Invalid path')
  }
  expect(await readdir(outside)).toEqual(['canary.txt'])
  expect(await readFile(join(outside, 'canary.txt'), 'utf8')).toBe('canary')
  expect(await readFile(join(here, 'real/x.txt'), 'utf8')).toBe('x')

  await store.remove(at('1/run'))
  expect(await readFile(join(outside, 'canary.txt'), 'utf8')).toBe('canary')
})

test('names that no client could ask for are not listed', async () => {
  const { root, store } = await newStore()
  await mkdir(join(root, '1'))
  for (const name of ['a\\b', 'a%2fb', 'ends.', 'good']) await writeFile(join(root, '1', name), '')
  expect((await store.list(at('1'))).map(({ name }) => name)).toEqual(['good'])
})

test('a file that is open keeps its bytes while it is replaced and removed', async () => {
  const { store } = await newStore()
  const place = at('1/run/artifacts/x')
  await store.write(place, bytesOf('old'))
  const file = await store.open(place)
  await store.write(place, bytesOf('new!'))
  await store.remove(place)
  expect(file.size).toBe(3)
  expect(String(await buffer(await file.read()))).toBe('old')
})
