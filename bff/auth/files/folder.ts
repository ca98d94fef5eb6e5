import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { invalid } from '#contract'

/** The text of each file by its path below the folder, with slashes. */
export type Texts = Readonly<Record<string, string>>

export const LIMITS = { fileBytes: 1024 * 1024, entries: 10_000, depth: 8 }

export const isAccessFile = (path: string) => /\.ya?ml$/i.test(path)

/** All YAML files of a folder. What begins with a dot is left out, and links are followed to files only. */
export async function readFolder(folder: string): Promise<Texts> {
  const paths = await filesBelow(folder, '', 0)
  if (paths.length > LIMITS.entries) throw invalid(`${folder} has more than ${LIMITS.entries} files`)
  const texts = await Promise.all(paths.map(async (path) => [path, await readText(join(folder, path), path)] as const))
  return Object.fromEntries(texts)
}

async function filesBelow(folder: string, below: string, depth: number): Promise<string[]> {
  if (depth > LIMITS.depth) throw invalid(`${folder} is deeper than ${LIMITS.depth} folders`)
  const found = await readdir(join(folder, below), { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    throw invalid(`The folder ${join(folder, below)} cannot be read (${cause.code})`)
  })
  const paths = await Promise.all(
    found
      .filter(({ name }) => !name.startsWith('.'))
      .map(async (entry) => {
        const path = below ? `${below}/${entry.name}` : entry.name
        if (entry.isDirectory()) return filesBelow(folder, path, depth + 1)
        return isAccessFile(path) ? [path] : []
      }),
  )
  return paths.flat().sort()
}

async function readText(file: string, path: string): Promise<string> {
  try {
    const found = await stat(file)
    if (!found.isFile()) throw invalid(`${path}: is no file`)
    if (found.size > LIMITS.fileBytes) throw tooLarge(path)
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file))
  } catch (cause) {
    if (cause instanceof TypeError) throw invalid(`${path}: is not UTF-8`)
    if ((cause as NodeJS.ErrnoException).syscall)
      throw invalid(`${path}: cannot be read (${(cause as NodeJS.ErrnoException).code})`)
    throw cause
  }
}

const tooLarge = (path: string) => invalid(`${path}: is larger than 1 MiB`)

/** SHA-256 over all files, hex: the same for the same paths and texts. */
export function digestOf(texts: Texts): string {
  const hash = createHash('sha256')
  for (const path of Object.keys(texts).sort()) hash.update(`${path}\0${textDigest(texts[path] ?? '')}\0`)
  return hash.digest('hex')
}

export const textDigest = (text: string): string => createHash('sha256').update(text).digest('hex')

const run = promisify(execFile)

/** The commit that is checked out there, with `-dirty` where tracked files differ from it; undefined where there is none. */
export async function commitOf(folder: string): Promise<string | undefined> {
  const asked = ['-C', folder, 'describe', '--always', '--dirty', '--abbrev=40', '--exclude=*']
  const answer = await run('git', asked, { timeout: 10_000 }).catch(() => undefined)
  return answer?.stdout.trim() || undefined
}
