import { Link } from 'react-router'
import type { Account } from '#contract'
import { paths } from '../../lib/paths.ts'
import { scrollsByKey } from '../../ui/focusable.ts'
import { Time } from '../../ui/marks.tsx'
import t from '../../ui/table.module.css'
import { Who } from '../../ui/who.tsx'
import { AccountState } from './account-state.tsx'
import c from './users-table.module.css'

export function UsersTable({ users }: { users: readonly Account[] }) {
  return (
    <section className={c.scroll} aria-label="Accounts, scrolls sideways" {...scrollsByKey}>
      <table className={`${t.table} ${t.roomy} ${t.stacks}`}>
        <thead>
          <tr>
            <th scope="col">Account</th>
            <th scope="col">State</th>
            <th scope="col">Groups</th>
            <th scope="col">Last seen</th>
          </tr>
        </thead>
        <tbody>
          {users.map((account) => (
            <tr key={account.username}>
              <th scope="row">
                <Link className="plain" to={paths.user(account.username)}>
                  <Who name={account.username} kind={account.kind} note={noteOf(account)} />
                </Link>
              </th>
              <td>
                <AccountState account={account} />
              </td>
              <td className={`t2 ell ${c.groups}`}>{account.groups.join(', ')}</td>
              <td className="t2">
                {account.last_seen_at === undefined ? (
                  <span className="t3">never seen</span>
                ) : (
                  <Time ms={account.last_seen_at} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

const noteOf = ({ kind, display_name, email, username }: Account): string | undefined =>
  kind === 'service'
    ? `service account${display_name && `, ${display_name}`}`
    : display_name || (email !== username && email) || undefined
