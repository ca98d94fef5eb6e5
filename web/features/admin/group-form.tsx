import { Button, TextInput } from '@mantine/core'
import { Form } from '../../ui/form.tsx'
import { useCreateGroup } from './groups.ts'

export function GroupForm() {
  const create = useCreateGroup()
  return (
    <Form
      label="New group"
      error={create.error}
      onSubmit={({ name = '', description }, form) =>
        create.mutate({ name: name.trim(), description }, { onSuccess: () => form.reset() })
      }
    >
      <TextInput label="Name" name="name" required withAsterisk={false} maxLength={255} autoComplete="off" />
      <TextInput label="What it is for" name="description" autoComplete="off" />
      <Button type="submit" loading={create.isPending}>
        Make group
      </Button>
    </Form>
  )
}
