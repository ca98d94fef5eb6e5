import { expect, test } from 'vitest'
import { decode, foldersOnTheWay, kindOf } from './files.ts'

test.each([
  ['plots/roc.PNG', 'image'],
  ['a/report.csv', 'table'],
  ['model/MLmodel', 'text'],
  ['model/requirements.txt', 'text'],
  ['model/model.pkl', 'unknown'],
] as const)('%s is looked at as %s', (path, kind) => {
  expect(kindOf(path)).toBe(kind)
})

test('the folders on the way to a file', () => {
  expect(foldersOnTheWay('a/b/c.txt')).toEqual(['a', 'a/b'])
  expect(foldersOnTheWay('c.txt')).toEqual([])
})

test('a character cut by the limit is no error; bytes that are not text are told from text', () => {
  const euro = new TextEncoder().encode('price €')
  expect(decode(euro.slice(0, -1), 100)).toEqual({ text: 'price ', complete: false })
  expect(decode(euro, euro.length)).toEqual({ text: 'price €', complete: true })
  expect(decode(new Uint8Array([0x89, 0x50, 0xff]), 3).text).toBeUndefined()
  expect(decode(new Uint8Array([65, 0, 66]), 3).text).toBeUndefined()
})
