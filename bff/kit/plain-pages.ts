import type { IncomingMessage } from 'node:http'
import type { Answered } from './route.ts'

export type PlainPage = [path: string, page: { type: string; text: () => string | Promise<string> }]

/** The process answers: no more is said. */
export const HEALTH: PlainPage = ['/health', { type: 'text/plain', text: () => 'OK' }]

/** Answers that are no JSON endpoint: for probes, for MLflow's clients, for Prometheus, for people who write clients. */
export function plainPages(list: readonly PlainPage[]) {
  const pages = new Map(list)
  return async (request: IncomingMessage, response: Answered, path: string): Promise<boolean> => {
    const page = request.method === 'GET' || request.method === 'HEAD' ? pages.get(path) : undefined
    if (!page) return false
    response.route = path
    response.setHeader('Content-Type', page.type)
    response.end(await page.text())
    return true
  }
}
