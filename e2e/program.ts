import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type RunningProgram = {
  url: string
  /** what it wrote so far, as whoever started it sees it */
  printed: () => string
  stop(): Promise<void>
}

/** The program as a user starts it, on a free port, with an empty folder of its own. */
export async function startAssay(flags: readonly string[], env: Record<string, string> = {}): Promise<RunningProgram> {
  const data = await mkdtemp(join(tmpdir(), 'assay-story-'))
  const args = [join(import.meta.dirname, '../bin/assay'), 'serve', '--port', '0', '--data', data, ...flags]
  const child = spawn(process.execPath, args, {
    env: { ASSAY_AUTH: 'off', ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let printed = ''
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      printed += chunk
      const found = /ready at (http:\S+?)\/?\s/.exec(printed)?.[1]
      if (found) resolve(found)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    void ended.then(() => reject(new Error(`Assay ended before it was ready:\n${printed}`)))
  })
  return {
    url,
    printed: () => printed,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
      await rm(data, { recursive: true, force: true })
    },
  }
}
