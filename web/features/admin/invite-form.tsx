import { Button, Checkbox, TextInput } from '@mantine/core'
import { Form, FormDone } from '../../ui/form.tsx'
import { SecretShown } from '../../ui/secret-shown.tsx'
import { useCreateUser } from './users.ts'

/** A person, by mail address; the server mails the link, or gives it here to hand out. */
export function InviteForm({ mail }: { mail: boolean }) {
  const create = useCreateUser()
  return (
    <>
      <Form
        label="Invite"
        error={create.error}
        onSubmit={({ username = '', display_name, is_admin }, form) =>
          create.mutate(
            {
              username: username.trim(),
              display_name,
              is_admin: is_admin !== undefined,
              ...(username.includes('@') ? { email: username.trim() } : {}),
            },
            { onSuccess: () => form.reset() },
          )
        }
      >
        <TextInput
          label="Mail address"
          description={mail ? 'They sign in with it.' : 'Or a user name. They sign in with it.'}
          inputWrapperOrder={['label', 'input', 'description']}
          name="username"
          type={mail ? 'email' : 'text'}
          autoComplete="off"
          spellCheck={false}
          required
          withAsterisk={false}
        />
        <TextInput label="Called" name="display_name" autoComplete="off" maxLength={200} />
        <Checkbox label="May administer this server" name="is_admin" />
        <Button type="submit" variant="filled" loading={create.isPending}>
          {mail ? 'Send the invitation' : 'Invite'}
        </Button>
        {create.data && !create.data.link && (
          <FormDone>{`An invitation goes to ${create.data.user.username}.`}</FormDone>
        )}
      </Form>
      {create.data?.link && (
        <SecretShown
          key={create.data.link}
          title={`${create.data.user.username} is invited. Hand out this link: it works once.`}
          secret={create.data.link}
        />
      )}
    </>
  )
}

/** An account for a pipeline: it has tokens only. */
export function ServiceForm({ onMade }: { onMade: (username: string) => void }) {
  const create = useCreateUser()
  return (
    <Form
      label="New service account"
      error={create.error}
      onSubmit={({ username = '', display_name }) =>
        create.mutate(
          { username: username.trim(), display_name, kind: 'service' },
          { onSuccess: ({ user }) => onMade(user.username) },
        )
      }
    >
      <TextInput
        label="Name"
        name="username"
        placeholder="svc-train"
        autoComplete="off"
        spellCheck={false}
        required
        withAsterisk={false}
      />
      <TextInput label="What it is for" name="display_name" autoComplete="off" maxLength={200} />
      <Button type="submit" loading={create.isPending}>
        Make service account
      </Button>
    </Form>
  )
}
