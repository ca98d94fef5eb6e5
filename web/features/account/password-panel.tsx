import { Button } from '@mantine/core'
import { Form, FormDone } from '../../ui/form.tsx'
import { Panel } from '../../ui/panel.tsx'
import { PasswordField } from '../../ui/password-field.tsx'
import c from './account.module.css'
import { useChangePassword } from './account.ts'

export function PasswordPanel({ username }: { username: string }) {
  const change = useChangePassword()
  return (
    <Panel title="Password" padded>
      <Form
        label="Change the password"
        error={change.error}
        onSubmit={({ current_password = '', new_password = '' }, form) =>
          change.mutate({ current_password, new_password }, { onSuccess: () => form.reset() })
        }
      >
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        <PasswordField label="Now" name="current_password" autoComplete="current-password" />
        <PasswordField
          label="New"
          name="new_password"
          autoComplete="new-password"
          hint="None of those that everybody knows. It ends all other sign-ins."
        />
        <div className={c.foot}>
          <Button type="submit" loading={change.isPending}>
            Change the password
          </Button>
          {change.isSuccess && <FormDone>Changed. All other sign-ins have ended.</FormDone>}
        </div>
      </Form>
    </Panel>
  )
}
