import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { clientAddress, compileProxies, networkOf, openClientAddress } from './client-address.ts'

const request = (remoteAddress: string, headers: Record<string, string>) =>
  ({ socket: { remoteAddress }, headers: { ...headers } }) as unknown as IncomingMessage

test.each([
  { why: 'no proxy is known', proxies: [], peer: '10.0.0.7', said: '203.0.113.1', address: '10.0.0.7' },
  { why: 'the peer is none', proxies: ['10.0.0.0/8'], peer: '11.0.0.7', said: '203.0.113.1', address: '11.0.0.7' },
  { why: 'the peer is one', proxies: ['10.0.0.0/8'], peer: '10.0.0.7', said: '203.0.113.1', address: '203.0.113.1' },
  {
    why: 'the peer is one, as IPv4 in IPv6',
    proxies: ['10.0.0.7'],
    peer: '::ffff:10.0.0.7',
    said: '203.0.113.1',
    address: '203.0.113.1',
  },
  {
    why: 'of two proxies',
    proxies: ['10.0.0.0/8'],
    peer: '10.0.0.7',
    said: '203.0.113.1, 10.0.0.9',
    address: '203.0.113.1',
  },
  {
    why: 'a client made the first up',
    proxies: ['10.0.0.0/8'],
    peer: '10.0.0.7',
    said: '127.0.0.1, 203.0.113.1',
    address: '203.0.113.1',
  },
  {
    why: 'a client made it up as a proxy',
    proxies: ['10.0.0.0/8'],
    peer: '10.0.0.7',
    said: '10.0.0.1, 203.0.113.1',
    address: '203.0.113.1',
  },
  { why: 'it is no address', proxies: ['10.0.0.0/8'], peer: '10.0.0.7', said: 'unknown', address: '10.0.0.7' },
  { why: 'nothing is said', proxies: ['10.0.0.0/8'], peer: '10.0.0.7', said: undefined, address: '10.0.0.7' },
  { why: 'IPv6', proxies: ['fd00::/8'], peer: 'fd00::1', said: '2001:db8::5', address: '2001:db8::5' },
])('the address of a client where $why', ({ proxies, peer, said, address }) => {
  const asked = request(peer, said === undefined ? {} : { 'x-forwarded-for': said })
  openClientAddress(proxies)(asked)
  expect(clientAddress(asked)).toBe(address)
})

const said = {
  forwarded: 'for=x',
  'x-forwarded-for': 'x',
  'x-forwarded-host': 'x',
  'x-forwarded-proto': 'https',
  'x-real-ip': 'x',
}

test('what only a proxy may say is taken off for everybody else', () => {
  const settle = openClientAddress(['10.0.0.7'])
  const stranger = request('10.0.0.8', { ...said, 'x-request-id': 'kept' })
  const proxy = request('10.0.0.7', said)
  for (const each of [stranger, proxy]) settle(each)
  expect(stranger.headers).toEqual({ 'x-request-id': 'kept' })
  expect(proxy.headers).toEqual(said)
})

test.each(['proxy.example.org', '10.0.0.0/40', '', '10.0.0'])('%o is no proxy', (proxy) => {
  expect(() => compileProxies([proxy])).toThrow()
})

test.each([
  ['203.0.113.1', '203.0.113.1'],
  ['::ffff:203.0.113.1', '203.0.113.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
  ['', ''],
])('the network of %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
