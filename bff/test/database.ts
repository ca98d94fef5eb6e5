import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { DatabaseConfig } from '#kit/db.ts'
import { prepareImage } from '#kit/db-image.ts'

export const migrations = fileURLToPath(new URL('../migrations/', import.meta.url))

/**
 * A migrated, empty database of one's own: embedded and in memory, or a clone on the server that ASSAY_TEST_DATABASE_URL
 * names (cloned from the template that global-setup.ts made; dropped when the test run ends). Call it once a test file.
 */
export async function testDatabase(): Promise<DatabaseConfig> {
  const url = process.env.ASSAY_TEST_DATABASE_URL
  const template = process.env.ASSAY_TEST_TEMPLATE
  if (!url || !template) return { folder: undefined, image: await prepareImage(migrations) }
  const name = `${template}_${randomBytes(4).toString('hex')}`
  await onServer(url, `create database ${name} template ${template}`)
  return { url: databaseUrl(url, name), pool: { writes: 4, reads: 4, health: 2 } }
}

export async function onServer(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const text of statements) ({ rows } = await client.query(text))
    return rows
  } finally {
    await client.end()
  }
}

export function databaseUrl(url: string, name: string): string {
  const parsed = new URL(url)
  parsed.pathname = `/${name}`
  return parsed.href
}
