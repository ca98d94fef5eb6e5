import type { AuthEndpoints, Endpoints } from '#contract'
import type { Guard, HandlersOf } from '#kit/route.ts'
import type { Identity } from './identity.ts'

/** Who is asking, and what they may do. */
export type Auth = {
  /** undefined is nobody, who may use what is for everyone */
  guard: Guard<Identity | undefined>
  handlers: HandlersOf<AuthEndpoints>
  /** The core's handlers, with what is to be done here when they did their work. */
  hooked: (tracking: HandlersOf<Endpoints>) => HandlersOf<Endpoints>
  close(): Promise<void>
}
