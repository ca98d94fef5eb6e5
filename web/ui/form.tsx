import { IconAlertCircle } from '@tabler/icons-react'
import type { ReactNode, SubmitEvent } from 'react'
import c from './form.module.css'

type Values = { readonly [name: string]: string }

type FormProps = {
  /** what was typed, by the names of the fields; the form is there to be emptied once it is done */
  onSubmit: (values: Values, form: HTMLFormElement) => void
  error?: unknown
  label?: string
  className?: string | undefined
  children: ReactNode
}

/** Fields keep what is typed in the document: nothing is lost while the page around them is drawn again. */
export function Form({ onSubmit, error, label, className, children }: FormProps) {
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const values = [...new FormData(form)].map(([name, value]) => [name, typeof value === 'string' ? value : ''])
    onSubmit(Object.fromEntries(values), form)
  }
  return (
    <form className={`${c.form} ${className ?? ''}`} onSubmit={submit} aria-label={label}>
      {children}
      <FormError error={error} />
    </form>
  )
}

/** Why it was not done; nothing where there is no error. */
export function FormError({ error }: { error: unknown }) {
  if (!error) return null
  return (
    <p role="alert" className={c.error}>
      <IconAlertCircle size={15} stroke={1.7} aria-hidden />
      <span>{error instanceof Error ? error.message : String(error)}</span>
    </p>
  )
}

/** That it was done, for who cannot see what changed. */
export const FormDone = ({ children }: { children: ReactNode }) => (
  <p role="status" className={c.done}>
    {children}
  </p>
)
