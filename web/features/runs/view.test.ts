import { expect, test } from 'vitest'
import { asFilter, orderBy, readView, writeView } from './view.ts'

const written = (search: string, change: Parameters<typeof writeView>[1]) =>
  writeView(new URLSearchParams(search), change).toString()

test('an address without a query is: all runs, newest first, columns that differ', () => {
  expect(readView(new URLSearchParams())).toEqual({
    filter: '',
    sort: 'attributes.start_time',
    descending: true,
    columns: undefined,
    showEqual: false,
  })
})

test('what is as it would be anyway is not written', () => {
  expect(written('sort=metrics.loss%3Aasc', { sort: 'attributes.start_time', descending: true })).toBe('')
})

test('keys with commas, colons and dots survive the address', () => {
  const columns = ['metrics.a,b', 'params.x:y.z']
  const search = writeView(new URLSearchParams(), { columns, sort: 'metrics.a:b.c', descending: false })
  expect(readView(new URLSearchParams(search.toString()))).toMatchObject({
    columns,
    sort: 'metrics.a:b.c',
    descending: false,
  })
})

test.each([
  { sort: 'metrics.loss', descending: true, clause: 'metrics.`loss` DESC' },
  { sort: 'params.a b', descending: false, clause: 'params.`a b` ASC' },
  { sort: 'metrics.a`b', descending: false, clause: 'metrics."a`b" ASC' },
])('$sort is asked for as $clause', ({ clause, ...sort }) => {
  expect(orderBy(sort)).toEqual([clause])
})

test.each([
  { typed: '', filter: '' },
  { typed: ' lgbm ', filter: "attributes.run_name ILIKE '%lgbm%'" },
  { typed: "it's 50%", filter: "attributes.run_name ILIKE '%it''s 50\\%%'" },
  { typed: 'metrics.loss < 1', filter: 'metrics.loss < 1' },
  { typed: 'status IN ("FAILED")', filter: 'status IN ("FAILED")' },
  { typed: 'metrics.lo', filter: 'metrics.lo' },
  { typed: 'wide and deep (in half)', filter: "attributes.run_name ILIKE '%wide and deep (in half)%'" },
  { typed: 'user_id is not null', filter: 'user_id is not null' },
  { typed: "run_name like 'a%'", filter: "run_name like 'a%'" },
])('typing $typed asks for $filter', ({ typed, filter }) => {
  expect(asFilter(typed)).toBe(filter)
})
