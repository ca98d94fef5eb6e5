import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Resource } from '#contract'
import { formatCount } from '../../lib/format.ts'
import { FormError } from '../../ui/form.tsx'
import { Time } from '../../ui/marks.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Permission } from '../../ui/permission.tsx'
import { Who } from '../../ui/who.tsx'
import type { AccessRequest } from './access.ts'
import { useDecide } from './access.ts'
import c from './requests-panel.module.css'

type RequestsProps = {
  requests: readonly AccessRequest[]
  /** a link to what was asked for */
  nameOf: (resource: Resource) => ReactNode
}

/** What others ask the reader for. */
export function RequestsToDecide({ requests, nameOf }: RequestsProps) {
  return (
    <Panel title="Asked of you" note={formatCount(requests.length)}>
      {requests.length === 0 && <p className={c.none}>Nobody waits for you.</p>}
      <ul>
        {requests.map((request) => (
          <ToDecide key={String(request.request_id)} request={request} nameOf={nameOf} />
        ))}
      </ul>
    </Panel>
  )
}

function ToDecide({ request, nameOf }: { request: AccessRequest; nameOf: RequestsProps['nameOf'] }) {
  const decide = useDecide()
  const { username, display_name } = request.user
  const verb = (decision: 'granted' | 'refused', label: string) => (
    <Button
      size="xs"
      variant={decision === 'granted' ? 'light' : 'default'}
      loading={decide.isPending && decide.variables?.decision === decision}
      aria-label={`${label} what ${username} asks for`}
      onClick={() => decide.mutate({ request_id: request.request_id, decision })}
    >
      {label}
    </Button>
  )
  return (
    <li className={c.request}>
      <Who name={username} note={display_name} />
      <p>
        <Permission permission={request.permission} /> on {nameOf(request)}{' '}
        <span className="t3 s12">
          <Time ms={request.created_at} />
        </span>
      </p>
      {request.message && <p className={c.message}>{request.message}</p>}
      <FormError error={decide.error} />
      <div className={c.verbs}>
        {verb('granted', 'Give it')}
        {verb('refused', 'Refuse')}
      </div>
    </li>
  )
}

const STATES = { granted: 'given', refused: 'refused', none: 'nobody has decided yet' } as const

/** What the reader asked for. */
export function OwnRequests({ requests, nameOf }: RequestsProps) {
  return (
    <Panel title="Asked by you" note={formatCount(requests.length)}>
      {requests.length === 0 && (
        <p className={c.none}>You have asked for nothing. A page that you may not see lets you ask.</p>
      )}
      <ul>
        {requests.map((request) => (
          <li key={String(request.request_id)} className={c.request}>
            <p>
              <Permission permission={request.permission} /> on {nameOf(request)}{' '}
              <span className="t3 s12">
                <Time ms={request.created_at} />
              </span>
            </p>
            {request.message && <p className={c.message}>{request.message}</p>}
            <p className="t2">
              {STATES[request.decision ?? 'none']}
              {request.decided_by && ` by ${request.decided_by}`}
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
