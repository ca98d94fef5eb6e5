/** Where another server is. */
export type Target = {
  /** scheme, name and port; of a Unix socket only the scheme counts */
  origin: string
  /** what its paths begin with; empty, or with a slash in front and none behind */
  prefix: string
  socketPath?: string | undefined
}

export type Limits = {
  /** how long it may take to begin an answer */
  answerMs: number
}

/** A server that is there takes a connection at once. */
export const CONNECT_MS = 5_000
/** How long an answer or a body may rest half-way. */
export const STALL_MS = 60_000
