import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

const main = join(import.meta.dirname, '../main.ts')

/** The program as a process of its own, with nothing of this process' environment but the PATH. Killed when the test ends. */
export function startAssay(argv: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...argv], {
    env: { PATH: process.env.PATH, ASSAY_AUTH: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const said: string[] = []
  const logged: string[] = []
  const onLine = new Set<() => void>()
  const hear = (stream: NodeJS.ReadableStream | null, into: string[]) =>
    stream &&
    createInterface({ input: stream }).on('line', (line) => {
      into.push(line)
      for (const listener of onLine) listener()
    })
  hear(child.stderr, said)
  hear(child.stdout, logged)
  // 'close' and not 'exit': only then is everything heard.
  const exited = once(child, 'close').then(([code]) => code as number | null)

  const heard = <T>(find: () => T | undefined) => {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const look = () => {
      const found = find()
      if (found === undefined) return
      onLine.delete(look)
      resolve(found)
    }
    onLine.add(look)
    look()
    void exited.then((code) => reject(new Error(`ended with ${code}: ${said.join('\n')} ${logged.join('\n')}`)))
    return promise
  }
  const hears = (pattern: RegExp) =>
    heard(() => {
      const found = pattern.exec(said.join('\n'))
      return found ? (found[1] ?? found[0]) : undefined
    })
  const parsed = () =>
    logged.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []))

  return {
    child,
    exited,
    said: () => said.join('\n'),
    printed: () => logged.join('\n'),
    logs: (fields: Record<string, unknown>) =>
      heard(() => parsed().find((line) => Object.entries(fields).every(([name, value]) => line[name] === value))),
    /** Resolves when it has said this: with what is in parentheses, or all of it. */
    hears,
    /** Resolves when it serves. */
    url: () => hears(/ready at (http:\/\/[^/]+)/),
  }
}
