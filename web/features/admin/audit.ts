import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import type { Call } from '#contract'
import { exportAudit, searchAudit } from '#contract'
import { addressOf, ask } from '../../lib/api.ts'

/** What the log is narrowed to, as the address of the page has it: days are `2026-11-24`. */
export type AuditView = { actor: string; action: string; object: string; from: string; to: string }

export const NO_FILTERS: AuditView = { actor: '', action: '', object: '', from: '', to: '' }

const DAY = 86_400_000

/** Midnight of a day where the reader is, in ms; undefined for what is no day. */
function dayStart(day: string, plusDays = 0): number | undefined {
  const ms = new Date(`${day}T00:00`).getTime()
  return Number.isNaN(ms) ? undefined : ms + plusDays * DAY
}

/** Without what is empty; the last day is in it. */
function filtersOf({ actor, action, object, from, to }: AuditView): Call<typeof exportAudit> {
  const since = dayStart(from)
  const until = dayStart(to, 1)
  return {
    ...(actor ? { actor } : {}),
    ...(action ? { action } : {}),
    ...(object ? { object_id: object } : {}),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  }
}

export const auditQuery = (view: AuditView) =>
  infiniteQueryOptions({
    queryKey: ['audit', view],
    queryFn: ({ signal, pageParam }) =>
      ask(searchAudit, { ...filtersOf(view), max_results: 100, page_token: pageParam || undefined }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_page_token || undefined,
    placeholderData: keepPreviousData,
  })

export const auditCsv = (view: AuditView): string => addressOf(exportAudit, filtersOf(view))

/** Kinds of what is written down, by how they begin. */
export const ACTIONS = [
  { value: '', label: 'Everything' },
  { value: 'session.', label: 'Sign-ins' },
  { value: 'token.', label: 'Tokens' },
  { value: 'user.', label: 'Accounts' },
  { value: 'group.', label: 'Groups' },
  { value: 'grant.', label: 'Access given and taken' },
  { value: 'access.', label: 'Requests and access files' },
  { value: 'experiment.', label: 'Experiments' },
  { value: 'run.', label: 'Runs' },
] as const
