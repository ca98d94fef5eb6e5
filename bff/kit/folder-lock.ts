import { readFileSync, readlinkSync } from 'node:fs'
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

type Owner = { pid: number; started: string; host: string }

export type FolderLock = { release(): Promise<void> }

type Options = {
  /** Called when somebody else holds the lock: this process was taken for dead (a suspended machine) and must stop. */
  lost: () => void
  beatMs?: number
}

const BEATS_TO_WATCH = 4

/**
 * Keeps other processes off a folder: `FOLDER.lock` names the process that has it, which touches the file as long as it
 * lives. A lock whose process is gone is taken over: at once where this machine can tell, else (another container or host
 * on the same volume) after watching that nobody touches it.
 */
export async function lockFolder(folder: string, { lost, beatMs = 3_000 }: Options): Promise<FolderLock> {
  const lock = `${folder}.lock`
  const me: Owner = { pid: process.pid, started: startOf(process.pid), host }
  const mine = `${lock}.${process.pid}`
  await mkdir(dirname(folder), { recursive: true })
  await writeFile(mine, JSON.stringify(me))
  try {
    while (!(await claim(mine, lock))) await clearStale(lock, folder, beatMs)
  } finally {
    await rm(mine, { force: true })
  }
  const isMine = async () => same(await read(lock), me)
  // beats overlap where the disk is slow, and one may still be reading when the lock is given back
  let held = true
  const beat = setInterval(async () => {
    const now = new Date()
    if (await isMine()) return utimes(lock, now, now).catch(() => {})
    clearInterval(beat)
    if (held) lost()
    held = false
  }, beatMs)
  beat.unref()
  return {
    async release() {
      held = false
      clearInterval(beat)
      if (await isMine()) await rm(lock, { force: true })
    },
  }
}

/** A link appears at once with its whole content, or not at all. */
const claim = (mine: string, lock: string): Promise<boolean> =>
  link(mine, lock).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )

async function clearStale(lock: string, folder: string, beatMs: number): Promise<void> {
  const owner = await read(lock)
  if (!owner) return
  if (owner.host === host ? isAlive(owner) : await isTouched(lock, beatMs))
    throw new Error(
      `${folder} is in use by process ${owner.pid}${owner.host === host ? '' : ` on ${owner.host}`}: only one process ` +
        'can open an embedded database. Stop the other one, name another folder, or use a Postgres server.',
    )
  // of several processes that see the same stale lock, one moves it away
  const aside = `${lock}.stale-${process.pid}`
  await rename(lock, aside).catch(() => {})
  // it was somebody's new lock after all: give it back
  if (!same(await read(aside), owner)) await link(aside, lock).catch(() => {})
  await rm(aside, { force: true })
}

const same = (one: Owner | undefined, other: Owner) =>
  one?.pid === other.pid && one.started === other.started && one.host === other.host

const read = (lock: string): Promise<Owner | undefined> =>
  readFile(lock, 'utf8').then(
    (text) => {
      try {
        return JSON.parse(text) as Owner
      } catch {
        return { pid: 0, started: 'unreadable', host }
      }
    },
    () => undefined,
  )

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return startOf(pid) === started
}

async function isTouched(lock: string, beatMs: number): Promise<boolean> {
  const touched = async () => (await stat(lock).catch(() => undefined))?.mtimeMs
  const before = await touched()
  await pause(BEATS_TO_WATCH * beatMs)
  const after = await touched()
  return after !== undefined && after !== before
}

/** When a process began, in a form that differs between two processes of one number ('' where the system does not say). */
function startOf(pid: number): string {
  try {
    const facts = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    // the second field is the command in brackets, which may hold spaces
    return `${boot}/${facts.slice(facts.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return ''
  }
}

/** Where process numbers mean the same: a container has its own, also when its host name is that of the one before it. */
const host = hostname() + pidNamespace()

function pidNamespace(): string {
  try {
    return ` ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return ''
  }
}
