import { readFileSync } from 'node:fs'
import { getCACertificates } from 'node:tls'

/** Where another server is. */
export type Target = {
  /** scheme, name and port; of a Unix socket only the scheme counts */
  origin: string
  /** what its paths begin with; empty, or with a slash in front and none behind */
  prefix: string
  socketPath?: string | undefined
  /** PEM file of authorities that its certificate may be from, beside the known ones */
  caFile?: string | undefined
}

/** What TLS trusts there; the known authorities where nothing is said. */
export const authoritiesOf = ({ caFile }: Target) =>
  caFile === undefined ? {} : { ca: [...getCACertificates('default'), readFileSync(caFile, 'utf8')] }

export type Limits = {
  /** how long it may take to begin an answer */
  answerMs: number
}

/** A server that is there takes a connection at once. */
export const CONNECT_MS = 5_000
/** How long an answer or a body may rest half-way. */
export const STALL_MS = 60_000
