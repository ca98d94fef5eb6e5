import { randomUUID } from 'node:crypto'
import {
  createLoggedModel,
  createModelVersion,
  createRegisteredModel,
  createRun,
  createRunPreviewTicket,
  stringifyJson,
} from '#contract'
import { call } from '../../../web/lib/client.ts'
import type { TestServer } from '../server.ts'
import type { Row } from './row.ts'
import type { Seeded } from './seed.ts'

export type Fill = (text: string) => string

/** Replaces the words of a row by ids. */
export async function filler(server: TestServer, seeded: Seeded, row: Row): Promise<Fill> {
  const words: Record<string, string> = { ...seeded, ABSENT: 'f'.repeat(32), UNIQUE: randomUUID() }
  if (stringifyJson(row).includes('NEW_RUN'))
    words.NEW_RUN = (
      await call(createRun, { experiment_id: seeded.FRESH, run_name: 'new', start_time: 1 }, server)
    ).run.info.run_id
  if (stringifyJson(row).includes('NEW_MODEL'))
    words.NEW_MODEL = (
      await call(createLoggedModel, { experiment_id: seeded.FRESH, name: 'new' }, server)
    ).model.info.model_id
  if (stringifyJson(row).includes('NEW_REGISTERED')) words.NEW_REGISTERED = await newModel(server)
  if (row.path.includes('TICKET')) words.TICKET = await newTicket(server, seeded.FILES_RUN)
  return (text: string) => text.replace(/\b(?:[A-Z]+_)?[A-Z]{3,}\b/g, (word) => words[word] ?? word)
}

/** A model with one version, which nothing points to. */
async function newModel(server: TestServer) {
  const name = `model ${randomUUID()}`
  await call(createRegisteredModel, { name }, server)
  await call(createModelVersion, { name, source: 's3://bucket/new' }, server)
  return name
}

async function newTicket(server: TestServer, run_id: string) {
  const { url } = await call(createRunPreviewTicket, { run_id, path: 'about.txt' }, server)
  return url.split('/').at(-2) ?? ''
}

export type Answered = { status: number; type: string | null; text: string }

export async function ask(server: TestServer, row: Row, path: string, fill: Fill): Promise<Answered> {
  const text = row.raw ?? (row.body === undefined ? undefined : stringifyJson(row.body))
  const type = row.type === undefined && text !== undefined ? 'application/json' : row.type
  const response = await fetch(server.base + fill(path), {
    method: row.method,
    headers: { ...(type ? { 'content-type': type } : {}), ...row.headers },
    // bytes, since fetch would give a text a content type of its own
    ...(text === undefined ? {} : { body: new TextEncoder().encode(fill(text)) }),
  })
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
}
