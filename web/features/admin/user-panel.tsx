import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Account } from '#contract'
import { plural } from '../../lib/format.ts'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { FormDone, FormError } from '../../ui/form.tsx'
import { Time } from '../../ui/marks.tsx'
import { Fact, Facts, Panel } from '../../ui/panel.tsx'
import { SecretShown } from '../../ui/secret-shown.tsx'
import { AccountState } from './account-state.tsx'
import c from './user-panel.module.css'
import { useDeleteUser, useMakeLink, useUpdateUser } from './users.ts'

type UserPanelProps = { account: Account; self: boolean; onDeleted: () => void }

/** One account, and what an administrator can do about it. */
export function UserPanel({ account, self, onDeleted }: UserPanelProps) {
  const update = useUpdateUser()
  const link = useMakeLink()
  const [deleting, setDeleting] = useState(false)
  const { username } = account
  const person = account.kind === 'person'
  const change = (label: string, input: { is_admin?: boolean; disabled?: boolean }) => (
    <Button
      loading={update.isPending}
      disabled={self}
      {...(self ? { title: 'Another administrator can do this, not you yourself' } : {})}
      onClick={() => update.mutate({ username, ...input })}
    >
      {label}
    </Button>
  )
  return (
    <Panel title="Account">
      <div className={c.pad}>
        <Facts>
          <Fact name="State">
            <AccountState account={account} />
          </Fact>
          <Fact name="Called">{account.display_name || <span className="t3">–</span>}</Fact>
          {person && <Fact name="Mail">{account.email || <span className="t3">none</span>}</Fact>}
          <Fact name="Signs in">{signsIn(account)}</Fact>
          <Fact name="Groups">{account.groups.join(', ') || <span className="t3">none</span>}</Fact>
          <Fact name="Made">
            <Time ms={account.created_at} />
          </Fact>
          <Fact name="Last seen">
            {account.last_seen_at === undefined ? (
              <span className="t3">never</span>
            ) : (
              <Time ms={account.last_seen_at} />
            )}
          </Fact>
        </Facts>
        <div className={c.verbs}>
          {person &&
            change(account.is_admin ? 'Take administration' : 'Make administrator', { is_admin: !account.is_admin })}
          {change(account.disabled ? 'Let in again' : 'Disable', { disabled: !account.disabled })}
          {person && !account.disabled && (
            <Button loading={link.isPending} onClick={() => link.mutate({ username })}>
              {account.has_password ? 'Reset the password' : 'New link'}
            </Button>
          )}
          <Button disabled={self} onClick={() => setDeleting(true)}>
            Delete…
          </Button>
        </div>
        <FormError error={update.error ?? link.error} />
        {link.data?.mailed && (
          <FormDone>{`A link is on its way. It works once, for ${plural(link.data.hours, 'hour')}.`}</FormDone>
        )}
      </div>
      {link.data?.link && (
        <SecretShown
          key={link.data.link}
          title={`Hand out this link: it works once, for ${plural(link.data.hours, 'hour')}.`}
          secret={link.data.link}
        />
      )}
      {deleting && <DeleteDialog username={username} onClose={() => setDeleting(false)} onDeleted={onDeleted} />}
    </Panel>
  )
}

const signsIn = ({ kind, has_password }: Account) =>
  kind === 'service' ? 'by tokens only' : has_password ? 'by a password' : 'by no password yet'

function DeleteDialog({
  username,
  onClose,
  onDeleted,
}: {
  username: string
  onClose: () => void
  onDeleted: () => void
}) {
  const remove = useDeleteUser()
  return (
    <Dialog title={`Delete ${username}?`} onClose={onClose}>
      <p className="t2">
        All that was given to them, their sign-ins and their tokens go at once, and do not come back. What they logged
        stays. To keep them out for a while, disable them.
      </p>
      <FormError error={remove.error} />
      <DialogActions>
        <Button size="xs" onClick={onClose}>
          Keep
        </Button>
        <Button
          size="xs"
          variant="filled"
          loading={remove.isPending}
          onClick={() => remove.mutate(username, { onSuccess: onDeleted })}
        >
          Delete account
        </Button>
      </DialogActions>
    </Dialog>
  )
}
