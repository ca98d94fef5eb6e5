import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { ApiError } from '#contract'
import type { HostRules } from './hosts.ts'
import { openHostCheck } from './hosts.ts'

const rules: Record<string, HostRules> = {
  default: { allowed: [] },
  named: { allowed: ['assay.example.com', '*.lab.test', 'with.port:8080'] },
  proxied: { allowed: [], publicUrl: 'https://assay.example.com' },
  listening: { allowed: [], listening: 'box' },
  all: { allowed: ['*'] },
}
const checks = Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, openHostCheck(rule)]))

/** A server that has the check and nothing else; the rules asked for are the first part of the path. */
const server = createServer({ requireHostHeader: false }, (req, res) => {
  const [, name = '', ...rest] = (req.url ?? '').split('/')
  try {
    checks[name]?.(req, `/${rest.join('/')}`)
    res.end('200')
  } catch (error) {
    res.statusCode = error instanceof ApiError ? error.status : 500
    res.end(String(res.statusCode))
  }
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => server.close())

const ask = (name: string, headers: string[], { method = 'GET', path = '/api' } = {}) =>
  new Promise<number>((resolve, reject) => {
    const { port } = server.address() as AddressInfo
    request(
      { port, host: '127.0.0.1', path: `/${name}${path}`, method, headers, setHost: false, agent: false },
      (res) => {
        res.resume()
        resolve(res.statusCode ?? 0)
      },
    )
      .on('error', reject)
      .end()
  })

describe('the Host header', () => {
  test.each([
    ['localhost', 200],
    ['localhost:5000', 200],
    ['LOCALHOST:5000', 200],
    ['localhost.:5000', 200],
    ['127.0.0.1:1', 200],
    ['127.8.8.8', 200],
    ['0.0.0.0:5000', 200],
    ['10.1.2.3', 200],
    ['192.168.0.1:80', 200],
    ['172.16.0.1', 200],
    ['172.31.9.9', 200],
    ['[::1]:5000', 200],
    ['[fd00::1]', 200],
    ['172.15.0.1', 403],
    ['172.32.0.1', 403],
    ['8.8.8.8', 403],
    ['[2001:db8::1]', 403],
    ['evil.example', 403],
    ['10.evil.example', 403],
    ['192.168.evil.example:80', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost.evil.example', 403],
    ['evil-localhost', 403],
    ['assay.example.com', 403],
    ['', 400],
    ['a b', 400],
    ['user@localhost', 400],
    ['localhost/x', 400],
    ['localhost:x', 400],
    ['localhost:123456', 400],
    ['<img onerror=x>', 400],
    ['a'.repeat(300), 400],
  ])('%s → %i', async (host, status) => expect(await ask('default', ['Host', host])).toBe(status))

  test.each([
    ['named', 'assay.example.com', 200],
    ['named', 'ASSAY.example.com:1234', 200],
    ['named', 'x.lab.test', 200],
    ['named', 'a.b.lab.test', 200],
    ['named', 'lab.test', 403],
    ['named', 'evillab.test', 403],
    ['named', 'with.port:8080', 200],
    ['named', 'with.port:8081', 403],
    ['named', 'with.port', 403],
    ['named', 'localhost', 200],
    ['proxied', 'assay.example.com', 200],
    ['listening', 'box:5000', 200],
    ['all', 'evil.example', 200],
    ['all', 'a b', 400],
  ])('with rules %s: %s → %i', async (name, host, status) => expect(await ask(name, ['Host', host])).toBe(status))

  test('missing or twice → 400', async () => {
    expect(await ask('default', ['Accept', '*/*'])).toBe(400)
    expect(await ask('default', ['Host', 'localhost', 'host', 'localhost'])).toBe(400)
    expect(await ask('default', ['Host', 'localhost', 'HOST', 'evil.example'])).toBe(400)
  })

  test.each(['/health', '/ready', '/version'])('any name will do for %s', async (path) => {
    expect(await ask('default', ['Host', 'evil.example'], { path })).toBe(200)
  })
})

describe('a write with Origin', () => {
  test.each([
    { why: 'of this server', origin: 'http://localhost:5000', status: 200 },
    { why: 'of this server by https, in front of which a proxy stands', origin: 'https://localhost:5000', status: 200 },
    { why: 'of another site', origin: 'https://evil.example', status: 403 },
    { why: 'of another port on this machine', origin: 'http://localhost:9999', status: 403 },
    { why: 'of a page without one', origin: 'null', status: 403 },
    { why: 'of another scheme', origin: 'ftp://localhost:5000', status: 403 },
    { why: 'that only begins like ours', origin: 'http://localhost:5000.evil.example', status: 403 },
  ])('$why → $status', async ({ origin, status }) => {
    const headers = ['Host', 'localhost:5000', 'Origin', origin]
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
      expect(await ask('default', headers, { method })).toBe(status)
  })

  test('is refused at any path, and reads are not', async () => {
    const headers = ['Host', 'localhost', 'Origin', 'https://evil.example']
    for (const path of ['/api/x', '/ajax-api/x', '/graphql', '/v1/traces', '/get-artifact', '/health', '/none'])
      expect(await ask('default', headers, { method: 'POST', path })).toBe(403)
    expect(await ask('default', headers)).toBe(200)
  })

  test('is compared with the public address where there is one', async () => {
    const write = (host: string, origin: string) => ask('proxied', ['Host', host, 'Origin', origin], { method: 'POST' })
    expect(await write('10.0.0.1:5000', 'https://assay.example.com')).toBe(200)
    expect(await write('assay.example.com', 'https://assay.example.com')).toBe(200)
    expect(await write('assay.example.com', 'http://assay.example.com')).toBe(403)
    expect(await write('localhost:5000', 'http://localhost:5000')).toBe(200)
  })
})
