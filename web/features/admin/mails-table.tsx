import { scrollsByKey } from '../../ui/focusable.ts'
import { Time } from '../../ui/marks.tsx'
import t from '../../ui/table.module.css'
import type { Mail } from './mails.ts'
import c from './users-table.module.css'

const LETTERS = {
  invite: 'Invitation',
  reset: 'New password',
  'access-changed': 'Access changed',
  'access-request': 'Request for access',
} as const

export function MailsTable({ mails }: { mails: readonly Mail[] }) {
  return (
    <section className={c.scroll} aria-label="Mails, scrolls sideways" {...scrollsByKey}>
      <table className={`${t.table} ${t.stacks}`}>
        <thead>
          <tr>
            <th scope="col">To</th>
            <th scope="col">Letter</th>
            <th scope="col">Made</th>
            <th scope="col">What became of it</th>
          </tr>
        </thead>
        <tbody>
          {mails.map((mail) => (
            <tr key={String(mail.mail_id)}>
              <th scope="row">{mail.to}</th>
              <td>{LETTERS[mail.letter]}</td>
              <td className="t2">
                <Time ms={mail.created_at} />
              </td>
              <td className="t2">
                <Fate mail={mail} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Fate({ mail }: { mail: Mail }) {
  const reason = mail.last_error && `: ${mail.last_error}`
  if (mail.sent_at !== undefined)
    return (
      <>
        sent <Time ms={mail.sent_at} />
      </>
    )
  if (mail.failed_at !== undefined)
    return (
      <>
        given up <Time ms={mail.failed_at} />
        {reason}
      </>
    )
  return (
    <>
      {mail.attempts > 0 && `tried ${mail.attempts} times, `}
      {mail.next_attempt_at === undefined ? (
        'waits'
      ) : (
        <>
          next <Time ms={mail.next_attempt_at} />
        </>
      )}
      {reason}
    </>
  )
}
