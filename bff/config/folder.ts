import { statSync } from 'node:fs'

/** Why a folder cannot hold the server's files; nothing if it can, or does not exist yet. */
export function folderProblem(path: string): string | undefined {
  const found = look(path)
  if (found === 'out of reach') return 'this user may not look there. Name another place, or give access.'
  if (!found) return undefined
  if (!found.isDirectory()) return 'is a file, not a folder. Name another place.'
  // Windows shows no such bits.
  const open = process.platform !== 'win32' && (found.mode & 0o002) !== 0
  return open ? `every user of this machine may write there. Run: chmod o-w ${path}` : undefined
}

function look(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    return 'out of reach' as const
  }
}
