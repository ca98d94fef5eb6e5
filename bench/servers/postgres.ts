import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { runCommand } from '../run-command.ts'
import { freePort, startProgram } from './process.ts'

export type Postgres = {
  /** A new, empty database. */
  createDatabase(name: string): Promise<string>
  stop(): Promise<void>
}

/** A cluster of its own in a temporary folder, with the settings that Postgres comes with (fsync on). */
export async function startPostgres(bin = '/usr/lib/postgresql/15/bin'): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-bench-pg-'))
  // Postgres does not run as root.
  const [program, before]: [string?, string[]?] =
    process.getuid?.() === 0 ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups']] : []
  if (program) await runCommand('chown', ['postgres:postgres', folder])
  const as = (path: string): [string, string[]] => (program ? [program, [...(before ?? []), path]] : [path, []])

  const [initdb, initdbArgs] = as(join(bin, 'initdb'))
  await runCommand(initdb, [
    ...initdbArgs,
    '-D',
    join(folder, 'data'),
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
  ])
  const port = await freePort()
  const [postgres, postgresArgs] = as(join(bin, 'postgres'))
  const settings = [
    '-p',
    String(port),
    '-k',
    folder,
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'shared_preload_libraries=pg_stat_statements',
  ]
  const server = startProgram(postgres, [...postgresArgs, '-D', join(folder, 'data'), ...settings], {
    log: join(tmpdir(), `${port}-postgres.log`),
  })
  const url = (name: string) => `postgresql://postgres@127.0.0.1:${port}/${name}`
  await untilReady(url('postgres'))
  return {
    createDatabase: async (name) => {
      await query(url('postgres'), `create database "${name}"`)
      return url(name)
    },
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** One statement on a connection of its own. */
export async function query<T extends Record<string, unknown>>(url: string, text: string): Promise<T[]> {
  const client = new Client(url)
  await client.connect()
  try {
    return (await client.query<T>(text)).rows
  } finally {
    await client.end()
  }
}

async function untilReady(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (
      await query(url, 'select 1').then(
        () => true,
        () => false,
      )
    )
      return
    await wait(50)
  }
  throw new Error('Postgres does not answer')
}
