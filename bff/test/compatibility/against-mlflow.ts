// node bff/test/compatibility/against-mlflow.ts http://127.0.0.1:5001
// Asks a real MLflow server the rows of the table and prints where it answers otherwise. Not a test: we differ on purpose
// in places (docs/decisions.md); it is for reading after MLflow has a new version.
import { parseJson } from '#contract'
import type { Answered } from './ask.ts'
import { ask, filler } from './ask.ts'
import type { Row } from './row.ts'
import { seed } from './seed.ts'
import { tables } from './tables.ts'

const server = { base: process.argv[2] ?? 'http://127.0.0.1:5001' }
const print = (text: string) => process.stdout.write(`${text}\n`)

/** What of the answer a client looks at: status, error code, and the words of the message that the row names. */
function told(row: Row, { status, text }: Answered): { code: string; message: string } {
  try {
    const { error_code = '', message = '' } = parseJson(text) as { error_code?: string; message?: string }
    return { code: `${status} ${error_code}`.trim(), message }
  } catch {
    return {
      code: `${status} ${row.status < 400 || row.method === 'HEAD' ? '' : 'no JSON'}`.trim(),
      message: text.slice(0, 150),
    }
  }
}

const seeded = await seed(server)
let same = 0
for (const { about, rows } of tables) {
  for (const row of rows) {
    const fill = await filler(server, seeded, row)
    const theirs = told(row, await ask(server, row, row.path, fill))
    const ours = `${row.status} ${row.method === 'HEAD' ? '' : (row.code ?? '')}`.trim()
    const words = [row.message ?? []].flat().filter((part) => !theirs.message.includes(fill(part)))
    if (ours === theirs.code && words.length === 0) same++
    else
      print(
        `${about} · ${row.why} · ${ours} · ${theirs.code} · ${ours === theirs.code ? `without ${JSON.stringify(words)}: ` : ''}${theirs.message.replace(/\s+/g, ' ').slice(0, 200)}`,
      )
  }
}
print(`${same} of ${tables.flatMap(({ rows }) => rows).length} rows are answered alike`)
