import type { ChildProcess } from 'node:child_process'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { onServer } from './database.ts'

/** A Postgres server of the test's own, which it may stop, kill and starve. */
export type TestPostgres = {
  url: string
  /** A folder that the server may write to. */
  home: string
  /** One of Postgres' own programs (`pg_dump`), as the server's user. */
  run(program: string, ...args: string[]): Promise<string>
  /** To the server and all of its backends. */
  signal(signal: NodeJS.Signals): void
  start(): Promise<void>
  /** Killed with all of its backends, or stopped as it likes best. */
  end(how: 'SIGKILL' | 'SIGINT'): Promise<void>
  close(): Promise<void>
}

const binaries = [
  ...globSync('/usr/lib/postgresql/*/bin').sort().reverse(),
  ...(process.env.PATH ?? '').split(delimiter),
].find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))

/** Why such a server cannot be had on this machine, if it cannot. */
export const noPostgres = binaries ? undefined : 'no Postgres server binaries (initdb, postgres) on this machine'

type PostgresOptions = {
  /** `name=value`, as in postgresql.conf; `{home}` is the folder `home`. */
  settings?: readonly string[]
  /** Fills the data folder, where a new one will not do. */
  fill?: (data: string) => Promise<unknown>
}

export async function startPostgres({ settings: wanted = [], fill }: PostgresOptions = {}): Promise<TestPostgres> {
  if (!binaries) throw new Error(noPostgres)
  const as = owner()
  const home = mkdtempSync(join(tmpdir(), 'postgres-'))
  if (as) chownSync(home, as.uid, as.gid)
  const data = join(home, 'data')
  const run = async (program: string, ...args: string[]) =>
    (await promisify(execFile)(join(binaries, program), args, { ...as, cwd: home })).stdout
  if (fill) await fill(data)
  else await run('initdb', '-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--no-locale', '--no-sync')
  const port = await freePort()
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`
  let server: ChildProcess

  const start = async () => {
    const settings = [
      'listen_addresses=127.0.0.1',
      `port=${port}`,
      `unix_socket_directories=${home}`,
      ...wanted.map((setting) => setting.replaceAll('{home}', home)),
    ]
    // a direct child, so that its end can be waited for
    server = spawn(join(binaries, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      ...as,
      cwd: home,
      stdio: 'ignore',
    })
    await answers(url)
  }
  const signal = (name: NodeJS.Signals) => {
    // held still first: it starts no backend that would be missed, and none that ends is gone before its signal
    server.kill('SIGSTOP')
    const backends = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').split(' ').filter(Boolean)
    for (const pid of backends.map(Number)) signalIfThere(pid, name)
    server.kill(name)
  }
  const end = async (how: 'SIGKILL' | 'SIGINT') => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    if (how === 'SIGKILL') signal(how)
    else server.kill(how)
    await exited
  }
  await start()
  return {
    url,
    home,
    run,
    signal,
    start,
    end,
    async close() {
      await end('SIGINT')
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** A stop takes a moment to arrive: a backend (autovacuum's end all the time) may still be gone, and needs no signal then. */
function signalIfThere(pid: number, name: NodeJS.Signals) {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Postgres refuses to run as root; Debian's package brings a user for it. */
function owner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function answers(url: string): Promise<void> {
  const deadline = Date.now() + 20_000
  for (;;) {
    try {
      await onServer(url, 'select 1')
      return
    } catch (error) {
      if (Date.now() > deadline) throw error
    }
  }
}
