import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { createServer } from 'node:tls'
import { onTestFinished } from 'vitest'
import { certificate } from './certificate.ts'

/** The same server by TLS, as a proxy in front of it gives it; the address of that. Gone when the test ends. */
export async function behindTls(url: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const server = createServer(certificate, (outer) => {
    const inner = connect(Number(port), hostname)
    outer.pipe(inner).pipe(outer)
    for (const [socket, other] of [
      [outer, inner],
      [inner, outer],
    ] as const)
      socket.on('error', () => other.destroy()).on('close', () => other.destroy())
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `https://localhost:${(server.address() as AddressInfo).port}`
}
