import type { Int64 } from '#contract'

type Row = { run_no: Int64; key: string }

/** The order in which rows of runs are written, and so locked: two groups then wait for one another instead of both failing. */
export const byRunAndKey = (a: Row, b: Row): number =>
  a.run_no === b.run_no ? (a.key < b.key ? -1 : 1) : a.run_no < b.run_no ? -1 : 1
