import { Button, NativeSelect, Textarea } from '@mantine/core'
import { IconSend } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { PermissionName } from '#contract'
import { Form } from '../../ui/form.tsx'
import { Permission } from '../../ui/permission.tsx'
import type { Allowed } from './access.ts'
import { GIVEN, useRequestAccess } from './access.ts'
import c from './ask-form.module.css'

type AskFormProps = {
  allowed: Allowed
  /** the only thing that makes sense to ask for here */
  only?: 'READ'
  children?: ReactNode
}

const isGiven = (permission: PermissionName) => permission !== 'NO_PERMISSIONS'

/** Asks those who manage something for a permission. One request at a time. */
export function AskForm({ allowed, only, children }: AskFormProps) {
  const ask = useRequestAccess()
  const { resource_type, resource_id } = allowed
  if (allowed.request)
    return (
      <p role="status" className={c.asked}>
        You have asked for <Permission permission={allowed.request.permission} />. Nobody has decided yet.
      </p>
    )
  const missing = GIVEN.filter(({ permission }) => !allowed.permissions.includes(permission))
  if (missing.length === 0) return <p className="t2">There is nothing more to ask for.</p>
  return (
    <Form
      label="Ask for access"
      error={ask.error}
      onSubmit={({ permission, message = '' }) => {
        const wanted = only ?? PermissionName.parse(permission)
        if (isGiven(wanted)) ask.mutate({ resource_type, resource_id, permission: wanted, message })
      }}
    >
      {only === undefined && (
        <NativeSelect
          label="You need"
          name="permission"
          data={missing.map(({ permission, meaning }) => ({ value: permission, label: meaning }))}
        />
      )}
      <Textarea
        label="Why do you need it?"
        name="message"
        rows={2}
        maxLength={2000}
        placeholder="It goes with your request to those who can give it"
      />
      <div className={c.actions}>
        <Button type="submit" variant="filled" loading={ask.isPending} leftSection={<IconSend size={14} aria-hidden />}>
          Ask for access
        </Button>
        {children}
      </div>
    </Form>
  )
}
