import { Button, TextInput } from '@mantine/core'
import { Link } from 'react-router'
import { useForgotPassword } from '../../features/session/session.ts'
import { paths } from '../../lib/paths.ts'
import { Form } from '../../ui/form.tsx'
import { Threshold } from '../threshold.tsx'
import c from './sign-in-page.module.css'

export function Component() {
  const forgot = useForgotPassword()
  return (
    <Threshold title="Set a new password">
      <div className={c.form}>
        <h1>Set a new password</h1>
        {forgot.isSuccess ? (
          <p role="status">
            If there is such an account with a mail address, a link is on its way to it. It works once, and not for
            long.
          </p>
        ) : (
          <Form error={forgot.error} onSubmit={({ username = '' }) => forgot.mutate(username.trim())}>
            <TextInput
              label="User name or mail address"
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              withAsterisk={false}
              autoFocus
            />
            <Button type="submit" variant="filled" fullWidth loading={forgot.isPending}>
              Mail me a link
            </Button>
          </Form>
        )}
        <Link to={paths.signIn()}>Back to the sign-in</Link>
      </div>
    </Threshold>
  )
}
