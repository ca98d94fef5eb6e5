import { resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ApiError } from '#contract'
import { artifactPath, below, isSegment, ownerFolder, proxyAddress } from './address.ts'

const RUN = '0123456789abcdef0123456789abcdef'

describe('a path', () => {
  test.each([
    { path: 'model/MLmodel', segments: ['model', 'MLmodel'] },
    { path: '', segments: [] },
    { path: 'plots/', segments: ['plots'] },
    { path: 'plots//a.png', segments: ['plots', 'a.png'] },
    { path: '100%.txt', segments: ['100%.txt'] },
    { path: 'ünï "quoted"/emoji 🚀.csv', segments: ['ünï "quoted"', 'emoji 🚀.csv'] },
    { path: 'epoch:1/a;b', segments: ['epoch:1', 'a;b'] },
    { path: '.hidden/..x', segments: ['.hidden', '..x'] },
    ...['.png', '%compressed.webp']
      .map((end) => `images/digit%step%25%timestamp%1795536755821%y02cfd27-f683-419f-8d49-935721edd7f9${end}`)
      .map((path) => ({ path, segments: path.split('/') })),
  ])("'$path' is taken", ({ path, segments }) => {
    expect(artifactPath(path)).toEqual(segments)
  })

  test('has one spelling: e with an accent is one character', () => {
    expect(artifactPath('e\u0301.txt')).toEqual(['\u00e9.txt'])
  })

  test.each([
    '..',
    '../x',
    'images/digit%step%3%timestamp%1795536755821%2f2cfd27-f683-419f-8d49-935721edd7f9.png',
    'images/%2e%2e%step%3%timestamp%1795536755821%y02cfd27-f683-419f-8d49-935721edd7f9.png',
    'images/digit%step%3%timestamp%1795536755821%y02cfd27-f683-419f-8d49-935721edd7f9.png/%2e%2e',
    'a/../b',
    'a/..',
    '.',
    './c',
    'a/./b',
    '/etc/passwd',
    '//etc',
    'C:/',
    'c:\\x',
    'C:x',
    'a/C:x',
    'a/file:x',
    '\\\\host\\share',
    'a\\b',
    'file:etc',
    'file:/etc',
    'file:///etc/passwd',
    'file://localhost/etc',
    'FILE:///etc',
    ' file:///etc',
    '\tfile:///etc',
    '\nfile:///etc',
    '#/../../etc',
    'a#b',
    '..%2f..%2fx',
    '%2e%2e/x',
    '%252e%252e%252f%252e%252e',
    'a%5cb',
    'a%00b',
    'a\0b',
    'a\nb',
    'a\u0085b',
    'a\ud800b',
  ])('%j is an invalid path, in just these words', (path) => {
    expect(() => artifactPath(path)).toThrow(new ApiError('INVALID_PARAMETER_VALUE', 'Invalid path'))
  })

  test.each([
    { why: 'a name of 256 bytes', path: 'é'.repeat(128), words: '255 bytes' },
    { why: '33 folders', path: Array(33).fill('a').join('/'), words: '32 folders' },
    { why: '1,025 bytes', path: [...Array(4).fill('x'.repeat(250)), 'x'.repeat(21)].join('/'), words: '1024 bytes' },
    { why: 'a trailing dot', path: 'a./b', words: 'dot or a blank' },
    { why: 'a trailing blank', path: 'a/b ', words: 'dot or a blank' },
  ])('with $why is refused with its reason', ({ path, words }) => {
    expect(() => artifactPath(path)).toThrow(words)
  })

  test('below a folder keeps to the limits of the whole', () => {
    const folder = artifactPath('x'.repeat(250))
    const rest = artifactPath(Array(4).fill('y'.repeat(200)).join('/'))
    expect(() => below(folder, rest)).toThrow('1024 bytes')
    expect(below(ownerFolder(RUN), artifactPath('a/b'))).toEqual([RUN, 'artifacts', 'a', 'b'])
  })
})

describe('an address of the proxy', () => {
  test.each([
    { path: `1/${RUN}/artifacts/a/b`, kind: 'run', experimentId: '1', runId: RUN, rest: ['a', 'b'] },
    { path: `1/${RUN}/artifacts`, kind: 'run', experimentId: '1', runId: RUN, rest: [] },
    { path: `0/${RUN}//artifacts/`, kind: 'run', experimentId: '0', runId: RUN, rest: [] },
    { path: '12/models/m-1/artifacts/x', kind: 'model', experimentId: '12', modelId: 'm-1', rest: ['x'] },
  ])('$path belongs to a $kind', ({ path, rest, ...ids }) => {
    expect(proxyAddress(path)).toEqual({ ...ids, path: rest, key: path.split('/').filter(Boolean) })
  })

  test.each([
    '1',
    `1/${RUN}`,
    `01/${RUN}/artifacts/x`,
    `+1/${RUN}/artifacts/x`,
    `1/${RUN}/Artifacts/x`,
    `1/${RUN}.x/artifacts`,
    '1/models/artifacts/x',
    '1/traces/tr-1/artifacts/traces.json',
    'shared/file.txt',
  ])('%s is another place', (path) => {
    expect(proxyAddress(path)).toEqual({ kind: 'other', key: path.split('/') })
  })
})

describe('whatever a caller writes', () => {
  const hostile = fc.string({
    unit: fc.constantFrom(...'./\\%25ec0:#~C', '..', '%2e', '%5c', '\0', 'é', '\u0301', '．'),
  })
  const anything = fc.oneof(hostile, fc.string({ unit: 'binary' }), fc.webPath())
  const taken = (text: string) => {
    try {
      return artifactPath(text)
    } catch (error) {
      expect(error).toMatchObject({ code: 'INVALID_PARAMETER_VALUE' })
      return undefined
    }
  }

  test('it is refused, or stays below the root and names the same place again', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const path = taken(text)
        if (!path) return
        const key = path.join('/')
        expect(path.length === 0 || resolve('/root', key).startsWith('/root/')).toBe(true)
        expect(resolve('/root', key)).toBe(path.length ? `/root/${key}` : '/root')
        expect(artifactPath(key)).toEqual(path)
        expect(path.every(isSegment)).toBe(true)
        expect(taken(decodeURIComponent(encodeURIComponent(key)))).toEqual(path)
      }),
      { numRuns: 20_000 },
    )
  })
})
