import type { Database } from '#kit/db.ts'
import type { Log } from '#kit/log.ts'
import type { AuthConfig } from './config.ts'
import type { Owners } from './owners.ts'

/** What every part of sign-in and permissions works with. */
export type AuthParts = { config: AuthConfig; database: Database; owners: Owners; log: Log }
