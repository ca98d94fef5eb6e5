import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

type Options = { cwd?: string; env?: NodeJS.ProcessEnv; seconds?: number }

/** Runs a program to its end and gives its output; fails with its complaint when it fails or takes too long. */
export async function runCommand(
  program: string,
  args: string[],
  { cwd, env, seconds = 120 }: Options = {},
): Promise<string> {
  const child = spawn(program, args, {
    cwd,
    env: env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.timeout(seconds * 1000),
  })
  const ended = new Promise<number>((resolve, reject) =>
    child.once('error', reject).once('close', (code) => resolve(code ?? 1)),
  )
  const [out, complaint, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${complaint || out}`)
  return out
}
