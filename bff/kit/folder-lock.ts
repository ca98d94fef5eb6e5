import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'

type Owner = { pid: number; started: string; host: string }

/**
 * Keeps other processes off a folder: `FOLDER.lock` names the process that has it. A lock whose process is gone (or is
 * another one with the same number by now) is taken over.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const lock = `${folder}.lock`
  const me: Owner = { pid: process.pid, started: await startOf(process.pid), host: hostname() }
  const mine = `${lock}.${process.pid}`
  await mkdir(dirname(folder), { recursive: true })
  await writeFile(mine, JSON.stringify(me))
  try {
    while (!(await claim(mine, lock))) await clearStale(lock, folder)
  } finally {
    await rm(mine, { force: true })
  }
  return () => rm(lock, { force: true })
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

async function clearStale(lock: string, folder: string): Promise<void> {
  const owner = await read(lock)
  if (!owner) return
  if (await isAlive(owner))
    throw new Error(
      `${folder} is in use by process ${owner.pid}${owner.host === hostname() ? '' : ` on ${owner.host}`}: ` +
        'only one process can open an embedded database. Stop the other one, name another folder, or use a Postgres server.',
    )
  // only one of several processes that see the same stale lock moves it away
  const aside = `${lock}.stale-${process.pid}`
  await rename(lock, aside).catch(() => {})
  await rm(aside, { force: true })
}

const read = (lock: string): Promise<Owner | undefined> =>
  readFile(lock, 'utf8').then(
    (text) => {
      try {
        return JSON.parse(text) as Owner
      } catch {
        return { pid: 0, started: '', host: hostname() }
      }
    },
    () => undefined,
  )

async function isAlive({ pid, started, host }: Owner): Promise<boolean> {
  if (host !== hostname()) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return pid > 0 && (await startOf(pid)) === started
}

/** When a process began, in a form that differs between two processes of one number ('' where the system does not say). */
async function startOf(pid: number): Promise<string> {
  try {
    const [stat, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ])
    // the second field is the command in brackets, which may hold spaces
    return `${boot.trim()}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch {
    return ''
  }
}
