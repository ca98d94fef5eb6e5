import { Autocomplete, Button, NativeSelect } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Resource } from '#contract'
import { PermissionName } from '#contract'
import { peopleQuery } from '../../lib/people.ts'
import { Form, FormDone } from '../../ui/form.tsx'
import { GIVEN, useGiveAccess } from './access.ts'

const GROUP = 'group:'
const DENIED = { value: 'NO_PERMISSIONS', label: 'Denied: may not see it, whatever else is given' }

/** Gives a permission to a user or a group, found by part of the name. A group is written as the access files write it. */
export function GiveForm({ resource }: { resource: Resource }) {
  const [who, setWho] = useState('')
  const [search] = useDebouncedValue(who.replace(GROUP, ''), 200)
  const found = useQuery(peopleQuery(search)).data
  const give = useGiveAccess()
  const suggestions = [
    ...(found?.people.map(({ username }) => username) ?? []),
    ...(found?.groups.map((group) => GROUP + group) ?? []),
  ]
  const holder = who.startsWith(GROUP) ? { group: who.slice(GROUP.length) } : { username: who }
  return (
    <Form
      label="Give access"
      error={give.error}
      onSubmit={({ permission }) =>
        give.mutate(
          { ...resource, ...holder, permission: PermissionName.parse(permission) },
          { onSuccess: () => setWho('') },
        )
      }
    >
      <Autocomplete
        label="To"
        placeholder="User, or group:name"
        data={suggestions}
        // the server has searched already
        filter={({ options }) => options}
        value={who}
        onChange={setWho}
        required
        withAsterisk={false}
        autoComplete="off"
      />
      <NativeSelect
        label="May"
        name="permission"
        data={[...GIVEN.map(({ permission, meaning }) => ({ value: permission, label: meaning })), DENIED]}
      />
      <Button type="submit" loading={give.isPending}>
        Give access
      </Button>
      {give.isSuccess && who === '' && <FormDone>Given</FormDone>}
    </Form>
  )
}
