// node bff/test/compatibility/against-mlflow.ts http://127.0.0.1:5001
// Asks a real MLflow server the rows of the table and prints where it answers otherwise. Not a test: we differ on purpose
// in places (docs/compatibility.md); it is for reading after MLflow has a new version.
import { partialDeepStrictEqual } from 'node:assert'
import { parseJson, stringifyJson } from '#contract'
import type { Answered, Fill } from './ask.ts'
import { ask, filler } from './ask.ts'
import type { Row } from './row.ts'
import { isOurs } from './row.ts'
import { seed } from './seed.ts'
import { tables } from './tables.ts'

const server = { base: process.argv[2] ?? 'http://127.0.0.1:5001' }
const print = (text: string) => process.stdout.write(`${text}\n`)

const short = (text: string) => text.replace(/\s+/g, ' ').slice(0, 200)

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

/** MLflow lists tags and params in no order, we by key. */
function byKey(value: unknown): unknown {
  if (Array.isArray(value)) {
    const key = (item: unknown) => String((item as { key?: unknown } | null)?.key)
    return value.map(byKey).sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, byKey(inner)]))
}

/** Where an answer, or what is read after it, has not the shape that the row names. */
async function otherShape(row: Row, { text }: Answered, fill: Fill): Promise<string | undefined> {
  const parts: { text: string; shape: object }[] =
    row.shape && row.method !== 'HEAD' ? [{ text, shape: row.shape }] : []
  if (row.after) {
    const read = await fetch(server.base + fill(row.after.path))
    parts.push({ text: await read.text(), shape: row.after.shape })
  }
  for (const part of parts)
    try {
      partialDeepStrictEqual(byKey(parseJson(part.text)), parseJson(fill(stringifyJson(part.shape))))
    } catch {
      return `${part.text.replace(/\s+/g, ' ').slice(0, 300)} where ${fill(stringifyJson(part.shape)).slice(0, 300)} was expected`
    }
  return undefined
}

const seeded = await seed(server)
let same = 0
for (const { about, rows } of tables) {
  for (const row of rows.filter(({ path }) => !isOurs(path))) {
    const fill = await filler(server, seeded, row)
    const answer = await ask(server, row, row.path, fill)
    const theirs = told(row, answer)
    const ours = `${row.status} ${row.method === 'HEAD' ? '' : (row.code ?? '')}`.trim()
    const words = [row.message ?? []].flat().filter((part) => !theirs.message.includes(fill(part)))
    const shape = ours === theirs.code ? await otherShape(row, answer, fill) : undefined
    if (ours !== theirs.code) print(`${about} · ${row.why} · ${ours} · ${theirs.code} · ${short(theirs.message)}`)
    else if (words.length > 0)
      print(`${about} · ${row.why} · ${ours} without ${stringifyJson(words)}: ${short(theirs.message)}`)
    else if (shape) print(`${about} · ${row.why} · ${shape}`)
    else same++
  }
}
print(
  `${same} of ${tables.flatMap(({ rows }) => rows.filter(({ path }) => !isOurs(path))).length} rows are answered alike`,
)
