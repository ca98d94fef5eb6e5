import type { PasswordInputProps } from '@mantine/core'
import { PasswordInput } from '@mantine/core'
import type { KeyboardEvent } from 'react'
import { useState } from 'react'

type PasswordFieldProps = Pick<PasswordInputProps, 'label' | 'name' | 'autoFocus' | 'minLength' | 'maxLength'> & {
  autoComplete: 'current-password' | 'new-password'
  hint?: string
}

/** A password, hidden until the reader wants to see it; says when Caps Lock is on. */
export function PasswordField({ hint, ...field }: PasswordFieldProps) {
  const [caps, setCaps] = useState(false)
  const look = (event: KeyboardEvent) => setCaps(event.getModifierState('CapsLock'))
  return (
    <PasswordInput
      {...field}
      required
      withAsterisk={false}
      description={caps ? 'Caps Lock is on' : hint}
      inputWrapperOrder={['label', 'input', 'description']}
      descriptionProps={{ 'aria-live': 'polite' }}
      visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password', tabIndex: 0 }}
      onKeyDown={look}
      onKeyUp={look}
      onBlur={() => setCaps(false)}
    />
  )
}
