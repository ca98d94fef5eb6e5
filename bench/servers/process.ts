import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'

export type Program = {
  pid: number
  /** Resolves with what the process ended with. */
  ended: Promise<number | NodeJS.Signals>
  kill(signal: NodeJS.Signals): void
  /** SIGTERM to the process and its children, SIGKILL when they take too long. */
  stop(): Promise<void>
}

/** The groups that must not outlive this process, however it ends. */
const leaders = new Set<number>()
process.once('exit', () => {
  for (const pid of leaders) process.kill(-pid, 'SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

type Options = { log: string; env?: NodeJS.ProcessEnv; cwd?: string }

/** Starts a server as the leader of its own process group; what it prints goes to a file. */
export function startProgram(program: string, args: string[], { log, env = process.env, cwd }: Options): Program {
  const file = openSync(log, 'a')
  const child = spawn(program, args, { env, cwd, detached: true, stdio: ['ignore', file, file] })
  closeSync(file)
  const { pid } = child
  const ended = endOf(child)
  if (!pid) throw new Error(`${program} does not start`)
  leaders.add(pid)
  ended.finally(() => leaders.delete(pid)).catch(() => undefined)
  const kill = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal)
    } catch {
      // The group is gone already.
    }
  }
  const stop = async () => {
    kill('SIGTERM')
    const late = AbortSignal.timeout(20_000)
    late.addEventListener('abort', () => kill('SIGKILL'))
    await ended
    kill('SIGKILL') // children that outlive their leader
  }
  return { pid, ended, kill, stop }
}

const endOf = (child: ChildProcess) =>
  new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject).once('exit', (code, signal) => resolve(signal ?? code ?? 1))
  })

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (!address || typeof address === 'string') throw new Error('No free port')
  return address.port
}

/** Asks until the answer is 200; gives the milliseconds that took. */
export async function untilServed(url: string, program: Program, seconds = 120): Promise<number> {
  const start = performance.now()
  let over: number | NodeJS.Signals | undefined
  program.ended.then(
    (how) => {
      over = how
    },
    () => {
      over = 1
    },
  )
  while (performance.now() - start < seconds * 1000) {
    if (over !== undefined) throw new Error(`The server ended with ${over} before it answered ${url}`)
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
    await answer?.arrayBuffer().catch(() => undefined)
    if (answer?.ok) return performance.now() - start
    await wait(20)
  }
  throw new Error(`No answer from ${url} within ${seconds} s`)
}

/** Memory of a process and all below it in MB; what several share is counted once (PSS). Linux only. */
export function memoryOf(pid: number): number {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = readProc(`/proc/${entry}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')[1]
    if (parent) parents.set(Number(entry), Number(parent))
  }
  const isBelow = (one: number): boolean => one === pid || (parents.has(one) && isBelow(parents.get(one) ?? 0))
  const kilobytes = [...parents.keys()]
    .filter(isBelow)
    .map((one) => Number(/^Pss:\s+(\d+)/m.exec(readProc(`/proc/${one}/smaps_rollup`))?.[1] ?? 0))
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024
}

/** Looks every second how much memory a process and all below it have; the function gives the most, in MB. */
export function watchMemory(pid: number): () => number {
  let most = memoryOf(pid)
  const look = setInterval(() => {
    most = Math.max(most, memoryOf(pid))
  }, 1000)
  look.unref()
  return () => {
    clearInterval(look)
    return most
  }
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it ended meanwhile
  }
}
