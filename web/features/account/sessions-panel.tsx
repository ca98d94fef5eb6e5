import { Button } from '@mantine/core'
import { IconLogout } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { plural } from '../../lib/format.ts'
import { FormError } from '../../ui/form.tsx'
import { Time } from '../../ui/marks.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Failed, SkeletonRows } from '../../ui/states.tsx'
import t from '../../ui/table.module.css'
import type { SignedIn } from './account.ts'
import { sessionsQuery, useEndSession, useEndSessions } from './account.ts'

/** Browsers that are signed in as the reader. */
export function SessionsPanel() {
  const sessions = useQuery(sessionsQuery)
  const endAll = useEndSessions()
  const others = sessions.data?.filter((session) => !session.current).length ?? 0
  return (
    <Panel
      title="Signed in"
      note={sessions.data && plural(sessions.data.length, 'browser')}
      action={
        others > 0 && (
          <Button
            size="xs"
            loading={endAll.isPending}
            leftSection={<IconLogout size={14} aria-hidden />}
            onClick={() => endAll.mutate(undefined)}
          >
            Sign out everywhere else
          </Button>
        )
      }
    >
      <FormError error={endAll.error} />
      {sessions.isPending && <SkeletonRows what="sign-ins" rows={2} />}
      {sessions.isError && (
        <Failed what="The sign-ins could not be read" error={sessions.error} onRetry={() => void sessions.refetch()} />
      )}
      {sessions.data && (
        <table className={`${t.table} ${t.roomy} ${t.stacks}`}>
          <thead>
            <tr>
              <th scope="col">Browser</th>
              <th scope="col">Signed in</th>
              <th scope="col">Last seen</th>
              <th scope="col">
                <span className="vh">Action</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sessions.data.map((session) => (
              <SessionLine key={String(session.session_id)} session={session} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}

function SessionLine({ session }: { session: SignedIn }) {
  const end = useEndSession()
  const client = session.client || 'A browser'
  return (
    <tr>
      <th scope="row">
        {client}
        <FormError error={end.error} />
      </th>
      <td className="t2">
        <Time ms={session.created_at} />
      </td>
      <td className="t2">
        <Time ms={session.last_seen_at} />
      </td>
      <td className={t.act}>
        {session.current ? (
          <span className="t2">This one</span>
        ) : (
          <Button
            size="xs"
            loading={end.isPending}
            aria-label={`Sign out ${client}`}
            onClick={() => end.mutate(session.session_id)}
          >
            Sign out
          </Button>
        )}
      </td>
    </tr>
  )
}
