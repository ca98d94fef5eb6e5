import { beforeAll, describe, expect, test } from 'vitest'
import type { Endpoint } from '#contract'
import { endpoints, parseJson, stringifyJson } from '#contract'
import { testServer } from '../server.ts'
import type { Answered, Fill } from './ask.ts'
import { ask, filler } from './ask.ts'
import type { Row } from './row.ts'
import { isOurs } from './row.ts'
import type { Seeded } from './seed.ts'
import { seed, stored } from './seed.ts'
import { tables } from './tables.ts'

const server = testServer()
let seeded: Seeded
beforeAll(async () => {
  seeded = await seed(server)
})

const INTERNALS = /\b(select|insert into|update \w+ set|psycopg|pg_\w+|relation "|ZodError)\b|node_modules|\.ts:\d/i

function checkRefusal(row: Row, { status, type, text }: Answered, fill: Fill) {
  expect(status).toBe(row.status)
  expect(type).toBe('application/json')
  if (row.method === 'HEAD') return
  const { error_code, message } = parseJson(text) as { error_code: string; message: string }
  expect({ status, error_code, message }).toEqual({
    status: row.status,
    error_code: row.code,
    message: expect.any(String),
  })
  for (const part of [row.message ?? []].flat()) expect(message).toContain(fill(part))
  expect(message).not.toMatch(INTERNALS)
  expect(message.length).toBeGreaterThan(10)
}

function checkAnswer(row: Row, { status, text, type }: Answered, fill: Fill) {
  expect({ status, text }).toEqual({ status: row.status, text: expect.any(String) })
  if (row.gives) expect(type).toBe(row.gives)
  if (row.method === 'HEAD') {
    expect(text).toBe('')
    return
  }
  if (row.shape === undefined) return
  expect(type).toBe('application/json')
  checkShape(text, row, fill)
}

function checkShape(text: string, { shape, without }: Pick<Row, 'shape' | 'without'>, fill: Fill) {
  const body = parseJson(text)
  expect(body).toMatchObject(parseJson(fill(stringifyJson(shape))) as object)
  for (const name of without ?? []) expect(body).not.toHaveProperty(name)
}

describe.each(tables)('$about', ({ rows }) => {
  test.each(rows)('$why → $status', async (row) => {
    const fill = await filler(server, seeded, row)
    const before = row.status >= 400 ? await stored(server, seeded) : undefined
    const answered = await ask(server, row, row.path, fill)
    if (before) checkRefusal(row, answered, fill)
    else checkAnswer(row, answered, fill)
    if (row.path.startsWith('/api/') && (before || row.method === 'GET')) {
      const twin = await ask(server, row, row.path.replace('/api/', '/ajax-api/'), fill)
      expect(twin.status).toBe(answered.status)
      if (row.code !== 'ENDPOINT_NOT_FOUND') expect(twin).toEqual(answered)
    }
    if (before) expect(await stored(server, seeded)).toEqual(before)
    if (row.after) {
      const read = await fetch(server.base + fill(row.after.path))
      checkShape(await read.text(), row.after, fill)
    }
  })
})

const all = tables.flatMap(({ rows }) => rows)

test('there are three hundred rows, and each says something of its own', () => {
  expect(all.length).toBeGreaterThanOrEqual(300)
  const names = tables.flatMap(({ about, rows }) => rows.map(({ why }) => `${about}: ${why}`))
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
})

test('every endpoint of MLflow is in the table', () => {
  const asked = new Set(all.map(({ method, path }) => `${method} ${path.split('?')[0]}`))
  const covered = ({ method, path }: Endpoint) => {
    const pattern = new RegExp(`^${method} ${path.replace(/\{\w+\}/g, '[^/]+').replace(/\{\w+…\}/g, '.+')}$`)
    return [...asked].some((request) => pattern.test(request))
  }
  const left = Object.entries(endpoints).filter(([, e]) => !isOurs(e.path) && !covered(e))
  expect(left.map(([name]) => name)).toEqual([])
})
