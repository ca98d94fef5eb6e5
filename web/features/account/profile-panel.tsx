import { Button, TextInput } from '@mantine/core'
import type { Session } from '../../lib/session.ts'
import { Form, FormDone } from '../../ui/form.tsx'
import { Fact, Facts, Panel } from '../../ui/panel.tsx'
import c from './account.module.css'
import { useChangeProfile } from './account.ts'

type User = NonNullable<Session['user']>

/** Who the reader is, and how others see them called. */
export function ProfilePanel({ user }: { user: User }) {
  const change = useChangeProfile()
  return (
    <Panel title="Profile">
      <div className={c.pad}>
        <Facts>
          <Fact name="User name">{user.username}</Fact>
          <Fact name="Mail">{user.email || <span className="t3">none</span>}</Fact>
          {user.is_admin && <Fact name="May">administer this server</Fact>}
        </Facts>
        <Form
          label="Profile"
          error={change.error}
          onSubmit={({ display_name = '' }) => change.mutate({ display_name: display_name.trim() })}
        >
          <TextInput
            label="Called"
            name="display_name"
            description="Others see it beside your user name."
            inputWrapperOrder={['label', 'input', 'description']}
            defaultValue={user.display_name}
            maxLength={200}
            autoComplete="name"
          />
          <div className={c.foot}>
            <Button type="submit" loading={change.isPending}>
              Save
            </Button>
            {change.isSuccess && <FormDone>Saved</FormDone>}
          </div>
        </Form>
      </div>
    </Panel>
  )
}
