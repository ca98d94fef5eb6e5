import { queryOptions } from '@tanstack/react-query'
import type { Output } from '#contract'
import { listMails } from '#contract'
import { ask } from '../../lib/api.ts'

export type Mail = Output<typeof listMails>['mails'][number]

export const MAIL_STATES = ['waiting', 'failed', 'sent'] as const
export type MailState = (typeof MAIL_STATES)[number]

export const mailsQuery = (state: MailState) =>
  queryOptions({
    queryKey: ['mails', state],
    queryFn: ({ signal }) => ask(listMails, { state, max_results: 200 }, signal),
  })
