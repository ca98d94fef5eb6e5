import type { Endpoints } from '#contract'
import type { Log } from '#kit/log.ts'
import type { HandlersOf } from '#kit/route.ts'
import type { Tracking, TrackingConfig } from '../tracking/index.ts'
import { openTracking } from '../tracking/index.ts'

/** Whatever answers the contract: our own core in this process; later also one elsewhere. */
export type Upstream = { handlers: HandlersOf<Endpoints>; gauges: Tracking['gauges']; close(): Promise<void> }

export const openUpstream = (config: TrackingConfig, log: Log): Promise<Upstream> => openTracking(config, log)
