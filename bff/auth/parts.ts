import type { Endpoints } from '#contract'
import type { Database } from '#kit/db.ts'
import type { Log } from '#kit/log.ts'
import type { HandlersOf } from '#kit/route.ts'
import type { AuthConfig } from './config.ts'
import type { Owners } from './owners.ts'

/** What every part of sign-in and permissions works with. */
export type AuthParts = {
  config: AuthConfig
  database: Database
  /** the core's own, which ask nobody who may */
  tracking: HandlersOf<Endpoints>
  owners: Owners
  log: Log
}
