import { Button, TextInput } from '@mantine/core'
import { Form } from '../../ui/form.tsx'
import { PasswordField } from '../../ui/password-field.tsx'
import type { Link } from './link.ts'
import { useFollowLink } from './link.ts'

type LinkFormProps = {
  link: Link
  secret: string
  onDone: (answer: { token?: string | undefined; tracking_uri?: string | undefined }) => void
}

/** Sets a password by a one-time link; the first administrator chooses a name as well. */
export function LinkForm({ link, secret, onDone }: LinkFormProps) {
  const follow = useFollowLink()
  const first = link.purpose === 'setup'
  return (
    <Form
      error={follow.error}
      onSubmit={({ password = '', username, email }) =>
        follow.mutate(first ? { secret, password, username, ...(email ? { email } : {}) } : { secret, password }, {
          onSuccess: onDone,
        })
      }
    >
      {first ? (
        <>
          <TextInput
            label="User name"
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            withAsterisk={false}
            autoFocus
          />
          <TextInput
            label="Mail address"
            name="email"
            type="email"
            autoComplete="email"
            description="For resets and requests. May be left out."
            inputWrapperOrder={['label', 'input', 'description']}
          />
        </>
      ) : (
        <input type="text" name="username" autoComplete="username" value={link.username ?? ''} readOnly hidden />
      )}
      <PasswordField
        label="Password"
        name="password"
        autoComplete="new-password"
        minLength={link.password.min_length}
        maxLength={link.password.max_length}
        hint={`At least ${link.password.min_length} characters, and none of those that everybody knows.`}
        autoFocus={!first}
      />
      <Button type="submit" variant="filled" fullWidth loading={follow.isPending}>
        {first ? 'Make administrator and sign in' : 'Set the password and sign in'}
      </Button>
    </Form>
  )
}
