import { ActionIcon, Autocomplete, Button } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconTrash, IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { plural } from '../../lib/format.ts'
import { peopleQuery } from '../../lib/people.ts'
import { Dialog, DialogActions } from '../../ui/dialog.tsx'
import { Form, FormError } from '../../ui/form.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Who } from '../../ui/who.tsx'
import c from './group-panel.module.css'
import type { Group, Member } from './groups.ts'
import { useAddMember, useDeleteGroup, useRemoveMember } from './groups.ts'

/** A group: who is in it and who says so; members by hand come and go here. */
export function GroupPanel({ group }: { group: Group }) {
  const [deleting, setDeleting] = useState(false)
  return (
    <Panel
      title={group.name}
      note={plural(group.members.length, 'member')}
      action={
        <ActionIcon aria-label={`Delete the group ${group.name}`} onClick={() => setDeleting(true)}>
          <IconTrash size={16} aria-hidden />
        </ActionIcon>
      }
    >
      {group.description && <p className={c.description}>{group.description}</p>}
      <ul>
        {group.members.map((member) => (
          <MemberLine key={member.username} group={group.name} member={member} />
        ))}
      </ul>
      <AddMember group={group.name} />
      {deleting && <DeleteDialog name={group.name} onClose={() => setDeleting(false)} />}
    </Panel>
  )
}

const SOURCES = { hand: 'by hand', files: 'by the access files', oidc: 'by the sign-in provider' } as const

function MemberLine({ group, member }: { group: string; member: Member }) {
  const remove = useRemoveMember()
  return (
    <li className={c.member}>
      <Who name={member.username} note={member.sources.map((source) => SOURCES[source]).join(' and ')} />
      <FormError error={remove.error} />
      {member.sources.includes('hand') && (
        <ActionIcon
          className="end"
          aria-label={`Take ${member.username} out of ${group}`}
          loading={remove.isPending}
          onClick={() => remove.mutate({ name: group, username: member.username })}
        >
          <IconX size={14} aria-hidden />
        </ActionIcon>
      )}
    </li>
  )
}

function AddMember({ group }: { group: string }) {
  const [username, setUsername] = useState('')
  const [search] = useDebouncedValue(username, 200)
  const people = useQuery(peopleQuery(search)).data?.people ?? []
  const add = useAddMember()
  return (
    <Form
      className={c.add}
      label={`Add to ${group}`}
      error={add.error}
      onSubmit={() => add.mutate({ name: group, username: username.trim() }, { onSuccess: () => setUsername('') })}
    >
      <Autocomplete
        aria-label={`Add a user to ${group}`}
        placeholder="User"
        data={people.map((person) => person.username)}
        // the server has searched already
        filter={({ options }) => options}
        value={username}
        onChange={setUsername}
        required
        autoComplete="off"
      />
      <Button type="submit" loading={add.isPending}>
        Add
      </Button>
    </Form>
  )
}

function DeleteDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const remove = useDeleteGroup()
  return (
    <Dialog title={`Delete the group ${name}?`} onClose={onClose}>
      <p className="t2">All that was given to it is taken from its members at once.</p>
      <FormError error={remove.error} />
      <DialogActions>
        <Button size="xs" onClick={onClose}>
          Keep
        </Button>
        <Button size="xs" variant="filled" loading={remove.isPending} onClick={() => remove.mutate(name)}>
          Delete group
        </Button>
      </DialogActions>
    </Dialog>
  )
}
