import { parse } from 'content-disposition'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Conditions } from './headers.ts'
import { contentType, planDownload } from './headers.ts'

const file = { size: 1000, etag: '"abc"', modified: new Date('2026-03-01T10:00:00.700Z') }
const plan = (asked: Conditions, size = file.size) => planDownload('a.txt', { ...file, size }, asked)

test.each([
  ['a.txt', 'text/plain; charset=utf-8'],
  ['A.JSON', 'text/plain; charset=utf-8'],
  ['MLmodel', 'text/plain; charset=utf-8'],
  ['conda.yaml', 'text/plain; charset=utf-8'],
  ['x.js', 'text/plain; charset=utf-8'],
  ['plot.png', 'image/png'],
  ['plot.svg', 'image/svg+xml'],
  ['report.pdf', 'application/pdf'],
  ['page.html', 'application/octet-stream'],
  ['page.xhtml', 'application/octet-stream'],
  ['model.pkl', 'application/octet-stream'],
  ['png', 'application/octet-stream'],
  ['noextension', 'application/octet-stream'],
])('%s is sent as %s', (name, type) => {
  expect(contentType(name)).toBe(type)
})

test('a download is saved, never run, and checked for a newer version each time', () => {
  expect(plan({})).toEqual({
    status: 200,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': 'attachment; filename=a.txt',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'private, no-cache',
      'accept-ranges': 'bytes',
      'content-length': '1000',
      etag: '"abc"',
      'last-modified': 'Sun, 01 Mar 2026 10:00:00 GMT',
    },
  })
})

test('every file name arrives as it was, in plain ASCII headers', () => {
  const name = fc.string({ unit: fc.constantFrom(...'a.;="%é漢🚀 \'*\\') }).filter((text) => /[^\s.]$/.test(text))
  fc.assert(
    fc.property(name, (text) => {
      const header = planDownload(text, file, {}).headers['content-disposition'] ?? ''
      expect(header).toMatch(/^[\x20-\x7e]*$/)
      expect(parse(header).parameters.filename).toBe(text)
    }),
  )
})

describe('a range', () => {
  test.each([
    { range: 'bytes=0-99', start: 0, end: 99 },
    { range: 'bytes=900-', start: 900, end: 999 },
    { range: 'bytes=900-5000', start: 900, end: 999 },
    { range: 'bytes=-100', start: 900, end: 999 },
    { range: 'bytes=-5000', start: 0, end: 999 },
    { range: 'Bytes = 5 - 5', start: 5, end: 5 },
  ])('$range is bytes $start to $end', ({ range, start, end }) => {
    const { status, headers, range: served } = plan({ range })
    expect({ status, served }).toEqual({ status: 206, served: { start, end } })
    expect(headers).toMatchObject({
      'content-range': `bytes ${start}-${end}/1000`,
      'content-length': String(end - start + 1),
    })
  })

  test.each(['bytes=1000-', 'bytes=-0', 'bytes=5000-6000'])('%s is past the end', (range) => {
    expect(plan({ range })).toEqual({ status: 416, headers: { 'content-range': 'bytes */1000' } })
  })

  test.each(['bytes=0-1,5-6', 'bytes=9-3', 'bytes=-', 'bytes', 'lines=1-2', 'bytes=a-b'])(
    '%s gets the whole',
    (range) => {
      expect(plan({ range })).toMatchObject({ status: 200, headers: { 'content-length': '1000' } })
    },
  )

  test('of an empty file is past its end', () => {
    expect(plan({ range: 'bytes=0-0' }, 0).status).toBe(416)
    expect(plan({}, 0)).toMatchObject({ status: 200, headers: { 'content-length': '0' } })
  })

  test.each([
    { ifRange: '"abc"', status: 206 },
    { ifRange: 'Sun, 01 Mar 2026 10:00:00 GMT', status: 206 },
    { ifRange: '"old"', status: 200 },
    { ifRange: 'W/"abc"', status: 200 },
  ])('with If-Range $ifRange is answered $status', ({ ifRange, status }) => {
    expect(plan({ range: 'bytes=0-1', 'if-range': ifRange }).status).toBe(status)
  })
})

test.each([
  { asked: { 'if-none-match': '"abc"' }, status: 304 },
  { asked: { 'if-none-match': 'W/"abc"' }, status: 304 },
  { asked: { 'if-none-match': '"x", "abc"' }, status: 304 },
  { asked: { 'if-none-match': '*' }, status: 304 },
  { asked: { 'if-none-match': '"x"' }, status: 200 },
  { asked: { 'if-none-match': '"x"', 'if-modified-since': 'Sun, 01 Mar 2026 10:00:00 GMT' }, status: 200 },
  { asked: { 'if-modified-since': 'Sun, 01 Mar 2026 10:00:00 GMT' }, status: 304 },
  { asked: { 'if-modified-since': 'Sun, 01 Mar 2026 09:59:59 GMT' }, status: 200 },
  { asked: { 'if-modified-since': 'yesterday' }, status: 200 },
  { asked: { 'if-none-match': '"abc"', range: 'bytes=5000-' }, status: 304 },
])('$asked is answered $status', ({ asked, status }) => {
  expect(plan(asked).status).toBe(status)
})
