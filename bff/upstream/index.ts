import type { Endpoints } from '#contract'
import type { Database } from '#kit/db.ts'
import type { Log } from '#kit/log.ts'
import type { HandlersOf } from '#kit/route.ts'
import type { Owners, Tracking, TrackingConfig } from '../tracking/index.ts'
import { openTracking } from '../tracking/index.ts'
import { askForOwners } from './owners.ts'
import type { RelayConfig } from './relay.ts'
import { openRelay } from './relay.ts'

export type { RelayConfig } from './relay.ts'

/** Whatever answers the contract: our own core in this process, or a server elsewhere. */
export type Upstream = {
  handlers: HandlersOf<Endpoints>
  /** to which experiment things belong */
  owners: Owners
  gauges: Tracking['gauges']
  /** The MLflow version that clients should take it for, where that is not the one we are made for. */
  mlflowVersion?: () => Promise<string>
  close(): Promise<void>
}

export type UpstreamConfig = { tracking: TrackingConfig; relay: RelayConfig | undefined }

export const openUpstream = async (
  { tracking, relay }: UpstreamConfig,
  database: Database | undefined,
  log: Log,
): Promise<Upstream> => (relay ? toRelay(relay) : openTracking(tracking, database, log))

/** A server elsewhere. */
export function toRelay(config: RelayConfig): Upstream {
  const relay = openRelay(config)
  return { ...relay, owners: askForOwners(relay.handlers) }
}
