import type { BigIntStats, Dirent } from 'node:fs'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { access, lstat, mkdir, open, readdir, readlink, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { ApiError, absent, invalid } from '#contract'
import type { ArtifactPath } from './address.ts'
import { isSegment } from './address.ts'
import { counted } from './counted.ts'
import { openSpool, SPOOL } from './spool.ts'
import type { ArtifactFile, ArtifactStore, ByteRange, Entry, OpenArtifact, WriteLimits, Written } from './store.ts'
import { writeFile } from './write-file.ts'

/** Large enough for the disk, small enough for many downloads at once. */
const READ_BYTES = 1024 * 1024

const READ_ONLY = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

const hasCode = (error: unknown, ...codes: string[]) =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code))

/** Artifacts as plain files below a folder: the layout of MLflow's own local store. Links are never followed. */
export async function openLocalStore(folder: string): Promise<ArtifactStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const root = await realpath(folder)
  const spool = await openSpool(root)

  const place = (path: ArtifactPath) => {
    if (path[0]?.toLowerCase() === SPOOL) throw invalid('Invalid path')
    return path.length ? root + sep + path.join(sep) : root
  }

  /** The file or folder at a place, or nothing. Links and devices, there or on the way, are refused. */
  async function look(path: ArtifactPath): Promise<BigIntStats | undefined> {
    place(path)
    const onTheWay = Array.from({ length: path.length + 1 }, (_, depth) => join(root, ...path.slice(0, depth)))
    const found = await Promise.all(onTheWay.map((at) => lstat(at, { bigint: true }).catch(orAbsent)))
    if (found.some((stats) => stats && !stats.isFile() && !stats.isDirectory())) throw invalid('Invalid path')
    return found.at(-1)
  }

  async function list(path: ArtifactPath): Promise<Entry[]> {
    if (!(await look(path))?.isDirectory()) return []
    const folder = place(path)
    const dirents = await readdir(folder, { withFileTypes: true })
    const kept = dirents.filter((d) => (d.isFile() || d.isDirectory()) && d.name !== SPOOL && isSegment(d.name))
    const entries = await Promise.all(kept.map((dirent) => entryOf(folder, dirent)))
    return entries.filter((entry) => entry !== undefined).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async function stat(path: ArtifactPath) {
    const stats = await look(path)
    return stats?.isFile() ? fileOf(stats) : stats && 'folder'
  }

  async function openFile(path: ArtifactPath): Promise<OpenArtifact> {
    const stats = await look(path)
    if (stats?.isDirectory()) throw invalid(`'${path.join('/')}' is a folder, not a file`)
    const file = place(path)
    const handle = stats && (await open(file, READ_ONLY).catch(orAbsent))
    if (!handle) throw absent(`No such artifact: '${path.join('/')}'`)
    try {
      const opened = await handle.stat({ bigint: true })
      if (!opened.isFile() || !(await isAt(handle, file))) throw absent(`No such artifact: '${path.join('/')}'`)
      return { ...fileOf(opened), read: async (range) => readFrom(handle, range), close: () => handle.close() }
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async function write(path: ArtifactPath, body: Readable, limits: WriteLimits = {}): Promise<Written> {
    const target = place(path)
    if ((await look(path))?.isDirectory()) throw invalid(`'${path.join('/')}' is a folder; a file cannot replace it`)
    const draft = await spool.newName()
    try {
      await writeFile(await open(draft, 'wx', 0o600), counted(body, limits))
      const written = fileOf(await lstat(draft, { bigint: true }))
      await publish(draft, target)
      return written
    } catch (error) {
      await rm(draft, { force: true })
      throw asAnswer(error)
    }
  }

  async function remove(path: ArtifactPath) {
    if (path.length === 0) throw invalid('Invalid path')
    if (!(await look(path))) return
    // One rename takes the whole tree away at once; whatever stops the rest is swept at the next start.
    const doomed = await spool.newName()
    const gone = await rename(place(path), doomed).then(() => true, orAbsent)
    if (!gone) return
    await syncFolder(dirname(place(path)))
    await rm(doomed, { recursive: true, force: true })
  }

  return {
    list,
    stat,
    open: openFile,
    write,
    remove,
    ready: () => access(spool.folder, constants.W_OK),
    close: () => spool.close(),
  }
}

/** Makes a finished file visible, and durable: the folders on the way are synced too. */
async function publish(draft: string, target: string) {
  const parent = dirname(target)
  const firstMade = await mkdir(parent, { recursive: true, mode: 0o700 })
  await rename(draft, target).catch(async (error: unknown) => {
    // Another caller may have removed the folder in this very moment: once more is enough.
    if (!hasCode(error, 'ENOENT')) throw error
    await mkdir(parent, { recursive: true, mode: 0o700 })
    await rename(draft, target)
  })
  await syncFolder(parent)
  if (!firstMade) return
  for (let folder = parent; folder.length >= firstMade.length; folder = dirname(folder))
    await syncFolder(dirname(folder))
}

async function syncFolder(folder: string) {
  if (process.platform === 'win32') return
  const handle = await open(folder, constants.O_RDONLY).catch(orAbsent)
  await handle?.sync().finally(() => handle.close())
}

const readFrom = (handle: FileHandle, range?: ByteRange): Readable =>
  handle.createReadStream({ highWaterMark: READ_BYTES, start: range?.start ?? 0, ...(range && { end: range.end }) })

/** Whether the file that was opened is the one of that place: a folder on the way may have been swapped for a link. */
async function isAt(handle: FileHandle, file: string) {
  if (process.platform !== 'linux') return (await realpath(file).catch(orAbsent)) === file
  const opened = await readlink(`/proc/self/fd/${handle.fd}`)
  // replaced since it was opened: its bytes are still those of the file that was asked for
  return opened === file || opened === `${file} (deleted)`
}

async function entryOf(folder: string, dirent: Dirent): Promise<Entry | undefined> {
  const { name } = dirent
  if (dirent.isDirectory()) return { name, isFolder: true }
  const stats = await lstat(join(folder, name), { bigint: true }).catch(orAbsent)
  if (!stats) return undefined
  const { size, etag } = fileOf(stats)
  return { name, isFolder: false, size, etag }
}

const fileOf = ({ size, mtimeNs, mtime, ino }: BigIntStats): ArtifactFile => ({
  size: Number(size),
  etag: `"${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}"`,
  modified: mtime,
})

function orAbsent(error: unknown): undefined {
  if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined
  throw error
}

function asAnswer(error: unknown): unknown {
  if (hasCode(error, 'ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE'))
    return new ApiError('TEMPORARILY_UNAVAILABLE', 'The artifact store is full; nothing was stored', { cause: error })
  if (hasCode(error, 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOTEMPTY'))
    return invalid('Invalid path: a file is in the place of a folder, or a folder in that of the file')
  return error
}
