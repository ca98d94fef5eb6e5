import type { IncomingMessage } from 'node:http'
import type { AuthEndpoints, Endpoints } from '#contract'
import type { Answered, Guard, HandlersOf } from '#kit/route.ts'
import type { Identity } from './identity.ts'

/** Who is asking, and what they may do. */
export type Auth = {
  /** undefined is nobody, who may use what is for everyone */
  guard: Guard<Identity | undefined>
  handlers: HandlersOf<AuthEndpoints>
  /** The core's handlers, with what is to be done here when they did their work. */
  hooked: (tracking: HandlersOf<Endpoints>) => HandlersOf<Endpoints>
  /** Answers what is no endpoint of the API, or says false: a browser on its way to a provider and back. */
  plain: (request: IncomingMessage, response: Answered, path: string, query: string) => Promise<boolean>
  close(): Promise<void>
}
