import { expect, test } from 'vitest'
import { compile, empty, join, named, raw, sql } from './sql.ts'

test('values become parameters, nested pieces are spliced with their own', () => {
  const filter = join([sql`key = ${'a'}`, sql`value > ${1}`], ' and ')
  expect(compile(sql`select * from t where ${filter} and run = ${'r'} limit ${10}`)).toEqual({
    text: 'select * from t where key = $1 and value > $2 and run = $3 limit $4',
    values: ['a', 1, 'r', 10],
    name: undefined,
  })
})

test('a text that looks like SQL stays a value', () => {
  expect(compile(sql`select ${"'; drop table t; --"}`)).toMatchObject({ text: 'select $1' })
})

test.each([
  { why: 'no part', q: join([], ' and '), text: '' },
  { why: 'one part', q: join([sql`a`], ' and '), text: 'a' },
  { why: 'an empty piece', q: sql`select 1${empty}`, text: 'select 1' },
  { why: 'a trusted operator', q: sql`a ${raw('<=')} b`, text: 'a <= b' },
])('joins $why', ({ q, text }) => {
  expect(compile(q).text).toBe(text)
})

test('a statement may have a name, and a flat template has one text however often it is used', () => {
  const one = (id: number) => named('one', sql`select ${id}`)
  expect(compile(one(1))).toEqual({ text: 'select $1', values: [1], name: 'one' })
  expect(compile(one(2))).toEqual({ text: 'select $1', values: [2], name: 'one' })
})
