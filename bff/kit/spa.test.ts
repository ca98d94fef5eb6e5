import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { secureAnswer } from './security-headers.ts'
import type { Spa } from './spa.ts'
import { openSpa } from './spa.ts'

const folder = mkdtempSync(join(tmpdir(), 'assay-page-'))
const script = 'export const a = 1\n'.repeat(100)
mkdirSync(join(folder, 'assets'))
mkdirSync(join(folder, '.vite'))
for (const [name, text] of Object.entries({
  'index.html':
    '<base href="__BASE__"><meta property="csp-nonce" nonce="__NONCE__"><script nonce="__NONCE__"></script>',
  'icon.svg': '<svg/>',
  'assets/main-Abc123.js': script,
  'assets/main-Abc123.js.map': '{}',
  '.vite/manifest.json': '{}',
}))
  writeFileSync(join(folder, name), text)

const spa = openSpa({ folder, prefix: '/p', https: true })
const plain = openSpa({ folder, prefix: '', https: false })
const unbuilt = openSpa({ folder: join(folder, 'none'), prefix: '', https: false })

const spas: Record<string, Spa> = { spa, plain, unbuilt }
const server = createServer(async (req, res) => {
  const [, which = '', ...rest] = (req.url ?? '').split('/')
  const answered = await spas[which]?.(req, res, `/${rest.join('/')}`)
  if (answered) return
  secureAnswer(res)
  res.statusCode = 404
  res.end('{}')
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => server.close())

const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { headers, method })
const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

describe('the page', () => {
  test('has its address, and a fresh nonce in itself and in its policy', async () => {
    const answers = await Promise.all([get('/spa/', browser), get('/spa/runs/abc', browser)])
    const nonces = await Promise.all(
      answers.map(async (answer) => {
        const html = await answer.text()
        const nonce = /'nonce-([^']+)'/.exec(answer.headers.get('content-security-policy') ?? '')?.[1] ?? 'none'
        expect(html).toBe(
          `<base href="/p/"><meta property="csp-nonce" nonce="${nonce}"><script nonce="${nonce}"></script>`,
        )
        return nonce
      }),
    )
    expect(nonces[0]).toMatch(/^[A-Za-z0-9+/]{22}==$/)
    expect(nonces[0]).not.toBe(nonces[1])
  })

  test('may do little', async () => {
    const { headers } = await get('/spa/', browser)
    expect(
      headers
        .get('content-security-policy')
        ?.replace(/'nonce-[^']+'/, 'NONCE')
        .split(';'),
    ).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self' NONCE",
      "img-src 'self' data: blob:",
      "font-src 'self'",
      "connect-src 'self'",
      "worker-src 'self' blob:",
      "manifest-src 'self'",
      "base-uri 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "object-src 'none'",
    ])
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'strict-transport-security': 'max-age=31536000',
      'permissions-policy': expect.stringContaining('camera=()'),
    })
  })

  test('promises https to nobody who came without it', async () => {
    expect((await get('/plain/', browser)).headers.has('strict-transport-security')).toBe(false)
  })

  test.each([
    { why: 'any page address, to a browser', path: '/experiments/1/charts', headers: browser, status: 200 },
    { why: 'the start, to anyone', path: '/', headers: {}, status: 200 },
    { why: 'HEAD', path: '/', headers: {}, method: 'HEAD', status: 200 },
    { why: 'a page address, to a program', path: '/experiments/1', headers: {}, status: 404 },
    { why: 'an absent API path, even to a browser', path: '/api/2.0/mlflow/none', headers: browser, status: 404 },
    { why: 'an absent path below ajax-api', path: '/ajax-api/x', headers: browser, status: 404 },
    { why: 'an absent file', path: '/assets/old-123.js', headers: browser, status: 404 },
    { why: 'a write', path: '/', headers: browser, method: 'POST', status: 404 },
  ])('$why → $status', async ({ path, headers, method, status }) => {
    expect((await get(`/spa${path}`, headers, method)).status).toBe(status)
  })

  test('is not there before it is built', async () => expect((await get('/unbuilt/', browser)).status).toBe(404))
})

describe('a file of the page', () => {
  test('with a digest in its name is kept for ever', async () => {
    const answer = await get('/spa/assets/main-Abc123.js', { 'accept-encoding': 'gzip, br' })
    expect(await answer.text()).toBe(script)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': expect.stringMatching(/^text\/javascript/),
      'content-encoding': 'br',
      vary: 'Accept-Encoding',
    })
  })

  test.each([
    { accepted: 'gzip, deflate', coding: 'gzip' },
    { accepted: 'identity', coding: null },
  ])('goes as $coding to those who accept $accepted', async ({ accepted, coding }) => {
    const answer = await get('/spa/assets/main-Abc123.js', { 'accept-encoding': accepted })
    expect(answer.headers.get('content-encoding')).toBe(coding)
    expect(await answer.text()).toBe(script)
  })

  test('without one is asked for again, and not sent again', async () => {
    const answer = await get('/spa/icon.svg')
    expect(answer.headers.get('cache-control')).toBe('no-cache')
    const again = await get('/spa/icon.svg', { 'if-none-match': answer.headers.get('etag') ?? '' })
    expect(again.status).toBe(304)
  })

  test.each(['/index.html/../icon.svg', '/..%2f..%2fetc/passwd', '/assets/main-Abc123.js.map', '/.vite/manifest.json'])(
    '%s is none',
    async (path) => expect((await get(`/spa${path}`)).status).toBe(path.endsWith('icon.svg') ? 200 : 404),
  )
})

test('any other answer is for programs, whatever it says', async () => {
  expect(Object.fromEntries((await get('/unbuilt/')).headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    'x-frame-options': 'DENY',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  })
})
