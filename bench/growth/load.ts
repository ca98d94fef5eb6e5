import { spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { query } from '../servers/postgres.ts'
import type { Size, Table } from './rows.ts'
import { tables } from './rows.ts'

/** Lines in pieces of so many characters: a write for each would cost more than the row. */
const PIECE = 1 << 18

function* inPieces(lines: Iterable<string>): Generator<string> {
  let piece = ''
  for (const line of lines) {
    piece += line
    if (piece.length < PIECE) continue
    yield piece
    piece = ''
  }
  if (piece) yield piece
}

/** By COPY, which pg has no words for, so through psql. Foreign keys are not looked at: 24 rows a run point at one another by their making. */
async function copy(database: string, { name, columns, lines }: Table, size: Size): Promise<void> {
  const child = spawn(
    '/usr/lib/postgresql/15/bin/psql',
    [
      database,
      '-qX',
      '-v',
      'ON_ERROR_STOP=1',
      '-c',
      'set session_replication_role to replica',
      '-c',
      `copy assay.${name} (${columns}) from stdin`,
    ],
    {
      stdio: ['pipe', 'inherit', 'inherit'],
    },
  )
  const ended = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  await pipeline(Readable.from(inPieces(lines(size))), child.stdin)
  const code = await ended
  if (code !== 0) throw new Error(`copy of ${name} ended with ${code}`)
}

/** Fills a migrated, empty database. Indexes on values are made afterwards, all at once, as pg_restore does. */
export async function load(database: string, size: Size, tell: (line: string) => void): Promise<void> {
  const indexes = await query<{ name: string; text: string }>(
    database,
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as text from pg_index
     where indrelid::regclass::text like 'assay.%' and not indisunique`,
  )
  for (const { name } of indexes) await query(database, `drop index ${name}`)
  for (const table of tables) {
    const began = performance.now()
    await copy(database, table, size)
    tell(`${table.name}: ${((performance.now() - began) / 1000).toFixed(0)} s`)
  }
  for (const { text } of indexes) await query(database, `set maintenance_work_mem to '512MB'; ${text}`)
  for (const [table, column] of [
    ['experiments', 'experiment_id'],
    ['runs', 'run_no'],
    ['series', 'series_id'],
  ])
    await query(
      database,
      `select setval(pg_get_serial_sequence('assay.${table}', '${column}'), (select max(${column}) from assay.${table}))`,
    )
  // what autovacuum does within a minute or so
  await query(database, 'vacuum analyze')
  tell('vacuumed and analysed')
}
