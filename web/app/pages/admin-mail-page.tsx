import { SegmentedControl } from '@mantine/core'
import { IconMail } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'react-router'
import { MAIL_STATES, mailsQuery } from '../../features/admin/mails.ts'
import { MailsTable } from '../../features/admin/mails-table.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Failed, SkeletonRows, State } from '../../ui/states.tsx'

const LABELS = { waiting: 'Waiting', failed: 'Given up', sent: 'Sent' } as const

/** Mails that the server sends, and what became of them. */
export function Component() {
  const [search, setSearch] = useSearchParams()
  const state = MAIL_STATES.find((known) => known === search.get('state')) ?? 'waiting'
  const mails = useQuery(mailsQuery(state))
  return (
    <>
      <h1 className="vh">Mail</h1>
      <Panel
        title="Mail"
        note={mails.data?.mail === false && 'no mail server is set: you hand out the links yourself'}
        action={
          <SegmentedControl
            aria-label="Which"
            data={MAIL_STATES.map((value) => ({ value, label: LABELS[value] }))}
            value={state}
            onChange={(value) => setSearch({ state: value }, { replace: true })}
          />
        }
      >
        {mails.isPending && <SkeletonRows what="mails" />}
        {mails.isError && (
          <Failed what="The mails could not be read" error={mails.error} onRetry={() => void mails.refetch()} />
        )}
        {mails.data?.mails.length === 0 && (
          <State icon={<IconMail size={20} aria-hidden />} title={`No mail: ${LABELS[state].toLowerCase()}`} />
        )}
        {mails.data && mails.data.mails.length > 0 && <MailsTable mails={mails.data.mails} />}
      </Panel>
    </>
  )
}
