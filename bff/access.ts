import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { AccessPlan } from '#contract'
import { ApiError } from '#contract'
import { openLog } from '#kit/log.ts'
import { openAccessClient } from './access-client.ts'
import type { AccessFiles } from './auth/index.ts'
import { CLIENT_TOKEN } from './config/sources.ts'
import type { Config } from './config.ts'
import { ConfigError, readConfig } from './config.ts'

type Print = (text: string) => void

/** A difference is a result and not a failure, which is 1. */
const DIFFERENCE = 2

/** What the command line says beside the settings. */
type Asked = {
  place: string | undefined
  json: boolean
  confirm: boolean
  server: string | undefined
  commit: string | undefined
  rest: string[]
}
type Work = { asked: Asked; print: Print; say: Print }

export type AccessCommand = 'plan' | 'apply' | 'export' | 'policy' | 'schema'

const accessCommands: Record<AccessCommand, (work: Work) => Promise<number>> = {
  plan: async ({ asked, ...out }) => {
    const texts = await readAsked(asked)
    const plan = asked.server
      ? await client(asked.server).plan(texts)
      : await withFiles(asked, (files) => files.plan(texts))
    tell(plan, asked, out)
    for (const removal of plan.to_confirm) out.say(`${removal}: \`assay access apply\` asks for --confirm.`)
    return plan.changes.length ? DIFFERENCE : 0
  },

  apply: async ({ asked, ...out }) => {
    const { commitOf } = await import('./auth/index.ts')
    const texts = await readAsked(asked)
    const options = { confirm: asked.confirm, commit_id: asked.commit ?? (await commitOf(folderOf(asked))) }
    const plan = asked.server
      ? await client(asked.server).apply(texts, options)
      : await withFiles(asked, (files) => files.apply(texts, { ...options, by: '' }))
    tell(plan, asked, out)
    return 0
  },

  export: async ({ asked, say }) => {
    const folder = folderOf(asked)
    const { readFolder } = await import('./auth/index.ts')
    if (existsSync(folder) && Object.keys(await readFolder(folder)).length)
      throw new Error(`${folder} has access files already: name another folder.`)
    const { texts, left } = await withFiles(asked, (files) => files.export())
    for (const [path, text] of Object.entries(texts)) {
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), text)
    }
    for (const line of left) say(`Left out: ${line}`)
    say(`${Object.keys(texts).length} files written to ${folder}.`)
    return 0
  },

  policy: async ({ asked, print }) => {
    const found = await withFiles(asked, (files, { auth }) => files.policies(auth.s3, asked.place))
    print(JSON.stringify(found, undefined, 2))
    return 0
  },

  schema: async ({ print }) => {
    const { accessFileSchema } = await import('./auth/index.ts')
    print(JSON.stringify(accessFileSchema(), undefined, 2))
    return 0
  },
}

/** Leaves with 0, with 1 where it failed, and a plan with 2 where there is something to do. */
export async function access(name: AccessCommand, argv: readonly string[], print: Print, say: Print): Promise<void> {
  try {
    process.exit(await accessCommands[name]({ asked: readAskedFor(argv), print, say }))
  } catch (error) {
    for (const line of saidOf(error)) say(line)
    process.exit(1)
  }
}

function saidOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.problems
  if (error instanceof ApiError && error.code !== 'INTERNAL_ERROR') return [error.message]
  return [error instanceof Error ? error.message : String(error)]
}

function readAskedFor(argv: readonly string[]): Asked {
  const asked: Asked = { place: undefined, json: false, confirm: false, server: undefined, commit: undefined, rest: [] }
  const words = argv.values()
  let isFirst = true
  for (const word of words) {
    if (word === '--json') asked.json = true
    else if (word === '--confirm') asked.confirm = true
    else if (word === '--server') asked.server = words.next().value ?? ''
    else if (word === '--commit') asked.commit = words.next().value ?? ''
    else if (word.startsWith('--commit=')) asked.commit = word.slice('--commit='.length)
    else if (word.startsWith('--server=')) asked.server = word.slice('--server='.length)
    else if (isFirst && !word.startsWith('-')) asked.place = word
    else asked.rest.push(word)
    isFirst = false
  }
  if (asked.server !== undefined && !/^https?:\/\/[^/]/.test(asked.server))
    throw new Error('--server: it is the address of a server, such as https://assay.example.org')
  if (asked.server !== undefined && asked.rest.length)
    throw new Error(`${asked.rest[0]}: the server at --server has its own settings. Leave it out.`)
  return asked
}

function folderOf({ place }: Asked): string {
  if (place === undefined) throw new Error('Name the folder of access files first: `assay access plan DIR`.')
  return place
}

async function readAsked(asked: Asked) {
  const { readFolder } = await import('./auth/index.ts')
  return readFolder(folderOf(asked))
}

function client(server: string) {
  const token = process.env[CLIENT_TOKEN]
  if (!token) throw new Error('--server: set ASSAY_TOKEN to a token of an administrator with the scope access-files.')
  return openAccessClient(server, token)
}

/** With the database and the experiments that the settings name. */
async function withFiles<T>({ rest }: Asked, work: (files: AccessFiles, config: Config) => Promise<T>): Promise<T> {
  const config = readConfig(rest)
  const logs = openLog({ level: 'silent' })
  try {
    const [{ openStorage }, { openUpstream }, { openAccessFiles }] = await Promise.all([
      import('./storage.ts'),
      import('./upstream/index.ts'),
      import('./auth/index.ts'),
    ])
    const database = await openStorage(config, logs.log)
    try {
      const upstream = await openUpstream(config, database, logs.log)
      try {
        const parts = { database, tracking: upstream.handlers, rules: config.auth.files }
        return await work(openAccessFiles(parts), config)
      } finally {
        await upstream.close()
      }
    } finally {
      await database.close()
    }
  } finally {
    logs.flush()
  }
}

function tell(plan: AccessPlan, { json }: Asked, { print, say }: Omit<Work, 'asked'>) {
  if (json) return print(JSON.stringify(plan, undefined, 2))
  let path: string | undefined
  for (const change of [...plan.changes, ...plan.takes_over]) {
    if (change.path !== undefined && change.path !== path) print(`${change.path}:`)
    path = change.path
    print(`${path === undefined ? '' : '  '}${change.line}`)
  }
  for (const note of plan.notes) say(note)
  say(summaryOf(plan))
}

function summaryOf({ changes, takes_over }: AccessPlan): string {
  const first = changes.length === 0 ? 'Access is as the files say.' : `${counted(changes.length, 'change')}.`
  return takes_over.length === 0
    ? first
    : `${first} ${counted(takes_over.length, 'grant')} given by hand ${takes_over.length === 1 ? 'is' : 'are'} the files' from then on.`
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
