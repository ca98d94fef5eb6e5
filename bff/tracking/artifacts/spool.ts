import { randomUUID } from 'node:crypto'
import { chmod, lstat, mkdir, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/** The folder for unfinished files: below the root, since only a rename on one file system is atomic. */
export const SPOOL = '.assay-spool'

/** Folders of processes on other hosts cannot be asked whether they live; an upload that goes on touches its folder's files. */
const ABANDONED_AFTER_MS = 3_600_000

/**
 * A folder of this process's own, so that several servers can share a root: `<host>.<pid>.<random>`.
 * What dead processes left is swept first.
 */
export async function openSpool(root: string) {
  const all = join(root, SPOOL)
  await mkdir(all, { recursive: true, mode: 0o700 })
  await chmod(all, 0o700)
  for (const name of await readdir(all)) {
    if (await isAbandoned(all, name)) await rm(join(all, name), { recursive: true, force: true })
  }
  const folder = join(all, `${hostname()}.${process.pid}.${randomUUID()}`)
  await mkdir(folder, { mode: 0o700 })
  mine.add(folder)
  const close = async () => {
    mine.delete(folder)
    await rm(folder, { recursive: true, force: true })
  }
  /** Made again where someone has cleaned up too well. */
  const newName = async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    return join(folder, randomUUID())
  }
  return { folder, newName, close }
}

/** Those of this process: a process can have several stores, and an older process of the same number none. */
const mine = new Set<string>()

async function isAbandoned(all: string, name: string) {
  const folder = join(all, name)
  if (mine.has(folder)) return false
  const [, host, pid] = /^(.+)\.(\d+)\.[0-9a-f-]{36}$/.exec(name) ?? []
  if (host === hostname()) return Number(pid) === process.pid || !isAlive(Number(pid))
  return Date.now() - (await lastTouched(folder)) > ABANDONED_AFTER_MS
}

function isAlive(pid: number) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function lastTouched(folder: string) {
  const names = await readdir(folder).catch(() => [])
  const stats = await Promise.all(
    [folder, ...names.map((name) => join(folder, name))].map((path) => lstat(path).catch(() => undefined)),
  )
  return Math.max(0, ...stats.map((s) => s?.mtimeMs ?? 0))
}
