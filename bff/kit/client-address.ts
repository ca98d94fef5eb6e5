import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import proxyaddr from 'proxy-addr'

const addresses = new WeakMap<IncomingMessage, string>()

/** What only a proxy may say. */
const SAID_BY_PROXIES = /^(forwarded|x-forwarded-.+|x-real-ip|x-client-ip|true-client-ip|cf-connecting-ip)$/

/** Proxies by address or network (`10.0.0.7`, `10.0.0.0/8`, `fd00::/8`). Throws where one of them is neither. */
export const compileProxies = (proxies: readonly string[]): ReturnType<typeof proxyaddr.compile> =>
  proxyaddr.compile([...proxies])

/**
 * Settles where a request comes from before anything else reads it: from its socket or, where that is one of the proxies that
 * the server was told of, from what they say. What anybody else says of it is taken off.
 */
export function openClientAddress(proxies: readonly string[]): (request: IncomingMessage) => void {
  const isProxy = compileProxies(proxies)
  return (request) => {
    const peer = request.socket.remoteAddress
    if (proxies.length > 0 && peer !== undefined && isProxy(peer, 0)) {
      const said = proxyaddr(request, isProxy)
      if (ipaddr.isValid(said)) addresses.set(request, said)
      return
    }
    const { headers } = request
    for (const name in headers) if (SAID_BY_PROXIES.test(name)) delete headers[name]
  }
}

/** The client's address, as openClientAddress() settled it: plain IPv4, or IPv6; empty on a Unix socket. */
export function clientAddress(request: IncomingMessage): string {
  const text = addresses.get(request) ?? request.socket.remoteAddress ?? ''
  return ipaddr.isValid(text) ? ipaddr.process(text).toString() : text
}

/** What one client has of addresses: a whole IPv4 address, but 64 bits of IPv6, whose rest anybody chooses freely. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toNormalizedString().replace(/%.*/, '')}/64`).toString()}/64`
}
